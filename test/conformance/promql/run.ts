/**
 * Asks the sandbox's query engine and a real Prometheus the same queries over the same samples and compares the answers to
 * the last digit. Where there is no Prometheus, its recorded answers stand in.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { prometheusMissing } from '../../bed/prometheus.ts';
import { promqlCases } from './cases.ts';
import { askCase, identical, type PromqlCase, type PromqlServer, type Seen } from './compare.ts';
import { startRealServer } from './real-server.ts';
import { givenSeries } from './samples.ts';
import { sandboxServer } from './sandbox-server.ts';

export interface PromqlDifference {
  readonly query: string;
  readonly ours: string;
  readonly real: string;
}

export interface PromqlConformance {
  readonly total: number;
  readonly identical: number;
  readonly differences: readonly PromqlDifference[];
  /** What the sandbox was compared with. */
  readonly against: 'a real Prometheus' | 'recorded answers';
}

const recordPath = join(import.meta.dirname, 'recorded.json');
const Recorded = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Prefers the real server. `record` also writes its answers down. */
export async function runPromqlConformance(options: { readonly record?: boolean } = {}): Promise<PromqlConformance> {
  const live = prometheusMissing() === undefined;
  const real = live ? await realAnswers() : recordedAnswers();
  if (live && options.record === true) writeFileSync(recordPath, recordText(real));
  const ours = await answersOf(sandboxServer(givenSeries()));
  const differences = promqlCases.map(caseName).flatMap((query) => {
    const [own, other] = [ours.get(query) ?? {}, real.get(query) ?? {}];
    return identical(own, other) ? [] : [{ query, ours: JSON.stringify(own), real: JSON.stringify(other) }];
  });
  const total = promqlCases.length;
  const against = live ? 'a real Prometheus' : 'recorded answers';
  return { total, identical: total - differences.length, differences, against };
}

/** Says the query and when it is asked. */
export function caseName({ query, before = 0, range }: PromqlCase): string {
  if (range !== undefined) return `${query}  [from -${range[0]} s to -${range[1]} s by ${range[2]} s]`;
  return before === 0 ? query : `${query}  [at -${before} s]`;
}

export function recordedAnswers(): ReadonlyMap<string, Seen> {
  return new Map(Object.entries(Recorded.parse(JSON.parse(readFileSync(recordPath, 'utf8')))));
}

export async function realAnswers(): Promise<ReadonlyMap<string, Seen>> {
  const server = await startRealServer(givenSeries());
  try {
    return await answersOf(server);
  } finally {
    await server.stop();
  }
}

async function answersOf(server: PromqlServer): Promise<ReadonlyMap<string, Seen>> {
  const answers = new Map<string, Seen>();
  for (const one of promqlCases) answers.set(caseName(one), await askCase(server, one));
  return answers;
}

/** One query a line, so that a change of one shows as one line. */
function recordText(answers: ReadonlyMap<string, Seen>): string {
  const lines = [...answers].map(([query, seen]) => `${JSON.stringify(query)}: ${JSON.stringify(seen)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
