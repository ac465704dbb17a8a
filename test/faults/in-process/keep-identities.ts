/**
 * Makes the list of write identities of every scenario: `node test/faults/in-process/keep-identities.ts --seeds 1-400` plays
 * each scenario undisturbed and the plans by chance of these seeds; `--add` keeps what is on the lists.
 */

import { parseArgs } from 'node:util';
import { keepIdentities, keptIdentities } from '../plan/identities.ts';
import { type Plan, scenarioNames, type ScenarioName } from '../plan/plan.ts';
import { runMany, seedsFrom } from './run-many.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1-400' }, add: { type: 'boolean', default: false } },
});
const undisturbed: readonly Plan[] = scenarioNames.flatMap((scenario) =>
  seedsFrom(1, 8).map((seed) => ({ scenario, seed, faults: [] })),
);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const seen = new Map<ScenarioName, Set<string>>(
  scenarioNames.map((scenario) => [scenario, new Set(values.add ? keptIdentities(scenario) : [])]),
);
const add = (scenario: ScenarioName, identities: readonly string[]): void => {
  for (const one of identities) seen.get(scenario)?.add(one);
};

const [from = 1, to = from] = values.seeds.split('-').map(Number);
await runMany({
  jobs: [...(values.add ? [] : undisturbed), ...seedsFrom(from, to - from + 1)],
  folder: '.test-output/keep-identities',
  // A write that the list lacks is what this run is there for.
  say: (line) => void (line.includes('a new write') || say(line)),
  onReport: ({ plan, identities }) => add(plan.scenario, identities),
});
for (const [scenario, identities] of seen) {
  const before = new Set(keptIdentities(scenario));
  keepIdentities(
    scenario,
    [...identities].sort((a, b) => (a < b ? -1 : 1)),
  );
  say(`${scenario}: ${identities.size} write identities`);
  for (const one of identities) if (!before.has(one)) say(`  ${one}`);
}
