/** One query on two servers: what must be identical, and what may differ. */

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { endMs } from './samples.ts';

export interface PromqlServer {
  ask(
    path: string,
    form: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** A query at one moment, or over a range. Times are seconds before the end of the samples. */
export interface PromqlCase {
  readonly query: string;
  readonly before?: number;
  /** [first moment, last moment, step], in seconds. */
  readonly range?: readonly [before: number, until: number, step: number];
  /** The order of the result counts: for sort and topk. */
  readonly ordered?: true;
}

/** What is compared: status, type of error or data. Words of errors are each server's own, save where execution failed. */
export type Seen = Readonly<Record<string, unknown>>;

const Answer = z.object({
  status: z.string(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  data: z.object({ resultType: z.string(), result: z.array(z.unknown()) }).optional(),
});

export async function askCase(server: PromqlServer, one: PromqlCase): Promise<Seen> {
  const at = (before: number): string => String(endMs / 1000 - before);
  const { query, range } = one;
  const { status, body } =
    range === undefined
      ? await server.ask('/api/v1/query', { query, time: at(one.before ?? 0) })
      : await server.ask('/api/v1/query_range', {
          query,
          start: at(range[0]),
          end: at(range[1]),
          step: String(range[2]),
        });
  const answer = Answer.parse(body);
  if (answer.data === undefined) {
    const words = answer.errorType === 'execution' ? { error: answer.error } : {};
    return { status, errorType: answer.errorType, ...words };
  }
  const { resultType, result } = answer.data;
  const isList = resultType === 'vector' || resultType === 'matrix';
  const sorted = isList && one.ordered === undefined ? result.toSorted(byMetric) : result;
  return { status, resultType, result: sorted };
}

/** Prometheus gives vectors in no promised order. */
function byMetric(a: unknown, b: unknown): number {
  const [first, second] = [a, b].map((one) => {
    const { metric } = z.object({ metric: z.record(z.string(), z.string()) }).parse(one);
    return JSON.stringify(Object.entries(metric).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  });
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

export function identical(a: Seen, b: Seen): boolean {
  return isDeepStrictEqual(a, b);
}
