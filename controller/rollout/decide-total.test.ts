import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rolloutPhases, type RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { decide } from './decide.ts';
import { statusPatch } from './status-diff.ts';
import { aReplicaSet, aService, anObserved, shopKeys, start } from './testing/builders.ts';

const hash = fc.constantFrom('one', 'two', 'three');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const time = fc.integer({ min: -120, max: 120 }).map((s) => new Date(start + s * 1000).toISOString());
const since = '2026-01-01T00:00:00Z';

/** Any status that another version, a person or a crash may have left behind. */
const status: fc.Arbitrary<RolloutStatus> = fc.record({
  phase: maybe(fc.constantFrom(...rolloutPhases)),
  currentPodHash: maybe(hash),
  currentStepHash: maybe(fc.constantFrom('steps', 'other')),
  currentStepIndex: maybe(fc.integer({ min: -1, max: 9 })),
  stableRS: maybe(fc.constantFrom('one', 'two', 'three', '', 'gone')),
  abort: maybe(fc.boolean()),
  abortedAt: maybe(time),
  promoteFull: maybe(fc.boolean()),
  controllerPause: maybe(fc.boolean()),
  pauseConditions: maybe(
    fc.array(fc.record({ reason: fc.constantFrom('CanaryPauseStep', 'InconclusiveAnalysisRun'), startTime: time }), {
      maxLength: 2,
    }),
  ),
  manualPauseStartedAt: maybe(time),
  attempt: maybe(fc.integer({ min: 0, max: 3 })),
  drainUntil: maybe(time),
  failedPodHash: maybe(hash),
  transition: maybe(
    fc.record({
      id: fc.constant('x'),
      kind: fc.constantFrom('weight', 'promote', 'abort', 'supersede', 'back-to-stable'),
      since: fc.constant(since),
      from: maybe(hash),
      to: maybe(hash),
    }),
  ),
}) as fc.Arbitrary<RolloutStatus>;

const set = fc.tuple(
  hash,
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 4 }),
);
const service = fc.tuple(maybe(hash), fc.dictionary(hash, fc.integer({ min: 0, max: 5 })));

it('decides something for every status and world, the same twice, and never acts and records in one', () => {
  const world = fc.record({
    status,
    sets: fc.uniqueArray(set, { selector: ([name]) => name, maxLength: 3 }),
    stable: service,
    canary: service,
    weight: maybe(fc.integer({ min: 0, max: 100 })),
    confirmed: fc.boolean(),
    podHash: hash,
    replicas: fc.integer({ min: 0, max: 5 }),
    verb: maybe(fc.constantFrom('promote', 'promote-full', 'abort', 'retry', 'pause', 'resume', 'rollback', 'x')),
  });
  fc.assert(
    fc.property(world, (given) => {
      const command = given.verb === undefined ? {} : { [shopKeys.command]: given.verb, [shopKeys.commandId]: 'a' };
      const observed = anObserved({
        podHash: given.podHash,
        replicaSets: given.sets.map(([name, replicas, available, revision]) =>
          aReplicaSet(name, { replicas, available, revision }),
        ),
        ...(given.weight === undefined ? {} : { weight: given.weight, confirmed: given.confirmed }),
        stableService: given.weight === undefined ? undefined : aService('web-stable', ...given.stable),
        canaryService: given.weight === undefined ? undefined : aService('web-canary', ...given.canary),
        rollout: {
          replicas: given.replicas,
          canary: { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }] },
          annotations: command,
          status: given.status,
        },
      });
      const decision = decide(observed);

      expect(decide(observed)).toEqual(decision);
      const { waiting } = decision;
      expect(waiting === undefined || waiting.on === 'user' || waiting.until !== undefined).toBe(true);
      expect(decision.phase === 'act').toBe(decision.effects.length > 0);
      expect(decision.phase !== 'act' || statusPatch(given.status, decision.status) === undefined).toBe(true);
      expect(decision.phase === 'record' && statusPatch(given.status, decision.status) === undefined).toBe(false);
    }),
    { numRuns: Number(process.env.RUNS ?? 500) },
  );
});
