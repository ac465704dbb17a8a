import { describe, expect, it } from 'vitest';
import type { ScenarioResult } from '../events.ts';
import { scenarios } from '../scenarios.ts';
import { demoPicture } from './demo-picture.ts';
import { repaint } from './screen.ts';
import { isAsciiOnly } from './show.ts';
import { heartbeat, heartbeatMs, jsonTeller } from './tellers.ts';

const at = Date.parse('2026-11-22T14:30:00Z');

const result: ScenarioResult = {
  type: 'result',
  scenario: 'bad-release',
  outcome: 'RolledBack',
  abortToStableMs: 96,
  exposedRequests: 35,
  revertCommit: 'abc',
  headTreeEqualsGood: true,
  wallMs: 5000,
  sinceStartMs: 13000,
  canarySharesPct: [20],
};

describe('JSON lines', () => {
  it('have type, time and scenario, one object a line', () => {
    const written: string[] = [];
    const tell = jsonTeller((text) => written.push(text));
    tell({ type: 'commit', at, commit: 'abc', subject: 'a\nb', author: 'Ada' }, 'gate');
    tell({ ...result, at }, 'bad-release');

    expect(written.map((line) => line.split('\n').length)).toEqual([2, 2]);
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        type: 'commit',
        at: '2026-11-22T14:30:00.000Z',
        scenario: 'gate',
        commit: 'abc',
        subject: 'a\nb',
        author: 'Ada',
      },
      { at: '2026-11-22T14:30:00.000Z', ...result },
    ]);
  });
});

describe('the sign of life', () => {
  it('comes when nothing was told for 30 seconds', () => {
    let nowMs = 0;
    let beats = 0;
    const life = heartbeat(
      () => nowMs,
      () => {
        beats += 1;
      },
    );
    const after = (ms: number): void => {
      nowMs += ms;
      life.tick();
    };
    after(heartbeatMs - 1);
    life.told();
    after(heartbeatMs - 1);
    expect(beats).toBe(0);
    after(1);
    expect(beats).toBe(1);
    after(heartbeatMs);
    expect(beats).toBe(2);
  });
});

describe('the screen', () => {
  it('paints changed lines only, and clears what is gone', () => {
    expect(repaint(['a', 'b', 'c'], ['a', 'B'])).toBe('\u001b[2;1H\u001b[KB\u001b[3;1H\u001b[K');
    expect(repaint(['a'], ['a'])).toBe('');
  });
});

describe('the locale', () => {
  it.each([
    [{}, false],
    [{ LANG: 'C' }, true],
    [{ LANG: 'C', LC_ALL: 'C.UTF-8' }, false],
    [{ LANG: 'de_DE.UTF-8', LC_CTYPE: 'POSIX' }, true],
  ])('%j', (env, isAscii) => expect(isAsciiOnly(env)).toBe(isAscii));
});

describe('the picture', () => {
  const progress = {
    speed: 3,
    kubeconfigPath: '/k',
    cloneFolder: '/clone',
    playing: scenarios,
    index: 2,
    results: [result],
    isAtGate: true,
    isPromoting: false,
  };

  it('offers p only at the gate', () => {
    const keys = (isAtGate: boolean) =>
      demoPicture({ at, log: [] }, { ...progress, isAtGate }).keys.map(({ key }) => key);
    expect(keys(true)).toEqual(['p', 'q']);
    expect(keys(false)).toEqual(['q']);
  });

  it('says how scenarios ended, and at the end where to play on', () => {
    const scene = demoPicture({ at, log: [] }, { ...progress, index: 3, timelinePath: '/t.svg' });
    expect(scene.results).toEqual([
      { scenario: 'bad-release', text: 'rolled back in 96 ms, 35 requests exposed', isExpected: true },
    ]);
    expect(scene.scenario?.story).toContain('/clone');
    expect(scene.scenario?.story).toContain('/t.svg');
  });
});
