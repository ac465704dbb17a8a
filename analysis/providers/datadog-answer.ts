/**
 * Reads the answers of Datadog's two query APIs. A null point is no value: where Argo Rollouts takes it for 0 (API v1), it is
 * nothing here. An answer without any value is null, which only a condition that asks about it (`default(result, 0) < 1`) can pass.
 */
import { z } from 'zod';
import type { Json } from '../../crds/schema/json.ts';
import type { Reading } from '../provider.ts';
import { shortened } from './http-outcome.ts';

const point = z.number().nullable();

/** `GET /api/v1/query`. */
export const AnswerV1 = z.object({
  status: z.string().optional(),
  error: z.string().optional(),
  series: z.array(z.object({ pointlist: z.array(z.tuple([z.number(), point])).nullish() })).nullish(),
});

const Column = z.discriminatedUnion('type', [
  z.object({ type: z.literal('number'), name: z.string().optional(), values: z.array(point).nullish() }),
  z.object({ type: z.literal('group'), name: z.string().optional(), values: z.array(z.array(z.string())).nullish() }),
]);

/** `POST /api/v2/query/scalar`. A column without a type is one of numbers. */
export const AnswerV2 = z.object({
  data: z
    .object({
      attributes: z
        .object({
          columns: z
            .array(z.preprocess((one) => (hasType(one) ? one : { ...Object(one), type: 'number' }), Column))
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
  errors: z.union([z.string(), z.array(z.unknown())]).nullish(),
});

function hasType(column: unknown): boolean {
  return typeof column === 'object' && column !== null && 'type' in column;
}

const nothing: Reading = { kind: 'value', value: null, text: '[]' };

function refused(what: string): Reading {
  return { kind: 'misconfigured', why: `Datadog refused the query: ${shortened(what)}` };
}

function numberReading(value: number | null | undefined): Reading {
  return value === null || value === undefined ? nothing : { kind: 'value', value, text: String(value) };
}

/** The last point of the first series, as in Argo Rollouts. */
export function readingOfV1({ status, error, series }: z.infer<typeof AnswerV1>): Reading {
  if (status === 'error' || error) return refused(error ?? 'it gives no reason');
  return numberReading(series?.[0]?.pointlist?.at(-1)?.[1]);
}

type Columns = readonly z.infer<typeof Column>[];

/** One number; with groups (`by {tag}`) the list of all groups' numbers, in Datadog's order. */
export function readingOfV2({ data, errors }: z.infer<typeof AnswerV2>): Reading {
  if (errors !== undefined && errors !== null && errors.length > 0)
    return refused(typeof errors === 'string' ? errors : JSON.stringify(errors));
  const columns: Columns = data?.attributes?.columns ?? [];
  const numbers = columns.find((one) => one.type === 'number')?.values ?? [];
  const groups = columns.flatMap((one) => (one.type === 'group' ? [one.values ?? []] : []));
  if (groups.length === 0) return numberReading(numbers[0] as number | null | undefined);
  const values = numbers as readonly (number | null)[];
  const named = values.map((value, row) => ({
    name: groups.map((group) => group[row]?.join(',') ?? '').join(','),
    value,
  }));
  return { kind: 'value', value: values as Json, text: JSON.stringify(values), metadata: groupsMetadata(named) };
}

interface Group {
  readonly name: string;
  readonly value: number | null;
}

const mostGroups = 100;
const mostText = 4_096;

/** Which group a number is of, for people; the highest ones where they are too many for a status. */
function groupsMetadata(groups: readonly Group[]): Readonly<Record<string, string>> {
  const few = groups.length <= mostGroups ? groups : groups.toSorted(byValue).slice(0, mostGroups);
  const kept: Group[] = [];
  for (const group of few) {
    if (JSON.stringify([...kept, group]).length > mostText) break;
    kept.push(group);
  }
  const metadata = { groups: JSON.stringify(kept) };
  return kept.length === groups.length ? metadata : { ...metadata, groups_truncated: 'true' };
}

function byValue(a: Group, b: Group): number {
  return (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY);
}
