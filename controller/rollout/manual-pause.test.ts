import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { anObserved, aReplicaSet, aStatus, shopKeys, start } from './testing/builders.ts';

const resumed = (since: string, already = 0) =>
  decide(
    anObserved({
      rollout: {
        canary: { steps: [{ setWeight: 20 }, { pause: {} }] },
        annotations: { [shopKeys.command]: 'resume', [shopKeys.commandId]: 'a' },
        status: aStatus({ manualPauseStartedAt: since, totalManualPauseDurationSeconds: already }),
      },
      replicaSets: [aReplicaSet('one'), aReplicaSet('two', { revision: 2 })],
    }),
  );

describe('a pause by command', () => {
  it('ends with how long people held the rollout, all pauses added up [Rollout.status.manualPauseStartedAt, Rollout.status.totalManualPauseDurationSeconds]', () => {
    const { status } = resumed(new Date(start - 90_000).toISOString(), 30);

    expect(status.manualPauseStartedAt).toBeUndefined();
    expect(status.totalManualPauseDurationSeconds).toBe(120);
  });
});
