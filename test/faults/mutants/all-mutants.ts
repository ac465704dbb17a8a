/** All deliberate defects. */

import { decisionMutants } from './decision-mutants.ts';
import { gitMutants } from './git-mutants.ts';
import type { Mutant } from './mutant.ts';
import { trafficMutants } from './traffic-mutants.ts';

export const mutants: readonly Mutant[] = [...trafficMutants, ...decisionMutants, ...gitMutants];

export function mutantOf(id: string): Mutant {
  const found = mutants.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no mutant "${id}"`);
  return found;
}
