/** A Rollout `web` of four pods in a tale: what people, workloads and the controller do to it, in one call each. */

import type { JsonObject } from '../../../../crds/schema/json.ts';
import type { ObserverOptions } from '../invariant.ts';
import { numberOf, objectOf, textOf } from '../read-json.ts';
import { type Actor, aTale, namespace, type Tale } from './tale.ts';

export interface ShopOptions {
  readonly routed?: boolean;
  readonly replicas?: number;
  readonly steps?: readonly JsonObject[];
  /** More fields of spec.strategy.canary. */
  readonly canary?: JsonObject;
  readonly observer?: ObserverOptions;
}

/** All calls but those with an actor are the controller's. */
export interface Shop extends Tale {
  weights(stable: number, canary: number, by?: Actor): void;
  /** The Gateway has taken the route as it is. */
  confirm(): void;
  select(service: 'web-stable' | 'web-canary', hash: string | null, by?: Actor): void;
  createSet(hash: string, replicas: number): void;
  scale(hash: string, replicas: number, by?: Actor): void;
  /** So many ready pods of the revision, behind the Services that select it; by the workloads. */
  pods(hash: string, ready: number): void;
  /** A merge patch of the status. */
  status(patch: JsonObject, by?: Actor): void;
  spec(patch: JsonObject): void;
  annotate(annotations: Readonly<Record<string, string>>, by?: Actor): void;
  analysisRun(name: string, run: RunOptions): void;
  /** Time in whole seconds, as status has it. */
  stamp(afterMs?: number): string;
  /** A new template is seen: the canary is on trial. */
  begin(hash: string): void;
  /** Pods, Services and weight of a step that was reached. */
  reach(hash: string, weight: number, pods: number): void;
}

export interface RunOptions {
  readonly hash: string;
  readonly step?: number;
  readonly attempt?: number;
  readonly phase: string;
  readonly terminate?: boolean;
  readonly metrics?: readonly { readonly name: string; readonly phase: string; readonly value?: string }[];
}

const hashKey = 'rollouts-pod-template-hash';

const twoSteps: readonly JsonObject[] = [
  { setWeight: 50 },
  { pause: { duration: '5s' } },
  { analysis: { templates: [{ templateName: 'errors' }] } },
];

/** With revision `v1` stable, healthy and served. */
export function aShop(options: ShopOptions = {}): Shop {
  const shop = emptyShop(options);
  shop.status({ currentPodHash: 'v1', currentStepHash: 's', attempt: 1, phase: 'Progressing', ...indexAt(shop) });
  shop.createSet('v1', options.replicas ?? 4);
  shop.pods('v1', options.replicas ?? 4);
  shop.status({ stableRS: 'v1', phase: 'Healthy' });
  shop.select('web-stable', 'v1');
  shop.select('web-canary', 'v1');
  shop.pods('v1', options.replicas ?? 4);
  shop.wait(60_000);
  return shop;
}

function indexAt(shop: Shop): JsonObject {
  const steps = objectOf(shop.get('Rollout', 'web'), 'spec', 'strategy', 'canary')['steps'];
  return { currentStepIndex: Array.isArray(steps) ? steps.length : 0 };
}

function emptyShop({ routed = true, replicas = 4, steps = twoSteps, canary = {}, observer }: ShopOptions): Shop {
  const tale = aTale(observer);
  const shop: Shop = {
    ...tale,
    weights: (stable, weight, by = 'controller') =>
      tale.write(by, 'HTTPRoute', 'web', { spec: { rules: [{ backendRefs: backends(stable, weight) }] } }),
    confirm: () => tale.write('gateway', 'HTTPRoute', 'web', { status: { parents: [taken(tale)] } }),
    select: (service, hash, by = 'controller') =>
      tale.write(by, 'Service', service, { spec: { selector: { app: 'web', [hashKey]: hash } } }),
    createSet: (hash, size) => tale.write('controller', 'ReplicaSet', `web-${hash}`, setOf(tale, hash, size)),
    scale: (hash, size, by = 'controller') => tale.write(by, 'ReplicaSet', `web-${hash}`, { spec: { replicas: size } }),
    pods: (hash, ready) => setPods(tale, hash, ready),
    status: (patch, by = 'controller') => {
      const generation = numberOf(tale.get('Rollout', 'web'), 'metadata', 'generation') ?? 1;
      tale.write(by, 'Rollout', 'web', {
        status: { ...(by === 'controller' && { observedGeneration: generation }), ...patch },
      });
    },
    spec: (patch) => tale.write('user', 'Rollout', 'web', { spec: patch }),
    annotate: (annotations, by = 'user') => tale.write(by, 'Rollout', 'web', { metadata: { annotations } }),
    analysisRun: (name, run) => tale.write('controller', 'AnalysisRun', name, runOf(tale, run)),
    stamp: (afterMs = 0) => new Date(Math.floor((tale.now() + afterMs) / 1000) * 1000).toISOString(),
    begin(hash) {
      shop.spec({ template: { version: hash } });
      shop.status({ currentPodHash: hash, currentStepIndex: 0, phase: 'Progressing', attempt: 1 });
    },
    reach(hash, weight, size) {
      shop.createSet(hash, size);
      shop.pods(hash, size);
      shop.wait(3_000);
      if (!routed) return;
      shop.select('web-canary', hash);
      shop.pods(hash, size);
      shop.wait(3_000);
      shop.weights(100 - weight, weight);
      shop.confirm();
      shop.wait(3_000);
    },
  };
  const routing = {
    stableService: 'web-stable',
    canaryService: 'web-canary',
    trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } },
  };
  tale.write('user', 'Service', 'web-stable', { spec: { selector: { app: 'web' } } });
  tale.write('user', 'Service', 'web-canary', { spec: { selector: { app: 'web' } } });
  if (routed) tale.write('user', 'HTTPRoute', 'web', { spec: { parentRefs: [{ name: 'gateway' }] } });
  if (routed) shop.weights(100, 0, 'user');
  if (routed) shop.confirm();
  const strategy = {
    canary: { ...(routed && routing), scaleDownDelaySeconds: 10, abortScaleDownDelaySeconds: 5, steps, ...canary },
  };
  tale.write('user', 'Rollout', 'web', { spec: { replicas, strategy, template: { version: 'v1' } } });
  return shop;
}

