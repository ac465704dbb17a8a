import { describe, expect, it } from 'vitest';
import { helpText, parseMainOptions } from './main-options.ts';

describe('flags of the sandbox', () => {
  it('are read, with defaults', () => {
    expect(parseMainOptions([])).toEqual({ kind: 'ok', options: { rate: 1, apiGroup: 'tidegate.io' } });
    expect(parseMainOptions(['--rate', '2.5', '--seed=0', '--api-group', 'argoproj.io', '--folder', '/x'])).toEqual({
      kind: 'ok',
      options: { rate: 2.5, seed: 0, apiGroup: 'argoproj.io', folder: '/x' },
    });
  });

  it.each([
    [['--foo'], 'There is no flag "--foo": run "node sandbox/main.ts --help" for the list.'],
    [['zzz'], 'The sandbox takes flags only, not "zzz": run "node sandbox/main.ts --help" for the list.'],
    [['--rate', 'abc'], '--rate is "abc": use a number from 1 to 100.'],
    [['--rate', '0.5'], '--rate is "0.5": use a number from 1 to 100.'],
    [['--seed', '1.5'], '--seed is "1.5": use a whole number from 0 to 2147483647.'],
    [['--seed', '-1'], 'Flag "--seed" is not written as it must be: run "node sandbox/main.ts --help" for the list.'],
    [['--api-group', 'x'], '--api-group is "x": use tidegate.io or argoproj.io.'],
    [['--folder='], '--folder is "": name a folder.'],
  ])('%j is refused in one sentence', (args, message) => {
    expect(parseMainOptions(args)).toEqual({ kind: 'wrong', message });
  });

  it('are all in the help', () => {
    expect(parseMainOptions(['--help'])).toEqual({ kind: 'help' });
    for (const flag of ['rate', 'seed', 'api-group', 'folder', 'help']) expect(helpText).toContain(`--${flag}`);
  });
});
