import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { play, type Sequence } from './play.ts';
import { runSequences } from './run-sequences.ts';
import { shortagesOf, tallyLines } from './sweep-decide.ts';

/** More by `npm run -s sweep -- decide`. */
const runs = Number(process.env.RUNS ?? 250);
const seed = Number(process.env.SEED ?? 1);

/** Sequences that failed once. */
const kept = readFileSync(join(import.meta.dirname, 'kept-sequences.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { readonly why: string; readonly sequence: Sequence });

describe('decide under random specs, events and faults', () => {
  it('never throws, says the same twice, comes to rest and keeps the rules of safety', () => {
    const { tally, failure } = runSequences(seed, runs);
    process.stdout.write(`${tallyLines(tally).join('\n')}\n`);

    expect(failure === undefined ? [] : [...failure.found, JSON.stringify(failure.sequence)]).toEqual([]);
    expect(shortagesOf(tally)).toEqual([]);
  }, 600_000);

  it.each(kept)('keeps them where they were broken once: $why', ({ sequence }) => {
    expect(play(sequence).violations).toEqual([]);
  });
});
