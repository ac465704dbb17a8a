import { expect, it } from 'vitest';
import { argoDialect, type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { EventDraft } from '../../kube/api.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { fact } from './facts.ts';
import { tell } from './tell.ts';
import { anObserved, start } from './testing/builders.ts';

const facts = [fact(start, 'RolloutPaused', 'Paused'), fact(start, 'PodEvicted', 'Evicted pod web-one-1')];

function told(dialect: Dialect) {
  const events: EventDraft[] = [];
  const counted: string[] = [];
  const metrics = { fact: (reason: string) => void counted.push(reason), effect: () => undefined };
  tell({ events: { record: (one) => void events.push(one) }, metrics, log: silentLog, dialect }, anObserved(), facts);
  return { reasons: events.map((one) => one.reason), counted, regarding: events[0]?.regarding };
}

it('makes an event of each fact about the Rollout', () => {
  expect(told(tidegateDialect)).toMatchObject({
    reasons: ['RolloutPaused', 'PodEvicted'],
    regarding: { kind: 'Rollout', namespace: 'shop', name: 'web', uid: 'rollout-uid' },
  });
});

it('makes no event with resources of Argo Rollouts that Argo Rollouts does not make, and counts them all the same', () => {
  expect(told(argoDialect)).toMatchObject({ reasons: ['RolloutPaused'], counted: ['RolloutPaused', 'PodEvicted'] });
});
