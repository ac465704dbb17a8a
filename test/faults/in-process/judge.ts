/** What is wrong with a disturbed run, compared with the undisturbed one: one sentence each, none when all is well. */

import { identitiesOf, uncovered } from '../plan/identities.ts';
import type { ScenarioName } from '../plan/plan.ts';
import { differences } from './end-state.ts';
import type { Reference } from './references.ts';
import type { RunResult } from './run-plan.ts';

const saidAtMost = 12;

export function faultsFound(scenario: ScenarioName, result: RunResult, reference: Reference): readonly string[] {
  const found = [...result.violations];
  if (result.ended !== 'quiet') found.push(`the run is ${result.ended}: ${result.why ?? ''}`);
  if (result.endedByThemselves > 0) found.push(`${result.endedByThemselves} controller processes ended by themselves`);
  for (const [commit, count] of Object.entries(result.reverts)) {
    if (count > 1) found.push(`commit ${commit.slice(0, 7)} was reverted ${count} times`);
  }
  const all = Object.keys(result.reverts).length;
  if (all !== reference.reverts)
    found.push(`${all} commits were reverted, and ${reference.reverts} in the undisturbed run`);
  found.push(...uncovered(scenario, identitiesOf(result.writes)));
  const other = differences(reference.expected, result.endState, scenario);
  found.push(...other.slice(0, saidAtMost));
  if (other.length > saidAtMost) found.push(`and ${other.length - saidAtMost} more fields differ`);
  return found;
}
