/**
 * `npm run -s sweep -- main-job`: kills the controller at each side of every write of a good and of a bad release, then
 * plays thousands of runs with random faults in this process's own time. `npm run -s sweep -- decide`: random specs, events
 * and faults against the decision alone. `--help` lists the settings.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ManyResult, runMany, seedsFrom } from '../test/faults/in-process/run-many.ts';
import { sweepDecide } from '../test/faults/decide/sweep-decide.ts';
import type { Release } from '../test/faults/sweep/end.ts';
import { keepWrites } from '../test/faults/sweep/known-writes.ts';
import { type Sweep, sweep } from '../test/faults/sweep/sweep.ts';
import { root, runNode } from './programs.ts';

const usage = `Usage: npm run -s sweep -- main-job [settings]
       npm run -s sweep -- decide [--runs N] [--from N]

Settings of decide: --runs N sequences (default 100000), --from N the seed of the first 250 of them (default 1).
Settings of main-job:

  --release good|bad   only this release (default both)
  --shard I/N          only the I-th of N parts of the kills (default 1/1)
  --workers N          kills at the same time (default 4: they mostly wait)
  --runs N             runs with random plans after the kills (default 5000)
  --from N             seed of the first of them (default 1)
  --no-kills           only the random plans
  --keep-writes        write down which writes there are, instead of refusing those that are new
`;

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  allowPositionals: true,
  options: {
    release: { type: 'string' },
    shard: { type: 'string', default: '1/1' },
    workers: { type: 'string', default: '4' },
    runs: { type: 'string' },
    from: { type: 'string', default: '1' },
    'no-kills': { type: 'boolean', default: false },
    'keep-writes': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = values.help ? help() : await main();

function help(): number {
  process.stdout.write(usage);
  return 0;
}

async function main(): Promise<number> {
  const wrong = wrongUse();
  if (wrong !== undefined) {
    process.stderr.write(`${wrong}\n`);
    return 2;
  }
  if (positionals[0] === 'decide') return decideOnly();
  const workers = Number(values.workers);
  const kills = values['no-kills'] ? undefined : await killAtEachWrite(workers);
  if (kills !== undefined) tell(kills);
  const count = Number(values.runs ?? 5_000);
  const folder = join(root, '.test-output');
  mkdirSync(folder, { recursive: true });
  const random = count === 0 ? undefined : await playRandomPlans(Number(values.from), count, folder);
  writeFileSync(join(folder, 'sweep-main-job.json'), `${JSON.stringify({ kills, random }, undefined, 2)}\n`);
  const bad = (kills?.violations.length ?? 0) + (kills?.missed.length ?? 0) + (random?.violations ?? 0);
  return bad === 0 ? 0 : 1;
}

function decideOnly(): Promise<number> {
  const output = join(root, '.test-output');
  return sweepDecide({ runs: Number(values.runs ?? 100_000), from: Number(values.from), output, say });
}

async function playRandomPlans(from: number, count: number, output: string): Promise<ManyResult> {
  const folder = join(output, 'failing-plans');
  const result = await runMany({ jobs: seedsFrom(from, count), folder, say });
  const { runs, violations, writes, struck, planned, restarts, mostReverts, wallMs } = result;
  say(
    `random plans: ${runs} runs in ${Math.round(wallMs / 1000)} s, ${writes} writes, ${struck} of ${planned} faults struck`,
  );
  say(`violations: ${violations}, restarts of the controller: ${restarts}, reverts in one run at most: ${mostReverts}`);
  if (violations > 0) say(`The plans that failed lie in ${folder}.`);
  return result;
}

function wrongUse(): string | undefined {
  if (positionals.length !== 1 || !['main-job', 'decide'].includes(positionals[0] ?? ''))
    return `There is no sweep "${positionals.join(' ')}"; those there are: main-job and decide.`;
  if (values.release !== undefined && values.release !== 'good' && values.release !== 'bad')
    return `--release is "${values.release}"; allowed are good and bad.`;
  const [index = 0, of = 0] = values.shard.split('/').map(Number);
  if (!(Number.isInteger(index) && Number.isInteger(of) && index >= 1 && index <= of))
    return `--shard is "${values.shard}"; wanted is a part such as 1/4.`;
  for (const name of ['workers', 'runs', 'from'] as const)
    if (!/^\d+$/.test(values[name] ?? '0')) return `--${name} is "${values[name]}"; wanted is a whole number.`;
  return undefined;
}

async function killAtEachWrite(workers: number): Promise<Sweep> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-sweep-'));
  try {
    if ((await runNode([join(root, 'scripts', 'build.ts'), folder])) !== 0)
      throw new Error('the program was not built');
    const [index = 1, of = 1] = values.shard.split('/').map(Number);
    const releases: readonly Release[] =
      values.release === undefined ? ['good', 'bad'] : [values.release === 'good' ? 'good' : 'bad'];
    const keepsWrites = values['keep-writes'];
    const program = join(folder, 'tidegate.mjs');
    const result = await sweep({ program, workers, releases, shard: { index, of }, say, keepsWrites });
    if (keepsWrites) keepWrites(result.seen);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tell({ writes, runs, regrouped, missed, violations }: Sweep): void {
  say(`writes: ${writes.good.length} of a good release, ${writes.bad.length} of a bad one, pushes to Git among them`);
  say(`kills: ${runs} runs with SIGKILL, before the commit, with the reply lost, and after the reply`);
  if (regrouped > 0) say(`${regrouped} of them at a write that grouped the same change with others`);
  for (const one of missed) say(`not reached: ${one}`);
  say(`violations: ${violations.length}, not reached: ${missed.length}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
