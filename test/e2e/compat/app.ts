/** One application of a scenario, handled as its team does: by manifests, and by the patches that Argo's kubectl plugin sends. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { KubeObject } from '../../../kube/api.ts';
import { fieldOf } from '../../../kube/json.ts';
import type { BedObject } from '../../bed/api.ts';
import { eventually, Hopeless } from '../../bed/eventually.ts';
import { type Seen, versionOf } from './recording.ts';
import type { Stage } from './stage.ts';

const group = 'argoproj.io/v1alpha1';
const merge = 'application/merge-patch+json';

export type Live = KubeObject & JsonObject;

export interface App {
  readonly namespace: string;
  /** Applies objects into the namespace of the app. */
  apply(...objects: readonly BedObject[]): Promise<void>;
  /** Applies the Rollout `app` with this version of the image; `spec` is laid over the usual one. */
  release(version: string, spec?: JsonObject): Promise<void>;
  /** The same, and waits until it is Healthy on it. */
  releaseHealthy(version: string, spec?: JsonObject): Promise<void>;
  rollout(): Promise<Live>;
  /** An object of the namespace by the path of its collection, such as `apis/apps/v1/replicasets`. */
  read(collection: string, name: string): Promise<Live | undefined>;
  list(collection: string): Promise<readonly Live[]>;
  /** Merge patch of the Rollout, as `kubectl argo rollouts` sends it. */
  patch(patch: JsonObject): Promise<void>;
  patchStatus(status: JsonObject): Promise<void>;
  until(what: string, check: (rollout: Live) => boolean, withinMs?: number): Promise<Live>;
  /** Waits for something outside the Rollout. */
  untilTrue(what: string, check: () => Promise<boolean>, withinMs?: number): Promise<void>;
  /** Waits for a phase, with this message if given, that speaks of the current generation. */
  untilPhase(phase: string, message?: string | RegExp, withinMs?: number): Promise<Live>;
  /** Waits until this is so, and until the recording shows it too. */
  untilSizes(sizes: Readonly<Record<string, number>>, withinMs?: number): Promise<void>;
  /** Desired pods by version, ReplicaSets without pods left out. */
  sizes(): Promise<Readonly<Record<string, number>>>;
  /** The hash of the ReplicaSet with this version. */
  hashOf(version: string): Promise<string>;
  /** What was seen so far; everything or one kind of it. */
  seen(): readonly Seen[];
  /** Reasons of the Rollout's events in order; one that happened again with the same words is not repeated. */
  events(): readonly string[];
  /** How often each reason was told, repetitions included. */
  eventCounts(): Readonly<Record<string, number>>;
  /** Waits until exactly these events were told; fails at once when others come first. */
  untilEvents(reasons: readonly string[], withinMs?: number): Promise<void>;
  /** Waits for the recording, which runs a moment behind. */
  untilSeen(what: string, check: (app: App) => boolean, withinMs?: number): Promise<void>;
  /** Sizes that ReplicaSets of this version were given, in order. */
  sizesOver(version: string): readonly number[];
  weights(): readonly number[];
  /** Desired pods of all versions together after each change of one. */
  totals(): readonly number[];
  /** Revisions that a Service selected, by version, in order. */
  servedBy(service: string): readonly string[];
}

/** Status fields by their dotted path. */
export function at(object: JsonObject | undefined, path: string): Json | undefined {
  return fieldOf(object, ...path.split('.'));
}

