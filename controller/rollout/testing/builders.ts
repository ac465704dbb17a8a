/** Builders of observed objects for tests: each takes only what the test is about. */

import type { AnalysisRun } from '../../../crds/schema/analysis-run.ts';
import type { CanaryStrategy } from '../../../crds/schema/canary.ts';
import type { Gate } from '../../../crds/schema/gates.ts';
import { type Dialect, tidegateDialect } from '../../../crds/schema/dialect.ts';
import { keys } from '../../../crds/schema/keys.ts';
import type { Rollout } from '../../../crds/schema/rollout.ts';
import { servicesOf } from '../../../crds/schema/services-of.ts';
import type { AnalysisPhase, RolloutStatus } from '../../../crds/schema/rollout-status.ts';
import type { JsonObject, KubeObject } from '../../../kube/api.ts';
import type { Found, RouteState, TrafficRouter, WeightPlan } from '../../traffic/router.ts';
import type { AnalysisRunView, Observed, PodView, ReplicaSetView, ServiceState, StoredRollout } from '../observed.ts';

export const start = Date.parse('2026-01-01T00:00:00Z');
export const shopKeys = keys(tidegateDialect);

export interface RolloutGiven {
  readonly replicas?: number;
  readonly canary?: CanaryStrategy;
  readonly paused?: boolean;
  readonly image?: string;
  readonly annotations?: Record<string, string>;
  readonly progressDeadlineAbort?: boolean;
  readonly progressDeadlineSeconds?: number;
  readonly gates?: Gate[];
  readonly rollbackWindow?: { readonly revisions: number };
  readonly status?: RolloutStatus;
}

export function aRollout(given: RolloutGiven = {}): StoredRollout {
  const { replicas = 5, canary = {}, image = 'shop:1', annotations, status = {}, ...rest } = given;
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'rollout-uid',
      resourceVersion: '1',
      generation: 1,
      annotations: annotations ?? {},
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
      strategy: { canary },
      ...rest,
    },
    status,
  };
}

export interface SetGiven {
  readonly replicas?: number;
  readonly available?: number;
  readonly revision?: number;
  readonly desired?: number;
  readonly annotations?: Record<string, string>;
}

