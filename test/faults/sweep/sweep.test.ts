import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../bed/run-command.ts';
import { crashPoints, pushIdentity } from './write-judge.ts';
import { sweep } from './sweep.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'tidegate-sweep-'));

/** A few writes that are dear to lose; `npm run sweep` has them all. */
const dear: readonly RegExp[] = [
  new RegExp(`^${pushIdentity}$`),
  /^create gitreverts/,
  /^patch httproutes\S+ shop \[spec\.rules\]$/,
];

describe('the shipped program, killed in the middle of a bad release', () => {
  beforeAll(() => run(process.execPath, [join(root, 'scripts', 'build.ts'), folder], { timeoutMs: 120_000 }), 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends as if nothing had happened, with one revert, on either side of the writes that count', async () => {
    const result = await sweep({
      program: join(folder, 'tidegate.mjs'),
      workers: 3,
      releases: ['bad'],
      shard: { index: 1, of: 1 },
      chosen: ({ identity, occurrence }) => occurrence === 1 && dear.some((one) => one.test(identity)),
      say: () => undefined,
    });

    expect(result.violations).toEqual([]);
    expect(result.missed).toEqual([]);
    expect(result.runs).toBeGreaterThanOrEqual(dear.length * crashPoints.length);
    expect(result.writes.bad).toContain(`${pushIdentity} #1`);
  }, 400_000);
});
