/** Writes the list of write identities of every scenario anew: `node test/faults/in-process/keep-identities.ts`. */

import { identitiesOf, keepIdentities } from '../plan/identities.ts';
import { scenarioNames } from '../plan/plan.ts';
import { referenceOf } from './references.ts';

for (const scenario of scenarioNames) {
  const { runs } = await referenceOf(scenario);
  const identities = identitiesOf(runs.flatMap(({ writes }) => writes));
  keepIdentities(scenario, identities);
  process.stdout.write(`${scenario}: ${identities.length} write identities, ${runs[0].writes.length} writes\n`);
}
