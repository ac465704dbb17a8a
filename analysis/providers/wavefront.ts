/**
 * The metrics backend Wavefront. Each series gives the value of its point nearest to now; one series is a number, several are a
 * list. A series without points is null where Argo Rollouts takes 0 for it. No series is no evidence.
 */
import { z } from 'zod';
import type { Metric } from '../../crds/schema/metric.ts';
import type { Instant, MeasureContext, MetricProvider, Reading } from '../provider.ts';
import { askJson, endpoint } from './ask.ts';
import { faultOf, lintProvider } from './faults.ts';
import { shortened } from './http-outcome.ts';
import { jsonText } from './json-value.ts';
import { openSecret } from './named-secret.ts';

const timeoutMs = 30_000;
const secretName = 'wavefront-api-tokens';

const sample = z.union([z.number(), z.literal('NaN').transform(() => Number.NaN), z.null()]);
const Answer = z.object({
  timeseries: z.array(z.object({ data: z.array(z.tuple([z.number(), sample])).nullish() })).nullish(),
  warnings: z.union([z.string(), z.array(z.string()).transform((all) => all.join('; '))]).nullish(),
  errorType: z.string().nullish(),
  errorMessage: z.string().nullish(),
});
type Answer = z.infer<typeof Answer>;

export function wavefrontProvider(): MetricProvider {
  return { name: 'wavefront', lint: lintProvider, measure };
}

/** The Secret of Argo Rollouts has a token for each address. */
async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const { address = '', query = '' } = metric.provider.wavefront ?? {};
  const url = endpoint(/^https?:\/\//.test(address) ? address : `https://${address}`, '/api/v2/chart/api');
  if (url === undefined) return { kind: 'misconfigured', why: 'provider.wavefront.address is no host name' };
  const key = address
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
    .replace(':', '_');
  const secret = await openSecret({ name: secretName, place: 'shared', needs: [key] }, context);
  if (secret.kind !== 'ok') return secret;
  url.search = searchOf(query, context.now);
  const asked = await askJson(
    {
      backend: 'Wavefront',
      credentialsIn: `${key} in ${secret.title}`,
      url: url.href,
      method: 'GET',
      headers: { accept: 'application/json' },
      credentials: { kind: 'bearer', token: secret.value(key) },
      timeoutMs,
    },
    Answer,
    context,
  );
  return asked.kind === 'ok' ? readingOf(asked.answer, context.now) : asked;
}

/** One moment, and the last point before it also of series that have none there. */
function searchOf(query: string, now: Instant): string {
  const at = String(Math.floor(now / 1000) * 1000);
  return new URLSearchParams({ q: query, s: at, e: at, g: 's', p: '1', i: 'true' }).toString();
}

function readingOf({ timeseries, warnings, errorType, errorMessage }: Answer, now: Instant): Reading {
  if (errorType || errorMessage)
    return { kind: 'misconfigured', why: `Wavefront refused the query: ${shortened(errorMessage || errorType || '')}` };
  const points = (timeseries ?? []).map(({ data }) => nearest(data ?? [], now));
  const [first] = points;
  if (first === undefined) return { kind: 'no-evidence', why: 'Wavefront has no series for the query' };
  const values = points.map(({ value }) => value);
  const value = values.length === 1 ? first.value : values;
  const metadata = { timestamps: listed(points.map(({ at }) => at)), drift: listed(points.map(({ drift }) => drift)) };
  return {
    kind: 'value',
    value,
    text: jsonText(value),
    metadata,
    ...(warnings ? { warnings: [shortened(warnings)] } : {}),
  };
}

interface Point {
  readonly value: number | null;
  /** Epoch seconds; `drift` is how far from now, negative in the past. */
  readonly at: number | null;
  readonly drift: number | null;
}

function nearest(data: readonly (readonly [number, number | null])[], now: Instant): Point {
  const seconds = Math.floor(now / 1000);
  const [best] = data.toSorted(([a], [b]) => Math.abs(a - seconds) - Math.abs(b - seconds));
  if (best === undefined) return { value: null, at: null, drift: null };
  return { value: best[1], at: best[0], drift: best[0] - seconds };
}

/** One plainly, several as a list, as Argo Rollouts writes them. */
function listed(items: readonly (number | null)[]): string {
  return items.length === 1 ? String(items[0]) : `[${items.map(String).join(',')}]`;
}
