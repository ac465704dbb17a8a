/** In Argo's dialect the end of an aborted canary stands on its ReplicaSet. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { decide } from './decide.ts';
import { aReplicaSet, anObserved, aStatus, start } from './testing/builders.ts';

const argoKeys = keys(argoDialect);
const since = '2026-01-01T00:00:00Z';

/** Aborted; all weight is confirmed to be on stable, and the canary's 2 pods are left. */
function drained(given: { readonly available?: number; readonly delay?: number; readonly deadline?: string } = {}) {
  const { available = 5, delay = 30, deadline } = given;
  const transition = { id: 'x', kind: 'abort' as const, since, from: 'two', to: 'one' };
  const drainUntil = '2026-01-01T00:00:30Z';
  const numbered = (revision: string) => ({ [argoKeys.revision]: revision, [argoKeys.desiredReplicas]: '5' });
  const left = deadline === undefined ? {} : { [argoKeys.scaleDownDeadline]: deadline };
  return decide(
    anObserved({
      dialect: argoDialect,
      weight: 0,
      replicaSets: [
        aReplicaSet('one', { available, annotations: numbered('1') }),
        aReplicaSet('two', { replicas: 2, annotations: { ...numbered('2'), ...left } }),
      ],
      rollout: {
        canary: { steps: [{ setWeight: 20 }], abortScaleDownDelaySeconds: delay },
        annotations: { [argoKeys.revision]: '2' },
        status: aStatus({ abort: true, abortedAt: since, transition, drainUntil }),
      },
    }),
  );
}

describe('an aborted canary without weight', () => {
  it('gets the time at which it goes, once stable has all its pods', () => {
    expect(drained({ available: 4 })).toMatchObject({
      effects: [],
      waiting: { reason: 'PodsNotAvailable', on: 'ReplicaSet/web-one', value: '4', limit: '5' },
    });
    expect(drained().effects).toMatchObject([
      { kind: 'Annotate', target: { name: 'web-two' }, set: { [argoKeys.scaleDownDeadline]: '2026-01-01T00:00:30Z' } },
    ]);
  });

  it('keeps its pods until then, and gives them up after it', () => {
    const later = new Date(start + 30_000).toISOString();

    expect(drained({ deadline: later })).toMatchObject({
      effects: [],
      waiting: { reason: 'Draining', on: 'ReplicaSet/web-two', until: start + 30_000 },
    });
    expect(drained({ deadline: since }).effects).toMatchObject([{ kind: 'Scale', podHash: 'two', to: 0 }]);
  });

  it('keeps its pods for good when the delay was set to 0 in the meantime', () => {
    const decision = drained({ delay: 0 });

    expect(decision.effects).toEqual([]);
    expect(decision.status.transition).toBeUndefined();
  });
});
