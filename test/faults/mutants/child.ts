/**
 * A process of its own for one mutant, since modules are loaded once: `node child.ts <mutant>` or `node child.ts - <situation>` for
 * the controller as it is. Its only line is the outcome as JSON.
 */

import { writeSync } from 'node:fs';
import { mutantOf } from './all-mutants.ts';
import type { Outcome } from './play-situation.ts';
import { type SituationName, situationNames } from './situation-names.ts';
import { loadWith } from './source-hook.ts';

const [id = '', given = ''] = process.argv.slice(2);
const mutant = id === '-' ? undefined : mutantOf(id);
if (mutant !== undefined) loadWith(mutant);
const situation: SituationName | undefined = mutant?.situation ?? situationNames.find((one) => one === given);
if (situation === undefined) throw new Error(`there is no situation "${given}"`);

function tell(outcome: Outcome): never {
  writeSync(1, `${JSON.stringify(outcome)}\n`);
  process.exit(0);
}

const { playSituation } = await import('./play-situation.ts');
tell(await playSituation(situation, mutant?.breaks ?? [], tell));
