/** Times in status: RFC 3339, UTC, whole seconds. */
import type { Instant } from '../provider.ts';

export function timeText(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Undefined for an absent or unreadable time. */
export function readTime(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
