/** Reads the JSON envelope of the Prometheus HTTP API: vectors, scalars, matrices and strings, whose numbers are texts. */
import { z } from 'zod';
import type { Reading } from '../provider.ts';
import { shortened } from './http-outcome.ts';

const sample = z.tuple([z.number(), z.string()]);
const series = z.object({ value: sample.optional(), values: z.array(sample).optional() });

const Data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(series) }),
  z.object({ resultType: z.literal('matrix'), result: z.array(series) }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({ resultType: z.literal('string'), result: sample }),
]);

export const PrometheusAnswer = z.object({
  status: z.enum(['success', 'error']),
  data: Data.optional(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  /** VictoriaMetrics in cluster mode: some storage nodes did not answer. */
  isPartial: z.boolean().optional(),
});
export type PrometheusAnswer = z.infer<typeof PrometheusAnswer>;

/** Undefined when the body is no answer of this API. */
export function readAnswer(body: string): PrometheusAnswer | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = PrometheusAnswer.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** `Number("+Inf")` is NaN in JavaScript, so the special values are read by hand; undefined for what is no number. */
export function sampleValue(text: string): number | undefined {
  if (/^[+]?Inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-Inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  if (/^[+-]?NaN$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

const maxTextLength = 16_384;

/** The reading of a successful answer. Labels are dropped and lists keep the server's order, as in Argo Rollouts. */
export function answerReading(answer: PrometheusAnswer): Reading {
  const { data } = answer;
  if (data === undefined) return { kind: 'unavailable', why: 'the answer has no data' };
  const warnings = [
    ...(answer.warnings ?? []).map(shortened),
    ...(answer.isPartial === true ? ['the answer is partial'] : []),
  ];
  const doubts = warnings.length === 0 ? {} : { warnings };
  if (data.resultType === 'string')
    return { kind: 'value', value: data.result[1], text: data.result[1].slice(0, maxTextLength), ...doubts };
  const texts = data.resultType === 'scalar' ? [data.result[1]] : seriesTexts(data.result);
  if (texts === undefined) {
    return {
      kind: 'misconfigured',
      why: 'the query returns native histograms; reduce them to numbers, for example with histogram_quantile()',
    };
  }
  const values = texts.map(sampleValue);
  if (values.some((value) => value === undefined))
    return { kind: 'unavailable', why: 'the answer has a sample that is no number' };
  const numbers = values.filter((value) => value !== undefined);
  if (data.resultType === 'scalar')
    return { kind: 'value', value: numbers[0] ?? null, text: texts[0] ?? '', ...doubts };
  return { kind: 'value', value: numbers, text: `[${texts.join(',')}]`.slice(0, maxTextLength), ...doubts };
}

/** Undefined when a series has neither value nor values: native histograms. */
function seriesTexts(result: readonly z.infer<typeof series>[]): string[] | undefined {
  const texts: string[] = [];
  for (const { value, values } of result) {
    if (value === undefined && values === undefined) return undefined;
    texts.push(...[...(value === undefined ? [] : [value]), ...(values ?? [])].map(([, text]) => text));
  }
  return texts;
}
