/** Compares two statuses of a run and gives the merge patch between them. Pure. */
import type { AnalysisRunStatus } from '../../crds/schema/analysis-run.ts';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { WaitingStatus } from '../../crds/schema/rollout-decisions.ts';
import type { Instant } from '../../kube/api.ts';
import type { Waiting } from '../decision.ts';

export function statusWaiting(waiting: Waiting): WaitingStatus {
  const { reason, on, value, limit, until, moves } = waiting;
  return {
    reason,
    on,
    moves,
    ...(value === undefined ? {} : { value }),
    ...(limit === undefined ? {} : { limit }),
    ...(until === undefined ? {} : { until: deadlineText(until) }),
  };
}

/** Rounded up, so that nothing is said to be due before it is. */
function deadlineText(at: Instant): string {
  return new Date(Math.ceil(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

export function isSameStatus(before: AnalysisRunStatus | undefined, after: AnalysisRunStatus): boolean {
  return before !== undefined && statusPatch(before, after) === undefined;
}

/** Merge patch from one status to the next: null removes a field, lists are replaced whole. Undefined when nothing differs. */
export function statusPatch(before: AnalysisRunStatus | undefined, after: AnalysisRunStatus): JsonObject | undefined {
  const patch = difference(asJson(before ?? {}), asJson(after));
  return isJsonObject(patch) ? patch : undefined;
}

/** As JSON would store it: no undefined members. */
function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function difference(before: Json | undefined, after: Json | undefined): Json | undefined {
  if (!isJsonObject(before) || !isJsonObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) || isEqual(before, after) ? undefined : (after ?? null);
  }
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const part = difference(before[key], after[key]);
    return part === undefined ? [] : [[key, part] as const];
  });
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** Deep equality that does not mind the order of members, which the API server may change. */
function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item: Json, index) => isEqual(item, right[index] as Json));
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    const keys = Object.keys(left);
    return keys.length === Object.keys(right).length && keys.every((key) => isEqual(left[key], right[key]));
  }
  return left === right;
}
