/** A strategy that is taken away while a revision is on its way. */

import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { withLostActive } from './lost-active.ts';
import { withLostRouter } from './lost-router.ts';
import type { SpecProblem } from './observed.ts';
import { anObserved, aReplicaSet, aStatus } from './testing/builders.ts';

const served = { activeSelector: 'one' };
const weights = {
  canary: { weight: 20, serviceName: 'web-canary', podTemplateHash: 'two' },
  stable: { weight: 80, serviceName: 'web-stable', podTemplateHash: 'one' },
};
const refused: SpecProblem = { scope: 'spec', field: 'spec.replicas', message: 'It is odd.' };
const settled: Partial<RolloutStatus> = { currentPodHash: 'one', stableRS: 'one' };

function told(
  look: typeof withLostActive,
  status: Partial<RolloutStatus>,
  given: Parameters<typeof anObserved>[0] = {},
): readonly string[] {
  return look(anObserved({ rollout: { status: aStatus(status) }, ...given })).problems.map((one) => one.message);
}

describe('a spec that lost spec.strategy.blueGreen', () => {
  it('is refused in the middle of an update, and says what to do', () => {
    const [message] = told(withLostActive, { blueGreen: served });

    expect(message).toContain('Rollout shop/web: spec.strategy.blueGreen was removed in the middle of an update');
    expect(message).toContain('put it back');
  });

  it('is taken when nothing is under way, or nothing ever was switched', () => {
    expect(told(withLostActive, { ...settled, blueGreen: served })).toEqual([]);
    expect(told(withLostActive, {})).toEqual([]);
  });

  it('says nothing on top of a spec that can not be read', () => {
    expect(told(withLostActive, { blueGreen: served }, { problems: [refused] })).toEqual(['It is odd.']);
  });
});

describe('a spec that lost its trafficRouting', () => {
  const canary = { weights };

  it('is refused in the middle of an update, with the weight that the routes hold', () => {
    expect(told(withLostRouter, { canary })[0]).toContain('hold the last canary weight that was recorded (20)');
  });

  it('is refused while old pods may still get requests, and taken when they are gone', () => {
    const old = { replicaSets: [aReplicaSet('one'), aReplicaSet('zero', { replicas: 2 })] };
    const gone = { replicaSets: [aReplicaSet('one'), aReplicaSet('zero', { replicas: 0 })] };

    expect(told(withLostRouter, { ...settled, canary }, old)).toHaveLength(1);
    expect(told(withLostRouter, { ...settled, canary }, gone)).toEqual([]);
  });

  it('is taken when no weight was ever written', () => {
    expect(told(withLostRouter, {})).toEqual([]);
  });
});
