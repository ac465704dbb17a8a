/**
 * Runs by hand. `node test/faults/in-process/play.ts <plan.json>` plays a file and prints what was written and what came of it;
 * `--seeds 1-200` plays plans by chance on all cores; `--scenario main-job --seed 3` plays a scenario undisturbed;
 * `--crashes main-job` plays every single crash of a scenario. `--log` adds the controller's log.
 */

import { parseArgs } from 'node:util';
import type { Log } from '../../../kube/api.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { type Plan, readPlan, ScenarioName } from '../plan/plan.ts';
import { judgedPlan } from './judged-run.ts';
import { randomPlan, scenarioOf } from './random-plan.ts';
import { referenceOf } from './references.ts';
import { type Job, runMany, seedsFrom } from './run-many.ts';
import { type RunOptions, runPlan, type RunResult } from './run-plan.ts';
import { crashPlans } from './single-faults.ts';

const folder = '.test-output/fault-plans';
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    crashes: { type: 'string' },
    log: { type: 'boolean', default: false },
    commits: { type: 'boolean', default: false },
    workers: { type: 'string' },
  },
});

async function jobs(): Promise<readonly Job[] | undefined> {
  if (values.crashes !== undefined) {
    const scenario = ScenarioName.parse(values.crashes);
    return crashPlans(scenario, await referenceOf(scenario));
  }
  if (values.seeds === undefined) return undefined;
  const [from = 1, to = from] = values.seeds.split('-').map(Number);
  return seedsFrom(from, to - from + 1);
}

async function planOf(): Promise<Plan> {
  const [file] = positionals;
  if (file !== undefined) return readPlan(file);
  const seed = Number(values.seed ?? 1);
  if (values.scenario === undefined) return randomPlan(seed, await referenceOf(scenarioOf(seed)));
  return { scenario: ScenarioName.parse(values.scenario), seed, faults: [] };
}

function line(commit: Commit): string {
  const { at, rv, caller, verb, kind, name, subresource } = commit;
  const time = new Date(at).toISOString().slice(14, 23);
  return `${time} ${rv} ${caller.userAgent.slice(0, 26)} ${verb} ${kind} ${name} ${subresource}`;
}

function logOf(room: string): Log {
  const to =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      say(
        `    ${level} ${room}: ${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? value.stack : value)).slice(0, 600)}`,
      );
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}

function tell(result: RunResult, found: readonly string[]): void {
  const { ended, why, reverts, writes, starts, virtualMs, wallMs, logHash, commits, calls, readings } = result;
  say(
    JSON.stringify({
      ended,
      why,
      reverts,
      writes: writes.length,
      commits,
      starts,
      virtualMs,
      wallMs,
      calls,
      readings,
      logHash,
    }),
  );
  for (const one of found) say(`  ${one}`);
}

const options: RunOptions = {
  ...(values.log ? { log: logOf } : {}),
  ...(values.commits || values.log ? { onCommit: (commit) => say(line(commit)) } : {}),
};
const many = await jobs();
if (many !== undefined) {
  const workers = values.workers === undefined ? {} : { workers: Number(values.workers) };
  say(JSON.stringify(await runMany({ jobs: many, folder, say, ...workers })));
} else {
  const plan = await planOf();
  say(JSON.stringify(plan));
  if (plan.faults.length === 0) {
    const result = await runPlan(plan, options);
    tell(result, result.violations);
  } else {
    const { result, found } = await judgedPlan(plan, options);
    tell(result, found);
  }
}
