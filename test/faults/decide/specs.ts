/** Rollout specs by chance: every option of canary (with and without a router) and of blue-green, steps of all kinds. */

import fc from 'fast-check';
import type { BlueGreenStrategy } from '../../../crds/schema/blue-green.ts';
import type { CanaryStrategy } from '../../../crds/schema/canary.ts';
import type { CanaryStep } from '../../../crds/schema/canary-steps.ts';
import type { RolloutGiven } from '../../../controller/rollout/testing/builders.ts';

/** Every old revision keeps its pods for at least this long, in either dialect. */
export const drainMs = 10_000;

/** Names that header and mirror steps may use. */
export const managedRoutes = [{ name: 'by-header' }, { name: 'shadow' }];

export interface Spec {
  readonly kind: 'routed' | 'by-pods' | 'blue-green';
  readonly isArgo: boolean;
  readonly rollout: RolloutGiven;
  readonly blueGreen?: Partial<BlueGreenStrategy>;
  /** Blue-green with a preview Service. */
  readonly shown: boolean;
  readonly routes: readonly string[];
  readonly backgroundIsGood: boolean;
  readonly hasManagedRoutes: boolean;
}

const templates = { templates: [{ templateName: 'errors' }] };
const steps: Readonly<Record<string, fc.Arbitrary<CanaryStep>>> = {
  weight: fc.record({ setWeight: fc.constantFrom(0, 1, 10, 20, 50, 70, 99, 100) }),
  pause: fc.oneof(
    fc.constant({ pause: {} }),
    fc.record({ pause: fc.record({ duration: fc.constantFrom<number | string>(0, 2, 5, '20s', '1m') }) }),
  ),
  analysis: fc.constant({ analysis: templates }),
  experiment: fc.record({
    experiment: fc.record({
      duration: fc.constantFrom('10s', '5m'),
      templates: fc.constantFrom(
        [{ name: 'new', specRef: 'canary' as const }],
        [
          { name: 'old', specRef: 'stable' as const },
          { name: 'new', specRef: 'canary' as const },
        ],
      ),
    }),
  }),
  scale: fc.record({
    setCanaryScale: fc.oneof(
      fc.record({ weight: fc.constantFrom(10, 50, 100) }),
      fc.record({ replicas: fc.integer({ min: 0, max: 6 }) }),
      fc.constant({ matchTrafficWeight: true }),
    ),
  }),
  header: fc.record({
    setHeaderRoute: fc.record({
      name: fc.constant('by-header'),
      match: fc.constantFrom([], [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }]),
    }),
  }),
  mirror: fc.record({
    setMirrorRoute: fc.record({
      name: fc.constant('shadow'),
      percentage: fc.constantFrom(10, 100),
      match: fc.constantFrom([], [{ method: { exact: 'GET' } }]),
    }),
  }),
};

function plans(kinds: readonly string[]): fc.Arbitrary<readonly CanaryStep[]> {
  const step = fc.oneof(...kinds.flatMap((kind) => steps[kind] ?? []));
  return fc.array(step, { maxLength: 7 });
}

/** Plans for Rollouts with a router, with managed routes, and without a router. */
export const routedPlan = plans(['weight', 'weight', 'pause', 'analysis', 'experiment', 'scale']);
export const managedPlan = plans(['weight', 'weight', 'pause', 'analysis', 'scale', 'header', 'mirror']);
export const plainPlan = plans(['weight', 'weight', 'pause', 'analysis', 'experiment']);

