/** Times as Kubernetes writes them: RFC 3339 with whole seconds. */

import type { Instant } from '../../kube/api.ts';

/** The second that `at` lies in. */
export function timeText(at: Instant): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, -'.000Z'.length).concat('Z');
}

/** A deadline, rounded up, so that a wait is never cut short by the missing fraction. */
export function deadlineText(at: Instant): string {
  return timeText(Math.ceil(at / 1000) * 1000);
}

/** Undefined when the text is absent or no time. */
export function instantOf(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
