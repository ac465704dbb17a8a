/** The start and end of a range query: `now()`, a date, and durations added or subtracted, as Argo Rollouts lets users write them. */
import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Instant } from '../provider.ts';

const anchor = /^\s*(?:now\(\s*\)|date\(\s*(?:"([^"]+)"|'([^']+)')\s*\))/;
const step = /^\s*([+-])\s*duration\(\s*(?:"([^"]+)"|'([^']+)')\s*\)/;

/** `now() - duration("1h")` to epoch milliseconds; undefined for anything else. */
export function timeOf(expression: string, now: Instant): Instant | undefined {
  const head = anchor.exec(expression);
  if (head === null) return undefined;
  const date = head[1] ?? head[2];
  let at = date === undefined ? now : Date.parse(date);
  let rest = expression.slice(head[0].length);
  while (rest.trim() !== '') {
    const match = step.exec(rest);
    const ms = match === null ? undefined : parseDurationMs(match[2] ?? match[3] ?? '');
    if (match === null || ms === undefined) return undefined;
    at += match[1] === '-' ? -ms : ms;
    rest = rest.slice(match[0].length);
  }
  return Number.isNaN(at) ? undefined : at;
}
