import { describe, expect, it } from 'vitest';
import { allows, type LifecycleEvent, lifecycle, lifecycleStates, nextState } from './machine.ts';

const revision = { type: 'revision', hasStable: true, toStable: false, carrying: false, failedBefore: false } as const;
const events: readonly LifecycleEvent[] = [
  revision,
  { ...revision, hasStable: false },
  { ...revision, failedBefore: true },
  { ...revision, toStable: true },
  { ...revision, toStable: true, carrying: true },
  { ...revision, carrying: true },
  { type: 'available' },
  { type: 'steps-done' },
  { type: 'promote-full' },
  { type: 'abort' },
  { type: 'retry' },
  { type: 'rollback' },
  { type: 'promoted', back: false },
  { type: 'promoted', back: true },
  { type: 'settled' },
];

describe('lifecycle', () => {
  it('reaches every state from the first and can leave every state', () => {
    const seen = new Set<string>(['new']);
    const queue: (typeof lifecycleStates)[number][] = ['new'];
    for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
      const nexts = events.flatMap((event) => nextState(state, event)?.state ?? []);
      expect(nexts).not.toHaveLength(0);
      queue.push(...nexts.filter((next) => !seen.has(next)));
      for (const next of nexts) seen.add(next);
    }
    expect([...seen].sort()).toEqual([...lifecycleStates].sort());
    expect(Object.keys(lifecycle.states).sort()).toEqual([...lifecycleStates].sort());
  });

  it('accepts an abort wherever a new revision may have traffic before it is stable', () => {
    for (const state of ['stepping', 'promoting', 'superseding'] as const)
      expect(nextState(state, { type: 'abort' })?.state).toBe('aborting');
    for (const state of ['stable', 'deploying', 'aborted', 'returning'] as const)
      expect(allows(state, { type: 'abort' })).toBe(false);
  });

  it('never steps a revision that failed before', () => {
    for (const state of lifecycleStates)
      expect(nextState(state, { ...revision, failedBefore: true })?.state).toBe('aborting');
  });

  it.each([
    ['a third revision waits until the second is drained', 'stepping', { ...revision, carrying: true }, 'superseding'],
    ['going back to stable drains first', 'stepping', { ...revision, toStable: true, carrying: true }, 'returning'],
    ['going back to stable with nothing to drain is at once', 'aborted', { ...revision, toStable: true }, 'stable'],
    ['a rollback ends aborted, not stable', 'promoting', { type: 'promoted', back: true }, 'aborting'],
    ['retry starts the steps again', 'aborted', { type: 'retry' }, 'stepping'],
  ] as const)('%s', (_name, from, event, to) => {
    expect(nextState(from, event)?.state).toBe(to);
  });

  it('treats an event that means nothing as no change', () => {
    expect(nextState('stable', { type: 'settled' })).toBeUndefined();
  });
});