export function aReplicaSet(podHash: string, given: SetGiven = {}): ReplicaSetView {
  const { replicas = 5, available = replicas, revision = 1, desired = 5, annotations = {} } = given;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${podHash}`,
      namespace: 'shop',
      uid: `uid-${podHash}`,
      resourceVersion: '1',
      annotations: {
        [shopKeys.revision]: String(revision),
        [shopKeys.desiredReplicas]: String(desired),
        ...annotations,
      },
    },
    podHash,
    replicas,
    status: { replicas, ready: available, available, observedGeneration: 1 },
  };
}

export function aPod(podHash: string, given: Partial<Pick<PodView, 'ready' | 'leaving' | 'troubles'>> = {}): PodView {
  const metadata = { name: `web-${podHash}-1`, namespace: 'shop' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, podHash, ready: false, leaving: false, troubles: [], ...given };
}

export function aService(
  name: string,
  podHash: string | undefined,
  readyByHash: Readonly<Record<string, number>> = {},
): ServiceState {
  const hash: Record<string, string> = podHash === undefined ? {} : { [shopKeys.podTemplateHash]: podHash };
  return {
    view: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' },
      selector: { app: 'web', ...hash },
    },
    podHash,
    readyByHash,
  };
}

export interface RunGiven {
  readonly podHash?: string;
  readonly type?: 'Step' | 'Background';
  readonly step?: number;
  readonly attempt?: number;
  readonly phase?: AnalysisPhase;
  readonly message?: string;
  readonly completedAt?: string;
  readonly terminate?: boolean;
}

export function anAnalysisRun(name: string, given: RunGiven = {}): AnalysisRunView {
  const { podHash = 'two', type = 'Step', step, attempt = 1, phase, message, completedAt, terminate } = given;
  const status: AnalysisRun['status'] | undefined =
    phase === undefined
      ? undefined
      : { phase, ...(message ? { message } : {}), ...(completedAt ? { completedAt } : {}) };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: {
        [shopKeys.podTemplateHash]: podHash,
        [shopKeys.rolloutType]: type,
        ...(step === undefined ? {} : { [shopKeys.stepIndex]: String(step) }),
      },
      annotations: { [shopKeys.attempt]: String(attempt) },
    },
    spec: { metrics: [], ...(terminate === undefined ? {} : { terminate }) },
    ...(status === undefined ? {} : { status }),
  };
}

/** A router whose objects, as many as the spec names, hold the weights in plain fields. */
export const plainRouter: TrafficRouter = {
  name: 'Plain',
  can: new Set(['weight', 'confirm']),
  needs: plainKeys,
  read: (rollout, found) => readPlain(plainKeys(rollout).map((key) => swapped(rollout, found(key)))),
  plan: (rollout, wanted, found, scope = 'all') => {
    const share = wanted.destinations.find((one) => one.role === 'canary')?.weight ?? 0;
    const own = isSwapped(rollout) ? 'stable' : 'canary';
    const canary = own === 'canary' ? share : wanted.total - share;
    const stable = wanted.total - canary;
    const objects = plainKeys(rollout).map((key) => found(key));
    if (objects.includes(undefined))
      return { kind: 'refused', field: 'route', message: 'PlainRoute/route does not exist' };
    return objects
      .filter((one) => one !== undefined)
      .filter((one) => plainSpec(one).canary !== canary || plainSpec(one).stable !== stable)
      .filter((one) => scope === 'all' || plainSpec(one)[own] > share)
      .map((object) => ({ kind: 'patch' as const, object, patch: { spec: { canary, stable } } }));
  },
  claims: () => [],
};

/** By ping-pong 'web-canary' is stable's now: `canary` of a route is always the weight of that Service. */
function isSwapped(rollout: Rollout): boolean {
  return servicesOf(rollout).stable === 'web-canary';
}

function swapped(rollout: Rollout, route: ReturnType<Found>): ReturnType<Found> {
  if (route === undefined || !isSwapped(rollout)) return route;
  const { canary, stable, confirmed } = plainSpec(route);
  return Object.assign({ ...route }, { spec: { canary: stable, stable: canary, confirmed } });
}

function plainKeys({ spec }: Rollout) {
  const routes = spec.strategy?.canary?.trafficRouting?.gatewayAPI?.httpRoutes ?? [{ name: 'route' }];
  return routes.map(({ name }) => ({ group: 'test', kind: 'PlainRoute', namespace: 'shop', name }));
}

interface PlainSpec {
  readonly canary: number;
  readonly stable: number;
  readonly confirmed: boolean;
}

function plainSpec(route: JsonObject): PlainSpec {
  return route.spec as unknown as PlainSpec;
}

function readPlain(routes: readonly ReturnType<Found>[]): RouteState {
  const specs = routes.flatMap((one) => (one === undefined ? [] : [plainSpec(one)]));
  if (specs.length < routes.length)
    return { written: undefined, confirmed: 'no', why: 'PlainRoute/route does not exist' };
  const sorted = specs.toSorted((one, other) => other.canary - one.canary).map(plainPlan);
  const [written, lowest] = [sorted[0], sorted.at(-1)];
  const isEven = specs.every((one) => one.canary === specs[0]?.canary);
  return {
    written,
    ...(isEven || lowest === undefined ? {} : { lowest }),
    confirmed: isEven && specs.every((one) => one.confirmed) ? 'yes' : 'no',
  };
}

function plainPlan({ canary, stable }: PlainSpec): WeightPlan {
  return {
    total: canary + stable,
    destinations: [
      { service: 'web-stable', role: 'stable', weight: stable },
      { service: 'web-canary', role: 'canary', weight: canary },
    ],
  };
}

export function aRoute(
  canary: number,
  confirmed = true,
  name = 'route',
  resourceVersion = '1',
): KubeObject & JsonObject {
  const metadata = { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion };
  return { apiVersion: 'test/v1', kind: 'PlainRoute', metadata, spec: { canary, stable: 100 - canary, confirmed } };
}

export interface ObservedGiven extends Partial<Omit<Observed, 'rollout' | 'traffic'>> {
  readonly rollout?: RolloutGiven;
  /** Canary weight of a route; absent: no router. */
  readonly weight?: number;
  readonly confirmed?: boolean;
}

/** By default revision `two` is current, `one` is stable with 5 pods, nothing else is there. */
export function anObserved(given: ObservedGiven = {}): Observed {
  const { rollout, weight, confirmed, dialect = tidegateDialect, ...rest } = given;
  const found: Found = () => (weight === undefined ? undefined : aRoute(weight, confirmed));
  const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'route' }] } };
  const named =
    weight === undefined ? {} : { stableService: 'web-stable', canaryService: 'web-canary', trafficRouting };
  const known = aRollout({ ...rollout, canary: { ...named, ...rollout?.canary } });
  const traffic =
    weight === undefined ? undefined : { router: plainRouter, found, state: plainRouter.read(known, found) };
  return {
    now: start,
    dialect: dialect satisfies Dialect,
    keys: keys(dialect),
    rollout: known,
    problems: [],
    podHash: 'two',
    stepHash: 'steps',
    replicaSets: [aReplicaSet('one')],
    pods: [],
    stableService: weight === undefined ? undefined : aService('web-stable', 'one', { one: 5 }),
    canaryService: weight === undefined ? undefined : aService('web-canary', 'one', { one: 5 }),
    traffic,
    analysisRuns: [],
    findTemplate: () => undefined,
    runs: [],
    ...rest,
  };
}

/** Status of a rollout from `one` to `two` that stands at a step. */
export function aStatus(given: Partial<RolloutStatus> = {}): RolloutStatus {
  return {
    currentPodHash: 'two',
    currentStepHash: 'steps',
    currentStepIndex: 0,
    stableRS: 'one',
    attempt: 1,
    ...given,
  };
}
