/** Setting conditions: the transition time moves only when the status does, and an equal condition gives an equal list. Pure. */

import type { Condition } from '../../crds/schema/conditions.ts';
import type { Instant } from '../../kube/api.ts';
import type { Reason } from '../reasons.ts';

export interface ConditionDraft<T extends string = string> {
  readonly type: T;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timeText(at: Instant): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Epoch milliseconds of an RFC 3339 text; undefined when it can't be read. */
export function instantOf(text: string | undefined): Instant | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** The list with the draft in it, in its old place where it has one. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  draft: ConditionDraft,
  now: Instant,
): Condition[] {
  const list = conditions ?? [];
  const old = list.find((one) => one.type === draft.type);
  const lastTransitionTime = old && old.status === draft.status ? old.lastTransitionTime : timeText(now);
  const next: Condition = { ...draft, lastTransitionTime };
  return old ? list.map((one) => (one === old ? next : one)) : [...list, next];
}

export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((one) => one.type !== type);
}

export function conditionStatus(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition['status'] | undefined {
  return conditions?.find((one) => one.type === type)?.status;
}
