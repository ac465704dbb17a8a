import { describe, expect, it } from 'vitest';
import type { BlueGreenStrategy } from '../../crds/schema/blue-green.ts';
import { aReplicaSet, aRollout, aScene, atGate } from '../testing/builders.ts';
import { nextCommands } from './explanation.ts';
import { rolloutView } from './rollout-view.ts';
import { needsPerson } from './situation.ts';

const paused = (more: Partial<BlueGreenStrategy> = {}) => {
  const { canary: _canary, ...status } = atGate;
  const blueGreen = { activeService: 'web', previewService: 'web-preview', ...more };
  const pauseConditions = [{ reason: 'BlueGreenPause', startTime: '2026-11-22T14:20:00Z' } as const];
  const selectors = { activeSelector: 'old', previewSelector: 'new' };
  return aScene({
    rollout: aRollout(
      { ...status, message: 'BlueGreenPause', pauseConditions, blueGreen: selectors },
      { strategy: { blueGreen } },
    ),
    replicaSets: [aReplicaSet('new'), aReplicaSet('old')],
  });
};

describe('a blue-green Rollout at its pause', () => {
  it('shows which revision is active and which is in preview, without a weight', () => {
    const view = rolloutView(paused({ autoPromotionEnabled: false }));
    expect(view).toMatchObject({ strategy: 'blueGreen', phase: 'Paused', message: 'BlueGreenPause' });
    expect([view.weight, view.step]).toEqual([undefined, undefined]);
    expect(view.revisions.map(({ podHash, roles }) => [podHash, roles])).toEqual([
      ['new', ['preview']],
      ['old', ['stable', 'active']],
    ]);
  });

  it('needs a person only when it does not go on by itself', () => {
    expect(needsPerson(paused({ autoPromotionEnabled: false }))).toBe(true);
    expect(needsPerson(paused({ autoPromotionSeconds: 60 }))).toBe(false);
  });

  it('says what a promotion does', () => {
    const [promote] = nextCommands(paused(), 'kubectl tidegate');
    expect(promote).toEqual({
      command: 'kubectl tidegate promote web -n shop',
      effect: 'switches live traffic to the new revision',
    });
  });
});
