/** The committed list of write identities per scenario, those of runs with faults included: a write that is not on it was never swept. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CountedWrite } from './occurrences.ts';
import type { ScenarioName } from './plan.ts';

const folder = join(import.meta.dirname, 'identities');
const fileOf = (scenario: ScenarioName): string => join(folder, `${scenario}.json`);

export const howToRegenerate =
  'Run `node test/faults/in-process/keep-identities.ts --add --seeds 1-400`, look at what changed, sweep it with `npm run -s sweep`, and commit the files of test/faults/plan/identities.';

/**
 * A status goes out with whatever has changed by then, so its fields differ from run to run: it is one write whatever it carries.
 * A new leader stamps whatever is there when it takes over: one write per resource, whichever object it is.
 */
export function listed(identity: string): string {
  const [verb = '', resource = ''] = identity.split(' ');
  if (verb === 'patch' && resource.endsWith('/status')) return identity.replace(/ \[.*\]$/, '');
  return identity.endsWith(` ${stampAlone}`) ? `${verb} ${resource} * ${stampAlone}` : identity;
}

const stampAlone = '[metadata.annotations."tidegate.io/term"]';

/** As they are listed: sorted, each once. */
export function identitiesOf(writes: readonly Pick<CountedWrite, 'identity'>[]): readonly string[] {
  return [...new Set(writes.map(({ identity }) => listed(identity)))].sort((a, b) => (a < b ? -1 : 1));
}

export function keptIdentities(scenario: ScenarioName): readonly string[] {
  const path = fileOf(scenario);
  return existsSync(path) ? z.array(z.string()).parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
}

export function keepIdentities(scenario: ScenarioName, identities: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(scenario), `${JSON.stringify(identities, null, 2)}\n`);
}

/** Writes, as they are listed, that the list lacks, one sentence each. The list holds those of many seeds and plans. */
export function uncovered(scenario: ScenarioName, made: readonly string[]): readonly string[] {
  const kept = new Set(keptIdentities(scenario));
  return made.filter((one) => !kept.has(one)).map((one) => `${scenario}: a new write without coverage: ${one}`);
}
