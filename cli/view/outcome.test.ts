import { describe, expect, test } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { exitCode } from '../exit-code.ts';
import { aborted, aRollout, aRun, aScene, atGate, commit, settled } from '../testing/builders.ts';
import { type Goal, outcomeOf, parseGoal, type Target } from './outcome.ts';

const hash: Target = { kind: 'hash', podHash: 'new' };
const complete: Goal[] = [{ kind: 'complete' }];
const moving: RolloutStatus = {
  ...atGate,
  phase: 'Progressing',
  currentStepIndex: 2,
  pauseConditions: [],
  waiting: undefined,
};

function code(outcome: ReturnType<typeof outcomeOf>): number | 'pending' {
  return outcome.kind === 'pending' ? 'pending' : outcome.code;
}

describe('status --for, for the current revision', () => {
  test.each([
    ['complete is reached when stable is the revision', settled, complete, exitCode.ok],
    [
      'healthy needs the phase too',
      { ...settled, phase: 'Progressing' } as const,
      [{ kind: 'healthy' }] as Goal[],
      'pending',
    ],
    ['a release on its way is pending', moving, complete, 'pending'],
    ['a gate ends the wait for something else', atGate, complete, exitCode.gate],
    ['a gate is success when it was asked for', atGate, [{ kind: 'gate' }] as Goal[], exitCode.ok],
    ['a gate asked for among others is success', atGate, [...complete, { kind: 'gate' }] as Goal[], exitCode.ok],
    ['a gate that can no longer come is not waited for', settled, [{ kind: 'gate' }] as Goal[], exitCode.unexpected],
    ['the step counts from 1', moving, [{ kind: 'step', value: 3 }] as Goal[], exitCode.ok],
    ['a later step is pending', moving, [{ kind: 'step', value: 4 }] as Goal[], 'pending'],
    ['a confirmed weight is reached', moving, [{ kind: 'weight', value: 20 }] as Goal[], exitCode.ok],
    ['a higher weight is pending', moving, [{ kind: 'weight', value: 21 }] as Goal[], 'pending'],
    ['a failed analysis is a rollback', aborted, complete, exitCode.rolledBack],
  ])('%s', (_, status, goals, expected) => {
    const outcome = outcomeOf(aScene({ rollout: aRollout(status) }), hash, goals);

    expect(code(outcome)).toBe(expected);
  });

  test('a weight that the router did not confirm does not count', () => {
    const weights = { canary: { weight: 20 }, stable: { weight: 80 }, verified: false };
    const scene = aScene({ rollout: aRollout({ ...moving, canary: { weights } }) });

    expect(code(outcomeOf(scene, hash, [{ kind: 'weight', value: 20 }]))).toBe('pending');
  });

  test.each([
    ['AbortedByUser', exitCode.abortedByPerson],
    ['ProgressDeadline', exitCode.stuck],
    ['CrashLoop', exitCode.rolledBack],
    ['ImageMissing', exitCode.rolledBack],
  ] as const)('cause %s has its own code', (cause, expected) => {
    const verdict = aborted.verdict && { ...aborted.verdict, cause };
    const scene = aScene({ rollout: aRollout({ ...aborted, verdict }) });

    expect(code(outcomeOf(scene, hash, complete))).toBe(expected);
  });

  test('a passed progress deadline and an unusable spec are stuck', () => {
    const late = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' } as const;
    const invalid = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec' } as const;

    expect(code(outcomeOf(aScene({ rollout: aRollout({ ...moving, conditions: [late] }) }), hash, complete))).toBe(
      exitCode.stuck,
    );
    expect(code(outcomeOf(aScene({ rollout: aRollout({ ...moving, conditions: [invalid] }) }), hash, complete))).toBe(
      exitCode.stuck,
    );
  });

  test('a timed pause is no gate', () => {
    const scene = aScene({ rollout: aRollout({ ...atGate, currentStepIndex: 3, waiting: undefined }) });

    expect(code(outcomeOf(scene, hash, complete))).toBe('pending');
  });
});

describe('status --for, for a revision that is not the current one', () => {
  const other: Target = { kind: 'hash', podHash: 'another' };

  test('before it appears, an earlier healthy state does not answer for it', () => {
    expect(code(outcomeOf(aScene({ rollout: aRollout(settled) }), other, complete))).toBe('pending');
    expect(
      code(outcomeOf(aScene({ rollout: aRollout(settled) }), { kind: 'commit', commit: 'ffffffff' }, complete)),
    ).toBe('pending');
  });

  test('before the controller saw the newest spec nothing is decided', () => {
    const scene = aScene({ rollout: aRollout({ ...settled, observedGeneration: 2 }) });

    expect(code(outcomeOf(scene, { kind: 'generation', generation: 3 }, complete))).toBe('pending');
  });

  test('once seen and replaced it is superseded', () => {
    expect(code(outcomeOf(aScene(), { ...other, seen: true }, complete))).toBe(exitCode.superseded);
  });

  test.each([
    ['Promoted', undefined, exitCode.ok],
    ['Superseded', undefined, exitCode.superseded],
    ['Aborted', 'AbortedByUser', exitCode.abortedByPerson],
    ['Aborted', 'AnalysisFailed', exitCode.rolledBack],
    ['RolledBack', 'AnalysisFailed', exitCode.rolledBack],
  ] as const)('its record says %s (%s)', (phase, cause, expected) => {
    const outcome = cause === undefined ? {} : { outcome: { cause } };
    const runs = [aRun({ revision: 6, podHash: 'another' }, { phase, ...outcome })];

    expect(code(outcomeOf(aScene({ runs }), other, complete))).toBe(expected);
    expect(code(outcomeOf(aScene({ runs }), { kind: 'revision', revision: 6 }, complete))).toBe(expected);
  });

  test('a commit is found by its first digits', () => {
    const scene = aScene({ rollout: aRollout(settled) });

    expect(code(outcomeOf(scene, { kind: 'commit', commit: commit.slice(0, 7) }, complete))).toBe(exitCode.ok);
  });
});

test.each([
  ['complete', { kind: 'complete' }],
  ['step=3', { kind: 'step', value: 3 }],
  ['weight=50', { kind: 'weight', value: 50 }],
  ['step=', undefined],
  ['done', undefined],
])('--for=%s', (text, goal) => {
  expect(parseGoal(text)).toEqual(goal);
});
