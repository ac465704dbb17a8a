import { describe, expect, it } from 'vitest';
import { runSequences } from './run-sequences.ts';
import { shortagesOf, tallyLines } from './sweep-decide.ts';

/** More by `npm run -s sweep -- decide`. */
const runs = Number(process.env.RUNS ?? 250);
const seed = Number(process.env.SEED ?? 1);

describe('decide under random specs, events and faults', () => {
  it('never throws, says the same twice, comes to rest and keeps the rules of safety', () => {
    const { tally, failure } = runSequences(seed, runs);
    process.stdout.write(`${tallyLines(tally).join('\n')}\n`);

    expect(failure === undefined ? [] : [...failure.found, JSON.stringify(failure.sequence)]).toEqual([]);
    expect(shortagesOf(tally)).toEqual([]);
  }, 600_000);
});
