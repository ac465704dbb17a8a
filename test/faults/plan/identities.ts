/** The committed list of write identities per scenario: a write that is not on it was never swept. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CountedWrite } from './occurrences.ts';
import type { ScenarioName } from './plan.ts';

const folder = join(import.meta.dirname, 'identities');
const fileOf = (scenario: ScenarioName): string => join(folder, `${scenario}.json`);

export const howToRegenerate =
  'Run `node test/faults/in-process/keep-identities.ts`, look at what changed, sweep it with `npm run -s sweep`, and commit the files of test/faults/plan/identities.';

/** Sorted, each once. */
export function identitiesOf(writes: readonly CountedWrite[]): readonly string[] {
  return [...new Set(writes.map(({ identity }) => identity))].sort((a, b) => (a < b ? -1 : 1));
}

export function keptIdentities(scenario: ScenarioName): readonly string[] {
  const path = fileOf(scenario);
  return existsSync(path) ? z.array(z.string()).parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
}

export function keepIdentities(scenario: ScenarioName, identities: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(scenario), `${JSON.stringify(identities, null, 2)}\n`);
}

/** Writes that the list lacks, one sentence each. The list holds those of many seeds, so a few runs make not all of them. */
export function uncovered(scenario: ScenarioName, made: readonly string[]): readonly string[] {
  const kept = new Set(keptIdentities(scenario));
  return made.filter((one) => !kept.has(one)).map((one) => `${scenario}: a new write without coverage: ${one}`);
}