export async function makeApp(stage: Stage, namespace: string, instanceId: string): Promise<App> {
  const { api } = stage.cluster;
  const path = `/apis/${group}/namespaces/${namespace}/rollouts/app`;
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const labelled = (object: BedObject): BedObject => {
    const labels = { ...labelsOf(object), 'argo-rollouts.argoproj.io/controller-instance-id': instanceId };
    return { ...object, metadata: { ...object.metadata, namespace, labels } };
  };
  const send = async (at: string, patch: JsonObject): Promise<void> => {
    const { status, body } = await api.request('PATCH', at, patch, merge);
    if (status >= 300) throw new Error(`${at} answered ${status}: ${JSON.stringify(body)}`);
  };
  const list = async (collection: string): Promise<readonly Live[]> => {
    const [root, ...rest] = collection.split('/');
    const of = `/${[root, ...rest.slice(0, -1)].join('/')}/namespaces/${namespace}/${rest.at(-1) ?? ''}`;
    return ((await api.get(of)) as { items: readonly Live[] }).items;
  };
  const app: App = {
    namespace,
    list,
    apply: async (...objects) => void (await api.apply(...objects.map(labelled))),
    release: async (version, spec = {}) => void (await api.apply(labelled(rolloutObject(version, spec)))),
    releaseHealthy: async (version, spec) => {
      await app.release(version, spec);
      await app.until(
        `Healthy on ${version}`,
        (one) => at(one, 'status.phase') === 'Healthy' && versionOf(one) === version && isSeen(one),
      );
    },
    rollout: async () => (await api.get(path)) as Live,
    read: async (collection, name) => (await list(collection)).find((one) => one.metadata.name === name),
    patch: (patch) => send(path, patch),
    patchStatus: (status) => send(`${path}/status`, { status }),
    until: (what, check, withinMs = 60_000) =>
      eventually(
        what,
        async (saw) => {
          const one = await app.rollout();
          saw(one.status);
          return check(one) ? one : undefined;
        },
        { withinMs, everyMs: 100 },
      ),
    untilTrue: async (what, check, withinMs = 60_000) => {
      await eventually(what, check, { withinMs, everyMs: 100 });
    },
    untilPhase: (phase, message, withinMs) =>
      app.until(
        `${phase} ${String(message ?? '')}`,
        (one) => at(one, 'status.phase') === phase && isSeen(one) && matches(at(one, 'status.message'), message),
        withinMs,
      ),
    sizes: async () => {
      const sets = (await list('apis/apps/v1/replicasets')).filter((one) => at(one, 'spec.replicas') !== 0);
      return Object.fromEntries(sets.map((one) => [versionOf(one), Number(at(one, 'spec.replicas'))]));
    },
    untilSizes: async (sizes, withinMs = 60_000) => {
      await eventually(
        `sizes ${JSON.stringify(sizes)}`,
        async (saw) => {
          const now = await app.sizes();
          saw(now);
          return isSame(now, sizes);
        },
        { withinMs, everyMs: 100 },
      );
      await app.untilSeen(`sizes ${JSON.stringify(sizes)}`, () => isSame(recordedSizes(app.seen()), sizes), withinMs);
    },
    hashOf: async (version) => {
      const set = (await list('apis/apps/v1/replicasets')).find((one) => versionOf(one) === version);
      return String(set?.metadata.labels?.['rollouts-pod-template-hash'] ?? '');
    },
    seen: () => stage.recording.of(namespace),
    events: () => app.seen().flatMap((one) => (one.kind === 'event' && one.count === 1 ? [one.reason] : [])),
    eventCounts: () => countsOf(app.seen()),
    untilEvents: async (reasons, withinMs = 20_000) => {
      await app.untilSeen(
        `events ${reasons.join(', ')}`,
        () => {
          const now = app.events();
          const differs = now.findIndex((reason, index) => reason !== reasons[index]);
          if (differs >= 0) throw new Hopeless(`event ${differs + 1} is ${now[differs]} in: ${now.join(', ')}`);
          return now.length === reasons.length;
        },
        withinMs,
      );
    },
    untilSeen: async (what, check, withinMs = 20_000) => {
      await eventually(
        what,
        (saw) => {
          saw(app.seen().slice(-30));
          return check(app);
        },
        { withinMs },
      );
    },
    sizesOver: (version) =>
      app.seen().flatMap((one) => (one.kind === 'size' && one.version === version ? [one.replicas] : [])),
    weights: () => app.seen().flatMap((one) => (one.kind === 'weight' ? [one.canary] : [])),
    totals: () => totalsOf(app.seen()),
    servedBy: (service) => {
      const seen = app.seen();
      const versions = new Map(seen.flatMap((one) => (one.kind === 'size' ? [[one.hash, one.version]] : [])));
      return seen.flatMap((one) =>
        one.kind === 'service' && one.name === service ? [versions.get(one.hash) ?? one.hash] : [],
      );
    },
  };
  return app;
}

/** Four pods, and a canary without a router unless `spec` says otherwise; null leaves a field out. */
function rolloutObject(version: string, spec: JsonObject): BedObject {
  const object = wholeRollout(version, spec);
  return { ...object, spec: Object.fromEntries(Object.entries(object.spec).filter(([, value]) => value !== null)) };
}

function wholeRollout(version: string, spec: JsonObject): BedObject & { readonly spec: JsonObject } {
  return {
    apiVersion: group,
    kind: 'Rollout',
    metadata: { name: 'app' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'app' } },
      template: {
        metadata: { labels: { app: 'app' } },
        spec: { containers: [{ name: 'app', image: `tidegate.dev/app:${version}`, ports: [{ containerPort: 8080 }] }] },
      },
      strategy: { canary: {} },
      ...spec,
    },
  };
}

/** A Service in front of the app's pods. */
export function serviceObject(name: string): BedObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

/** An Ingress whose one rule leads to this Service. */
export function ingressObject(name: string, service: string): BedObject {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'app.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

function countsOf(seen: readonly Seen[]): Readonly<Record<string, number>> {
  const events = new Map(seen.flatMap((one) => (one.kind === 'event' ? [[one.name, one]] : [])));
  const counts: Record<string, number> = {};
  for (const { reason, count } of events.values()) counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
}

/** The last size of each version, as far as the recording has come; versions without pods left out. */
function recordedSizes(seen: readonly Seen[]): Readonly<Record<string, number>> {
  const last = new Map(seen.flatMap((one) => (one.kind === 'size' ? [[one.version, one.replicas]] : [])));
  return Object.fromEntries([...last].filter(([, replicas]) => replicas > 0));
}

function isSame(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function totalsOf(seen: readonly Seen[]): readonly number[] {
  const now = new Map<string, number>();
  return seen.flatMap((one) => {
    if (one.kind !== 'size') return [];
    now.set(one.hash, one.replicas);
    return [[...now.values()].reduce((sum, replicas) => sum + replicas, 0)];
  });
}

/** One of its conditions. */
export function conditionOf(rollout: Live, type: string): JsonObject | undefined {
  const conditions = at(rollout, 'status.conditions');
  const found = Array.isArray(conditions)
    ? conditions.find((one) => at(one as JsonObject, 'type') === type)
    : undefined;
  return isJsonObject(found) ? found : undefined;
}

function isSeen(rollout: Live): boolean {
  return at(rollout, 'status.observedGeneration') === String(rollout.metadata.generation);
}

function matches(text: Json | undefined, wanted: string | RegExp | undefined): boolean {
  if (wanted === undefined) return true;
  const said = typeof text === 'string' ? text : '';
  return wanted instanceof RegExp ? wanted.test(said) : said === wanted;
}

function labelsOf({ metadata }: BedObject): Readonly<Record<string, string>> {
  const { labels } = metadata;
  return isJsonObject(labels as Json | undefined) ? (labels as Record<string, string>) : {};
}

function sorted(record: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
