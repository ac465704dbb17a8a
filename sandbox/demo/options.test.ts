import { describe, expect, it } from 'vitest';
import { defaultSpeed, helpText, parseOptions } from './options.ts';

describe('flags of the demo', () => {
  it('plays everything by default', () => {
    const options = { scenario: 'all', speed: defaultSpeed, seed: 1, json: false, keep: false, ascii: false };
    expect(parseOptions([])).toEqual({ kind: 'ok', options });
  });

  it('reads all flags', () => {
    const args = ['--scenario', 'gate', '--speed=10', '--seed', '7', '--json', '--keep', '--ascii'];
    const options = { scenario: 'gate', speed: 10, seed: 7, json: true, keep: true, ascii: true };
    expect(parseOptions(args)).toEqual({ kind: 'ok', options });
  });

  it.each([
    [['--sped', '3'], 'There is no flag "--sped": run "npm run demo -- --help" for the list.'],
    [['-x'], 'There is no flag "-x": run "npm run demo -- --help" for the list.'],
    [['fast'], 'The demo takes flags only, not "fast": run "npm run demo -- --help" for the list.'],
    [['--speed'], 'Flag "--speed" is not written as it must be: run "npm run demo -- --help" for the list.'],
    [['--json=yes'], 'Flag "--json" is not written as it must be: run "npm run demo -- --help" for the list.'],
    [['--speed', '0'], '--speed is "0": use a number from 1 to 20.'],
    [['--speed', 'x'], '--speed is "x": use a number from 1 to 20.'],
    [['--seed', '1.5'], '--seed is "1.5": use a whole number from 0 to 2147483647.'],
    [['--scenario', 'bad'], '--scenario is "bad": use good-release, bad-release, gate or all.'],
  ])('%j is refused in one sentence', (args, message) => {
    expect(parseOptions(args)).toEqual({ kind: 'wrong', message });
  });

  it('names every flag in its help', () => {
    expect(parseOptions(['--help'])).toEqual({ kind: 'help' });
    for (const flag of ['scenario', 'speed', 'seed', 'json', 'keep', 'ascii', 'help'])
      expect(helpText).toContain(`--${flag}`);
  });
});
