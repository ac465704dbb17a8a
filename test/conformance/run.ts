/** The whole comparison as a program: starts the servers, runs the cases, prints counts and differences, writes a report. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clusterMissing } from '../bed/cluster.ts';
import { groups } from './cases/all.ts';
import type { Case, Group } from './case.ts';
import { type Answers, collect } from './collect.ts';
import { compare, type Comparison, differencesText } from './compare.ts';
import { deliberate } from './deliberate.ts';
import { type PromqlConformance, runPromqlConformance } from './promql/run.ts';
import { readRecorded, writeRecorded } from './recorded.ts';
import { startReal, startSandbox } from './servers.ts';

export interface ConformanceOptions {
  /** Write down what the real server answers, and don't compare. */
  readonly record: boolean;
  /** First letters of the ids that run; none means all. */
  readonly prefixes: readonly string[];
}

interface Result extends Comparison {
  readonly group: string;
  readonly id: string;
  readonly shows: string;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Resolves to the exit code: 0 when all answers are the same. */
export async function conformance({ record, prefixes }: ConformanceOptions): Promise<number> {
  const missing = clusterMissing();
  if (missing !== undefined) {
    process.stderr.write(
      `The real control plane cannot be started: ${missing}. Run \`node test/bed/prepare.ts\` first.\n`,
    );
    return 2;
  }
  const wanted = (each: Case): boolean =>
    prefixes.length === 0 || prefixes.some((prefix) => each.id.startsWith(prefix));
  const chosen = groups.map((group) => ({ ...group, cases: group.cases.filter(wanted) }));
  const cases = chosen.flatMap((group) => group.cases);
  if (cases.length === 0) {
    process.stderr.write(`No case has an id that starts with ${prefixes.join(' or ')}.\n`);
    return 2;
  }
  if (record) return recordAll(chosen, await collect(startReal, cases));
  const real = await collect(startReal, cases);
  const sandbox = await collect(startSandbox, cases);
  // Queries have no ids: they run with all cases.
  const queries = prefixes.length === 0 ? await runPromqlConformance() : undefined;
  return report(compareAll(chosen, real, sandbox), queries);
}

function recordAll(chosen: readonly Group[], real: Answers): number {
  for (const group of chosen) {
    if (group.cases.length === 0) continue;
    const known = new Set(groups.find(({ name }) => name === group.name)?.cases.map(({ id }) => id));
    const kept = Object.entries(readRecorded(group.name)).filter(([id]) => known.has(id) && !real.has(id));
    const fresh = group.cases.map(({ id }) => [id, real.get(id) ?? []] as const);
    writeRecorded(group.name, Object.fromEntries([...kept, ...fresh].toSorted(([a], [b]) => (a < b ? -1 : 1))));
    say(`${group.name.padEnd(16)} ${String(fresh.length).padStart(4)} recorded`);
  }
  return 0;
}

function compareAll(chosen: readonly Group[], real: Answers, sandbox: Answers): Result[] {
  return chosen.flatMap((group) =>
    group.cases.map((each) => ({
      group: group.name,
      id: each.id,
      shows: each.shows,
      ...compare(each, real.get(each.id) ?? [], sandbox.get(each.id) ?? []),
    })),
  );
}

const isDifferent = (result: Result): boolean => result.differences.length > 0;
const isDeliberate = (result: Result): boolean => !isDifferent(result) && result.deliberate.length > 0;

interface Counts {
  readonly cases: number;
  readonly identical: number;
  readonly deliberate: number;
  readonly different: number;
}

function countsOf(results: readonly Result[]): Counts {
  const different = results.filter(isDifferent).length;
  const meant = results.filter(isDeliberate).length;
  return { cases: results.length, identical: results.length - different - meant, deliberate: meant, different };
}

function report(results: readonly Result[], queries: PromqlConformance | undefined): number {
  for (const result of results.filter(isDifferent)) {
    say(`\n${result.id}: ${result.shows}`);
    say(differencesText(result.differences));
  }
  say('');
  const names = [...new Set(results.map(({ group }) => group))];
  const perGroup = names.map((name) => ({ name, ...countsOf(results.filter(({ group }) => group === name)) }));
  for (const group of perGroup) say(groupLine(group));
  const total = countsOf(results);
  const output = fileURLToPath(new URL('../../.test-output/', import.meta.url));
  mkdirSync(output, { recursive: true });
  const written = {
    ...total,
    groups: perGroup,
    deliberateDifferences: deliberate,
    results: results.filter(isDifferent),
    queries,
  };
  writeFileSync(`${output}conformance.json`, `${JSON.stringify(written, null, 2)}\n`);
  if (total.deliberate > 0) say(`${total.deliberate} cases differ on purpose, see test/conformance/deliberate.ts`);
  const otherQueries = queries === undefined ? 0 : sayQueries(queries);
  say(`conformance: ${total.cases} cases, ${total.identical} identical, ${total.different} different`);
  return total.different + otherQueries === 0 ? 0 : 1;
}

/** Gives how many are different. */
function sayQueries({ total, identical, against, differences }: PromqlConformance): number {
  for (const { query, real, ours } of differences) say(`${query}\n      real:    ${real}\n      sandbox: ${ours}`);
  const different = total - identical;
  say(`promql: ${total} queries against ${against}, ${identical} identical, ${different} different`);
  return different;
}

function groupLine(group: Counts & { readonly name: string }): string {
  const number = (count: number): string => String(count).padStart(4);
  return `${group.name.padEnd(16)} ${number(group.identical)} identical ${number(group.deliberate)} on purpose ${number(group.different)} different`;
}
