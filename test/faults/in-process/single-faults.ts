/** Every plan with one crash: before commit, after commit with the reply lost, after the reply, at each write of a scenario. */

import type { Plan, ScenarioName } from '../plan/plan.ts';
import type { Reference } from './references.ts';

const crashPoints = ['before-commit', 'reply-lost', 'after-reply'] as const;

/** Also around each call of the reference run that writes to Git. */
export function crashPlans(
  scenario: ScenarioName,
  { writes, calls }: Pick<Reference, 'writes' | 'calls'>,
): readonly Plan[] {
  const places = [
    ...writes.map(({ identity, occurrence }) => ({ write: identity, occurrence })),
    ...Array.from({ length: calls.push ?? 0 }, (_one, index) => ({ git: 'push' as const, nth: index + 1 })),
    ...Array.from({ length: calls.merge ?? 0 }, (_one, index) => ({ git: 'merge' as const, nth: index + 1 })),
  ];
  return places.flatMap((at) =>
    crashPoints.map((kind) => ({ scenario, seed: 1, faults: [{ at, kind, crash: true }] })),
  );
}
