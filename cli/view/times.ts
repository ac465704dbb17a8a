/** Times as people read them. Pure: the caller says what time it is. */

import type { Instant } from '../../kube/api.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The two largest units of a span, as kubectl writes ages: 45s, 2m10s, 3h, 12d. */
export function spanText(ms: number): string {
  const span = Math.max(0, Math.round(ms / 1000) * 1000);
  if (span < 2 * minuteMs) return `${span / 1000}s`;
  if (span < 10 * minuteMs) return joined(span, minuteMs, 'm', 1000, 's');
  if (span < 3 * hourMs) return `${Math.floor(span / minuteMs)}m`;
  if (span < 10 * hourMs) return joined(span, hourMs, 'h', minuteMs, 'm');
  if (span < 2 * dayMs) return `${Math.floor(span / hourMs)}h`;
  if (span < 10 * dayMs) return joined(span, dayMs, 'd', hourMs, 'h');
  return `${Math.floor(span / dayMs)}d`;
}

function joined(span: number, unitMs: number, unit: string, restMs: number, rest: string): string {
  const whole = Math.floor(span / unitMs);
  const left = Math.floor((span - whole * unitMs) / restMs);
  return left === 0 ? `${whole}${unit}` : `${whole}${unit}${left}${rest}`;
}

/** Age of a timestamp, '' when there is none. */
export function ageOf(timestamp: string | undefined, now: Instant): string {
  const at = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(at) ? '' : spanText(now - at);
}

/** "14:32:05 UTC (in 2m10s)" or "(12s ago)". */
export function momentText(timestamp: string, now: Instant): string {
  const at = Date.parse(timestamp);
  if (Number.isNaN(at)) return timestamp;
  const clock = new Date(at).toISOString();
  const shown =
    Math.abs(at - now) < 12 * hourMs ? `${clock.slice(11, 19)} UTC` : `${clock.slice(0, 16).replace('T', ' ')} UTC`;
  return at >= now ? `${shown} (in ${spanText(at - now)})` : `${shown} (${spanText(now - at)} ago)`;
}
