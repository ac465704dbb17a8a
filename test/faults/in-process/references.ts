/** The undisturbed runs of each scenario, made once per process: what the end must be, and where faults can strike. */

import type { CountedWrite } from '../plan/occurrences.ts';
import type { ScenarioName } from '../plan/plan.ts';
import { type Expected, expectedOf } from './end-state.ts';
import { type RunResult, runPlan } from './run-plan.ts';
import type { GitCall } from './trouble.ts';

export interface Reference {
  readonly expected: Expected;
  readonly writes: readonly CountedWrite[];
  readonly calls: Readonly<Partial<Record<GitCall, number>>>;
  readonly readings: number;
  /** Reverts of all bad commits together. */
  readonly reverts: number;
  readonly runs: readonly [RunResult, RunResult];
}

const made = new Map<ScenarioName, Promise<Reference>>();

/** Rejects when an undisturbed run does not end well: then no disturbed one says anything. */
export function referenceOf(scenario: ScenarioName): Promise<Reference> {
  const known = made.get(scenario) ?? makeReference(scenario);
  made.set(scenario, known);
  return known;
}

async function makeReference(scenario: ScenarioName): Promise<Reference> {
  const first = await undisturbed(scenario, 1);
  const second = await undisturbed(scenario, 2);
  return {
    expected: expectedOf(first.endState, second.endState),
    writes: first.writes,
    calls: first.calls,
    readings: first.readings,
    reverts: sum(first.reverts),
    runs: [first, second],
  };
}

async function undisturbed(scenario: ScenarioName, seed: number): Promise<RunResult> {
  const result = await runPlan({ scenario, seed, faults: [] });
  if (result.ended !== 'quiet' || result.violations.length > 0)
    throw new Error(`the undisturbed ${scenario} is ${result.ended}: ${result.why ?? result.violations.join('; ')}`);
  return result;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}
