import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { decide } from './decide.ts';
import { liveWeightText } from './live-weight.ts';
import { aReplicaSet, anObserved, aService, aStatus, plainRouter, shopKeys, start } from './testing/builders.ts';
import { deadlineText, timeText } from './time-text.ts';

const deadline = (afterMs: number) => ({ [shopKeys.scaleDownDeadline]: deadlineText(start + afterMs) });

/** Revision `two` is stable since some time; `old` waits for its deadline. */
function settled(given: Parameters<typeof anObserved>[0], afterMs: number) {
  return anObserved({
    replicaSets: [aReplicaSet('old', { annotations: deadline(afterMs) }), aReplicaSet('two', { revision: 2 })],
    stableService: aService('web-stable', 'two', { two: 5 }),
    ...given,
  });
}

const scaledDown = (observed: ReturnType<typeof anObserved>) =>
  decide(observed).effects.flatMap((one) => (one.kind === 'Scale' && one.to < one.from ? [one.podHash] : []));

describe('the drain of an old revision behind a router', () => {
  const limited = { scaleDownDelaySeconds: 60, abortScaleDownDelaySeconds: 20, scaleDownDelayRevisionLimit: 0 };

  it('is cut by the limit of old revisions, counted from when it began', () => {
    const status = aStatus({ stableRS: 'two' });
    const begun = (agoMs: number) => settled({ weight: 0, rollout: { status, canary: limited } }, 60_000 - agoMs);

    expect(scaledDown(begun(9_000))).toEqual([]);
    expect(scaledDown(begun(11_000))).toEqual(['old']);
  });

  it('is counted by the delay of an abort when the revision was aborted', () => {
    const status = aStatus({ stableRS: 'two', failedPodHash: 'old', failedPodHashes: ['old'] });
    const begun = (agoMs: number) => settled({ weight: 0, rollout: { status, canary: limited } }, 20_000 - agoMs);

    expect(scaledDown(begun(5_000))).toEqual([]);
    expect(scaledDown(begun(11_000))).toEqual(['old']);
  });

  it('starts anew when weight came while the canary Service still had its pods', () => {
    const status = aStatus({ stableRS: 'two' });
    const canary = { scaleDownDelaySeconds: 10 };
    const canaryService = aService('web-canary', 'two', { old: 5 });
    const { effects } = decide(settled({ weight: 20, canaryService, rollout: { status, canary } }, -1_000));

    expect(effects.filter((one) => one.kind === 'Scale')).toEqual([]);
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'Annotate', set: deadline(20_000) }));
  });
});

describe('an abort in argoproj.io', () => {
  it('gives its own delay to the aborted revision only, not to one that was superseded before', () => {
    const limits = { scaleDownDelaySeconds: 60, abortScaleDownDelaySeconds: 20 };
    const transition = { id: 'abort', kind: 'abort', from: 'two', to: 'one', since: timeText(start) } as const;
    const drainUntil = deadlineText(start + 20_000);
    const status = aStatus({ abort: true, abortedAt: timeText(start), failedPodHash: 'two', transition, drainUntil });
    const { effects } = decide(
      anObserved({
        dialect: argoDialect,
        keys: keys(argoDialect),
        weight: 0,
        rollout: { status, canary: limits },
        replicaSets: [aReplicaSet('one'), aReplicaSet('old', { revision: 2 }), aReplicaSet('two', { revision: 3 })],
      }),
    );

    const set = (afterMs: number) => ({ [keys(argoDialect).scaleDownDeadline]: deadlineText(start + afterMs) });
    expect(effects.flatMap((one) => (one.kind === 'Annotate' ? [[one.target.name, one.set]] : []))).toEqual([
      ['web-old', set(60_000)],
      ['web-two', set(20_000)],
    ]);
  });
});

describe('a stable Service that somebody changed', () => {
  it('gives a revision that waits for its end a new drain before it is put back', () => {
    const status = aStatus({ stableRS: 'two' });
    const stableService = aService('web-stable', 'old', { old: 5 });
    const canary = { scaleDownDelaySeconds: 10 };
    const { effects } = decide(settled({ weight: 0, stableService, rollout: { status, canary } }, 5_000));

    const writes = effects.map((one) => (one.kind === 'SwitchService' ? one.podHash : one.kind));
    expect(writes.indexOf('Annotate')).toBeGreaterThanOrEqual(0);
    expect(writes.indexOf('two')).toBeGreaterThan(writes.indexOf('Annotate'));
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'Annotate', set: deadline(20_000) }));
  });

  it('selects stable again after an abort when its hash was taken off', () => {
    const abortedAt = timeText(start - 60_000);
    const status = aStatus({ abort: true, abortedAt, failedPodHash: 'two' });
    const stableService = aService('web-stable', undefined, { one: 5 });
    const { effects } = decide(anObserved({ weight: 0, stableService, rollout: { status } }));

    expect(effects).toContainEqual(expect.objectContaining({ kind: 'SwitchService', podHash: 'one' }));
  });
});

describe('a rollback that was aborted', () => {
  it('keeps the pods of the revision that is stable and current', () => {
    const abortedAt = timeText(start - 60_000);
    const status = aStatus({ currentPodHash: 'two', stableRS: 'two', abort: true, abortedAt, failedPodHash: 'two' });
    const service = (name: string) => aService(name, 'two', { two: 5 });
    const observed = anObserved({
      weight: 0,
      rollout: { status },
      replicaSets: [aReplicaSet('two')],
      stableService: service('web-stable'),
      canaryService: service('web-canary'),
    });

    expect(scaledDown(observed)).toEqual([]);
  });
});

describe('the last look before stable gets smaller', () => {
  it('stops when somebody has written the route, in either direction', () => {
    const observed = anObserved({ weight: 50 });
    const scale = { kind: 'Scale', podHash: 'one', from: 5, to: 3 } as Parameters<typeof liveWeightText>[2];
    const live = (weight: number) => {
      const { rollout, traffic } = anObserved({ weight });
      return plainRouter.read(rollout, traffic?.found ?? (() => undefined));
    };

    expect(liveWeightText(observed, live(50), scale)).toBeUndefined();
    expect(liveWeightText(observed, live(20), scale)).toContain('another weight');
    expect(liveWeightText(observed, live(100), scale)).toContain('another weight');
  });
});