const threshold = fc.oneof(
  fc.record({ type: fc.constant('Percent' as const), value: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ type: fc.constant('Pods' as const), value: fc.integer({ min: 0, max: 8 }) }),
);
const background = fc.record({
  ...Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, fc.constant(value)])),
  startingStep: fc.constantFrom(0, 1, 2),
}) as fc.Arbitrary<NonNullable<CanaryStrategy['analysis']>>;
const limits = fc.constantFrom<Pick<CanaryStrategy, 'maxSurge' | 'maxUnavailable'>>(
  {},
  { maxSurge: 1, maxUnavailable: 0 },
  { maxSurge: 0, maxUnavailable: 1 },
  { maxSurge: '50%', maxUnavailable: '50%' },
  { maxSurge: '100%', maxUnavailable: 0 },
  { maxSurge: 3, maxUnavailable: '25%' },
);
const routedOptions: fc.Arbitrary<CanaryStrategy> = fc.record(
  {
    dynamicStableScale: fc.boolean(),
    minPodsPerReplicaSet: fc.integer({ min: 0, max: 4 }),
    replicaProgressThreshold: threshold,
    scaleDownDelaySeconds: fc.constantFrom(10, 30),
    scaleDownDelayRevisionLimit: fc.integer({ min: 0, max: 2 }),
    abortScaleDownDelaySeconds: fc.constantFrom(0, 10, 60),
    pingPong: fc.constant({ pingService: 'web-stable', pongService: 'web-canary' }),
    analysis: background,
  },
  { requiredKeys: [] },
);
const plainOptions: fc.Arbitrary<CanaryStrategy> = fc
  .tuple(limits, fc.record({ replicaProgressThreshold: threshold, analysis: background }, { requiredKeys: [] }))
  .map(([limit, rest]) => ({ ...limit, ...rest }));
const common = fc.record(
  {
    rollbackWindow: fc.record({ revisions: fc.integer({ min: 1, max: 3 }) }),
    progressDeadlineSeconds: fc.constantFrom(5, 60),
    progressDeadlineAbort: fc.boolean(),
    paused: fc.constant(false),
  },
  { requiredKeys: [] },
);
const blueGreen = fc.record(
  {
    previewReplicaCount: fc.constantFrom(0, 1, 3),
    autoPromotionEnabled: fc.boolean(),
    autoPromotionSeconds: fc.constantFrom(0, 5),
    scaleDownDelaySeconds: fc.constantFrom(drainMs / 1000, 30),
    scaleDownDelayRevisionLimit: fc.integer({ min: 0, max: 2 }),
    abortScaleDownDelaySeconds: fc.constantFrom(0, drainMs / 1000, 30),
    maxUnavailable: fc.constantFrom<number | string>(1, '50%'),
    prePromotionAnalysis: fc.constant(templates),
    postPromotionAnalysis: fc.constant(templates),
  },
  { requiredKeys: ['scaleDownDelaySeconds'] },
);

const base = {
  isArgo: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  backgroundIsGood: fc.boolean(),
  replicas: fc.integer({ min: 1, max: 8 }),
  common,
};

const routed = fc
  .record({
    ...base,
    canary: routedOptions,
    routes: fc.constantFrom(['a'], ['a', 'b']),
    plan: fc.oneof(
      routedPlan.map((list) => ({ list, isManaged: false })),
      managedPlan.map((list) => ({ list, isManaged: true })),
    ),
  })
  .map(
    ({ common: more, replicas, canary, plan, isArgo, ...rest }): Spec => ({
      ...rest,
      kind: 'routed',
      isArgo,
      shown: false,
      hasManagedRoutes: plan.isManaged,
      // The default delay of argoproj.io is longer; the observer knows one delay.
      rollout: { ...more, replicas, canary: { ...canary, steps: [...plan.list] } },
    }),
  );

const byPods = fc.record({ ...base, canary: plainOptions, plan: plainPlan }).map(
  ({ common: more, replicas, canary, plan, ...rest }): Spec => ({
    ...rest,
    kind: 'by-pods',
    shown: false,
    routes: ['a'],
    hasManagedRoutes: false,
    rollout: { ...more, replicas, canary: { ...canary, steps: [...plan] } },
  }),
);

const blueGreens = fc.record({ ...base, blueGreen, shown: fc.boolean() }).map(
  ({ common: more, replicas, ...rest }): Spec => ({
    ...rest,
    kind: 'blue-green',
    routes: ['a'],
    hasManagedRoutes: false,
    rollout: { ...more, replicas },
  }),
);

export const spec: fc.Arbitrary<Spec> = fc.oneof(
  { weight: 2, arbitrary: routed },
  { weight: 1, arbitrary: byPods },
  { weight: 1, arbitrary: blueGreens },
);
