/** Writes the list of write identities of every scenario anew: `node test/faults/in-process/keep-identities.ts`. */

import { identitiesOf, keepIdentities } from '../plan/identities.ts';
import { scenarioNames } from '../plan/plan.ts';
import { seedsFrom } from './run-many.ts';
import { runPlan } from './run-plan.ts';

/** Which fields one status write carries depends on how long requests take: enough seeds to have seen all combinations. */
const seeds = seedsFrom(1, 8);

for (const scenario of scenarioNames) {
  const writes = [];
  for (const seed of seeds) writes.push(...(await runPlan({ scenario, seed, faults: [] })).writes);
  const identities = identitiesOf(writes);
  keepIdentities(scenario, identities);
  process.stdout.write(`${scenario}: ${identities.length} write identities in ${writes.length} writes\n`);
}
