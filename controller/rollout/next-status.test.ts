import { expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { nextStatus } from './next-status.ts';
import { anObserved, aStatus, type ObservedGiven } from './testing/builders.ts';

function derived(given: ObservedGiven = {}, change: object = {}) {
  const observed = anObserved({ rollout: { status: aStatus() }, ...given });
  const spec = { ...observed.rollout.spec, ...change };
  return nextStatus({ ...observed, rollout: { ...observed.rollout, spec } }, aStatus(), undefined).status;
}

it('the generation that was seen is a number, in argoproj.io a text', () => {
  expect(derived().observedGeneration).toBe(1);
  expect(derived({ dialect: argoDialect }).observedGeneration).toBe('1');
  expect(derived().workloadObservedGeneration).toBeUndefined();
});

it('the selector for autoscalers is that of the spec, and none while the spec has none', () => {
  expect(derived().selector).toBe('app=web');
  expect(derived({}, { selector: undefined }).selector).toBeUndefined();
});
