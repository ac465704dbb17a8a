/**
 * `npm run -s sweep -- main-job`: kills the controller at each side of every write of a good and of a bad release, then
 * plays thousands of runs with random faults in this process's own time. `npm run -s sweep -- decide`: random specs, events
 * and faults against the decision alone. `--help` lists the settings.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sweepDecide } from '../test/faults/decide/sweep-decide.ts';
import { type ManyResult, runMany, seedsFrom } from '../test/faults/in-process/run-many.ts';
import { regressions } from '../test/faults/regressions/all-regressions.ts';
import { keptOf, sweepRegressions } from '../test/faults/regressions/crash-sweep.ts';
import { reportOf } from '../test/faults/regressions/sweep-report.ts';
import type { Release } from '../test/faults/sweep/end.ts';
import { keepWrites } from '../test/faults/sweep/known-writes.ts';
import { type Sweep, sweep } from '../test/faults/sweep/sweep.ts';
import { root, runNode } from './programs.ts';

const usage = `Usage: npm run -s sweep -- main-job [settings]
       npm run -s sweep -- --regressions [--shard I/N] [--only R04,R05] [--fresh]
       npm run -s sweep -- decide [--runs N] [--from N] [--shard I/N] [--workers N] [--fresh]
         (default 100000 sequences, 250 to a seed, from seed 1; goes on where the last one stopped)

  --release good|bad   only this release (default both)
  --shard I/N          only the I-th of N parts of the kills, or of the seeds (default 1/1)
  --workers N          kills at the same time (default 4: they mostly wait); for decide no more than there are processors
  --runs N             runs with random plans after the kills (default 5000)
  --from N             seed of the first of them (default 1)
  --no-kills           only the random plans
  --regressions        the scenarios of known bugs instead, killed in virtual time; goes on where the last one stopped
  --only IDS           only these of them
  --fresh              plays again what was played
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
    regressions: { type: 'boolean', default: false },
    only: { type: 'string' },
    fresh: { type: 'boolean', default: false },
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
  if (values.regressions) return sweepKnownBugs();
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

/** The report covers everything that is finished, by this sweep and those before. */
async function sweepKnownBugs(): Promise<number> {
  const folder = join(root, '.test-output', 'regressions');
  const [index = 1, of = 1] = values.shard.split('/').map(Number);
  const only = values.only === undefined ? {} : { only: values.only.split(',') };
  const workers = Math.min(Number(values.workers), availableParallelism());
  const swept = await sweepRegressions({ shard: { index, of }, workers, fresh: values.fresh, folder, say, ...only });
  const all = regressions.flatMap(({ id }) => keptOf(folder, id) ?? []);
  writeFileSync(join(root, 'docs', 'regressions.md'), reportOf(regressions, all));
  const crashes = swept.reduce((sum, one) => sum + one.crashes, 0);
  const found = swept.reduce((sum, one) => sum + one.found.length, 0);
  say(`scenarios: ${swept.length}, crash points: ${crashes}, violations: ${found}`);
  return found === 0 ? 0 : 1;
}

function decideOnly(): Promise<number> {
  const [index = 1, of = 1] = values.shard.split('/').map(Number);
  return sweepDecide({
    runs: Number(values.runs ?? 100_000),
    from: Number(values.from),
    shard: { index, of },
    workers: Math.min(Number(values.workers), availableParallelism()),
    fresh: values.fresh,
    output: join(root, '.test-output'),
    say,
  });
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
  if (!values.regressions && (positionals.length !== 1 || !['main-job', 'decide'].includes(positionals[0] ?? '')))
    return `There is no sweep "${positionals.join(' ')}"; those there are: main-job, decide, or --regressions.`;
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
