/** The scopes of a canary analysis as Kayenta takes them: what to compare, and from when to when. */
import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProvider } from '../../crds/schema/providers.ts';
import type { Instant, MeasureContext, Missing } from '../provider.ts';

type Scope = NonNullable<NonNullable<MetricProvider['kayenta']>['scopes']>[number];
type Half = NonNullable<Scope['controlScope']>;

export interface KayentaScope {
  readonly controlScope: Required<Half>;
  readonly experimentScope: Required<Half>;
}

export type Scopes = { readonly kind: 'ok'; readonly scopes: Readonly<Record<string, KayentaScope>> } | Missing;

/** Unset ends are now. Unset starts are one interval of the metric ago, with `lookback` the start of the run. */
export function scopesOf(metric: Metric, context: Pick<MeasureContext, 'now' | 'runStartedAt'>): Scopes {
  const { scopes = [], lookback } = metric.provider.kayenta ?? {};
  const intervalMs = parseDurationMs(metric.interval ?? '');
  const since = intervalMs === undefined ? undefined : context.now - intervalMs;
  const start = lookback === true ? (context.runStartedAt ?? context.now) : since;
  const isOpen = scopes.some(({ controlScope }) => !controlScope?.start);
  if (isOpen && start === undefined)
    return { kind: 'misconfigured', why: 'interval is no duration, and a scope without start begins one interval ago' };
  const span = { start: timeText(start ?? context.now), end: timeText(context.now) };
  const filled = scopes.map(({ name = '', controlScope, experimentScope }) => [
    name,
    { controlScope: half(controlScope, span), experimentScope: half(experimentScope, span) },
  ]);
  return { kind: 'ok', scopes: Object.fromEntries(filled) as Readonly<Record<string, KayentaScope>> };
}

function half(given: Half | undefined, span: { readonly start: string; readonly end: string }): Required<Half> {
  const { scope = '', region = '', step = 0, start, end } = given ?? {};
  return { scope, region, step, start: start || span.start, end: end || span.end };
}

/** RFC 3339 in whole seconds, as Argo Rollouts writes it. */
function timeText(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
