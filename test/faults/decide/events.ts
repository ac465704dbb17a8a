/** What people and the cluster do to a Rollout at any time, by chance. */

import fc from 'fast-check';
import { routedPlan } from './specs.ts';

const version = fc.integer({ min: 1, max: 4 });
const one = <const T extends string>(...kinds: readonly T[]) => fc.record({ kind: fc.constantFrom(...kinds) });

const release = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), to: version }) },
  { weight: 1, arbitrary: one('release-stable') },
);

/** Argo's patch protocol: what its kubectl plugin writes to status. */
const patch = one('abort', 'unabort', 'promote-full', 'go-on', 'skip-step', 'skip-all');

const command = fc.record({
  kind: fc.constant('command' as const),
  verb: fc.constantFrom('promote', 'promote-full', 'pause', 'resume', 'abort', 'retry', 'rollback', 'nonsense'),
  to: version,
  /** Bound to a revision, or to a step, that may not be the current one. */
  bound: fc.constantFrom('no', 'no', 'no', 'revision', 'step'),
  /** The id is that of the command before: it was handled already. */
  repeats: fc.boolean().map((is) => is),
});

const spec = fc.oneof(
  fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ kind: fc.constant('hold' as const), isOn: fc.boolean() }),
  fc.record({ kind: fc.constant('plan' as const), steps: routedPlan }),
  fc.record({
    kind: fc.constant('invalid' as const),
    field: fc.constantFrom(undefined, 'spec.strategy', 'spec.selector', 'spec.template', 'status.canary'),
  }),
  one('restart'),
);

const cluster = fc.oneof(
  fc.record({
    kind: fc.constant('break' as const),
    to: version,
    how: fc.constantFrom(undefined, 'ImagePullBackOff', 'CrashLoopBackOff', 'registry'),
  }),
  one('heal'),
  fc.record({ kind: fc.constant('leave' as const), to: version, count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    kind: fc.constant('edit-route' as const),
    name: fc.constantFrom('a', 'b'),
    to: fc.constantFrom(0, 5, 20, 60, 100),
  }),
  fc.record({ kind: fc.constant('edit-service' as const), isStable: fc.boolean(), to: fc.option(version) }),
  fc.record({ kind: fc.constant('gateway' as const), confirmMs: fc.constantFrom(0, 500, 8_000, 40_000) }),
  fc.record({ kind: fc.constant('routing' as const), isRouted: fc.boolean() }),
);

const phase = fc.constantFrom('Successful', 'Successful', 'Successful', 'Failed', 'Error', 'Inconclusive');
const verdict = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), phase }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('experiment' as const), phase: fc.oneof(fc.constant('Running'), phase) }),
  },
  { weight: 1, arbitrary: one('terminate-runs') },
);

export const event = fc.oneof(
  { weight: 5, arbitrary: release },
  { weight: 3, arbitrary: patch },
  { weight: 4, arbitrary: command },
  { weight: 3, arbitrary: spec },
  { weight: 4, arbitrary: cluster },
  { weight: 5, arbitrary: verdict },
);
export type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;