function backends(stable: number, canary: number): readonly JsonObject[] {
  return [
    { name: 'web-stable', port: 80, weight: stable },
    { name: 'web-canary', port: 80, weight: canary },
  ];
}

function taken(tale: Tale): JsonObject {
  const observedGeneration = numberOf(tale.get('HTTPRoute', 'web'), 'metadata', 'generation') ?? 0;
  const condition = (type: string) => ({ type, status: 'True', observedGeneration });
  return { parentRef: { name: 'gateway' }, conditions: [condition('Accepted'), condition('ResolvedRefs')] };
}

function controlled(tale: Tale, kind: string, name: string): readonly JsonObject[] {
  return [{ controller: true, kind, name, uid: textOf(tale.get(kind, name), 'metadata', 'uid') ?? '' }];
}

function setOf(tale: Tale, hash: string, replicas: number): JsonObject {
  const metadata = { labels: { app: 'web', [hashKey]: hash }, ownerReferences: controlled(tale, 'Rollout', 'web') };
  return { metadata, spec: { replicas } };
}

function setPods(tale: Tale, hash: string, ready: number): void {
  const name = (index: number) => `web-${hash}-${index}`;
  for (let index = 0; index < 8; index += 1) {
    const isThere = tale.get('Pod', name(index))['metadata'] !== undefined;
    if (index < ready && !isThere) tale.write('kubelet', 'Pod', name(index), podOf(tale, hash));
    if (index >= ready && isThere) tale.remove('kubelet', 'Pod', name(index));
  }
  for (const service of ['web-stable', 'web-canary']) publish(tale, service);
}

function podOf(tale: Tale, hash: string): JsonObject {
  const metadata = {
    labels: { app: 'web', [hashKey]: hash },
    ownerReferences: controlled(tale, 'ReplicaSet', `web-${hash}`),
  };
  return { metadata, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
}

/** The EndpointSlice of a Service, as its selector is now. */
function publish(tale: Tale, service: string): void {
  const hash = textOf(tale.get('Service', service), 'spec', 'selector', hashKey);
  const names = ['v1', 'v2', 'v3'].flatMap((one) =>
    Array.from({ length: 8 }, (_, index) => ({ one, name: `web-${one}-${index}` })),
  );
  const chosen = names.filter(
    ({ one, name }) => (hash === undefined || one === hash) && tale.get('Pod', name)['metadata'] !== undefined,
  );
  const endpoints = chosen.map(({ name }) => ({ conditions: { ready: true }, targetRef: { kind: 'Pod', name } }));
  tale.write('workloads', 'EndpointSlice', service, {
    metadata: { labels: { 'kubernetes.io/service-name': service } },
    endpoints,
  });
}

function runOf(tale: Tale, run: RunOptions): JsonObject {
  const { hash, step, attempt = 1, phase, terminate, metrics = [{ name: 'errors', phase }] } = run;
  const type = step === undefined ? 'Background' : 'Step';
  const labels = {
    [hashKey]: hash,
    'tidegate.io/rollout-type': type,
    ...(step !== undefined && { 'tidegate.io/step-index': String(step) }),
  };
  const annotations = { 'tidegate.io/attempt': String(attempt) };
  const metricResults = metrics.map((one) => {
    const good = one.phase === 'Successful' ? 1 : 0;
    return {
      name: one.name,
      phase: one.phase,
      successful: good,
      measurements: [{ phase: one.phase, value: one.value ?? '[0.01]' }],
    };
  });
  return {
    metadata: { labels, annotations, ownerReferences: controlled(tale, 'Rollout', 'web') },
    spec: { metrics: metrics.map(({ name }) => ({ name })), ...(terminate && { terminate }) },
    status: { phase, metricResults },
  };
}

export { namespace };
