import { expect, it } from 'vitest';
import { decide } from './decide.ts';
import type { SpecProblem } from './observed.ts';
import { statusPatch } from './status-diff.ts';
import { anObserved } from './testing/builders.ts';

const problem: SpecProblem = { scope: 'spec', field: 'spec.restartAt', message: 'not supported yet: spec.restartAt' };

it('a first spec that can not be used is told once, however often it is looked at', () => {
  const first = anObserved({ problems: [problem], replicaSets: [], rollout: { status: {} } });
  const told = decide(first).status;
  const later = { ...first, now: first.now + 20_000, rollout: { ...first.rollout, status: told } };
  const again = decide(later);

  expect(told.conditions).toContainEqual(expect.objectContaining({ type: 'InvalidSpec', status: 'True' }));
  expect(statusPatch(told, again.status)).toBeUndefined();
});
