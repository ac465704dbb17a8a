/** Hints of webhooks: they make a look earlier, and none is lost while a look is running. */

import { describe, expect, it } from 'vitest';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import { fakeClock } from '../../kube/fake-clock.ts';
import type { Source } from '../../source/contract.ts';
import { type Tips, tips } from './tips.ts';

const sync = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'GitSync',
  metadata: { name: 'web', namespace: 'shop', uid: 'sync-uid' },
  spec: { repository: 'https://git.test/shop.git', branch: 'main', path: 'web', interval: '1h' },
} as unknown as GitSync;

interface Branch {
  readonly tips: Tips;
  readonly looks: () => number;
  /** A reconcile: what it wakes for is run by the test. */
  readonly reconcile: () => void;
  /** Ends the look that is running. */
  readonly end: () => Promise<void>;
}

function aBranch(): Branch {
  const clock = fakeClock(Date.UTC(2026, 0, 1));
  const running: ((answer: unknown) => void)[] = [];
  let looks = 0;
  let woken = (): void => undefined;
  const source = {
    sync: () => {
      looks += 1;
      return new Promise((resolve) => running.push(resolve));
    },
  } as unknown as Source;
  const all = tips({
    source,
    clock,
    credentials: async () => ({ kind: 'ok', credentials: { kind: 'none' } }),
    wake: () => woken(),
    signal: new AbortController().signal,
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const reconcile = (): void => void all.view(sync, undefined, clock.now());
  woken = reconcile;
  return {
    tips: all,
    looks: () => looks,
    reconcile,
    end: async () => {
      await settled();
      running.shift()?.({ kind: 'internal', message: 'not now', trees: {} });
      await settled();
    },
  };
}

describe('a hint', () => {
  it('makes a branch looked at before its interval is over, once', async () => {
    const branch = aBranch();
    branch.reconcile();
    await branch.end();
    branch.reconcile();
    expect(branch.looks()).toBe(1);

    branch.tips.hint('sync-uid');
    branch.reconcile();
    await branch.end();
    branch.reconcile();

    expect(branch.looks()).toBe(2);
  });

  it('that comes while a look runs makes another look afterwards', async () => {
    const branch = aBranch();
    branch.reconcile();
    await new Promise((resolve) => setImmediate(resolve));

    branch.tips.hint('sync-uid');
    branch.tips.hint('sync-uid');
    branch.reconcile();
    expect(branch.looks()).toBe(1);
    await branch.end();

    expect(branch.looks()).toBe(2);
    await branch.end();
    expect(branch.looks()).toBe(2);
  });

  it('for a GitSync that was never looked at, or is gone, does nothing', () => {
    const branch = aBranch();

    branch.tips.hint('sync-uid');

    expect(branch.looks()).toBe(0);
  });
});
