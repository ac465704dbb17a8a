/** Plays a plan, or that of a seed, and judges it against the undisturbed runs of its scenario. */

import { identitiesOf } from '../plan/identities.ts';
import type { Plan } from '../plan/plan.ts';
import { faultsFound } from './judge.ts';
import { randomPlan, scenarioOf } from './random-plan.ts';
import { referenceOf } from './references.ts';
import type { Job, RunReport } from './run-many.ts';
import { type RunOptions, runPlan, type RunResult } from './run-plan.ts';

export async function planOf(job: Job): Promise<Plan> {
  return typeof job === 'number' ? randomPlan(job, await referenceOf(scenarioOf(job))) : job;
}

export async function reportOf(plan: Plan): Promise<RunReport> {
  const { result, found } = await judgedPlan(plan);
  return {
    plan,
    found,
    writes: result.writes.length,
    identities: identitiesOf(result.writes),
    struck: result.struck.length,
    starts: result.starts,
    reverts: Math.max(0, ...Object.values(result.reverts)),
    virtualMs: result.virtualMs,
    wallMs: result.wallMs,
  };
}

export async function judgedPlan(
  plan: Plan,
  options: RunOptions = {},
): Promise<{ readonly result: RunResult; readonly found: readonly string[] }> {
  const reference = await referenceOf(plan.scenario);
  const result = await runPlan(plan, { ...options, undisturbedMs: reference.runs[0].storyMs });
  return { result, found: faultsFound(plan.scenario, result, reference) };
}
