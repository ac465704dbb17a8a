/** The difference of two statuses as a merge patch, and whether it is worth a write of its own yet. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Instant, Json, JsonObject } from '../../kube/api.ts';
import { condition } from './progress.ts';
import { instantOf } from './time-text.ts';

/** How long counts and waits may lag behind the last progress; decisions are written at once. */
export const quietMs = 1_500;

/** Merge patch from `before` to `after`: null removes, lists are replaced whole. Undefined when nothing differs. */
export function mergePatch(before: Json | undefined, after: Json | undefined): Json | undefined {
  if (before === after) return undefined;
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    const patch: Record<string, Json> = {};
    for (const name of names) {
      const part = mergePatch(before[name], after[name]);
      if (part !== undefined) patch[name] = part;
    }
    return Object.keys(patch).length === 0 ? undefined : patch;
  }
  if (isSame(before, after)) return undefined;
  return after ?? null;
}

export function statusPatch(before: RolloutStatus, after: RolloutStatus): JsonObject | undefined {
  return mergePatch(clean(before), clean(after)) as JsonObject | undefined;
}

/** Without undefined fields and empty objects, as JSON would store it. */
function clean(status: RolloutStatus): JsonObject {
  const json = withoutUndefined(status as JsonObject) as JsonObject;
  if (!isObject(json.canary) || Object.keys(json.canary).length > 0) return json;
  const { canary: _empty, ...rest } = json;
  return rest;
}

/** The value itself where nothing in it is undefined: it is asked for many times in every pass. */
function withoutUndefined(value: Json): Json {
  if (Array.isArray(value)) {
    const list = value.map(withoutUndefined);
    return list.every((one, index) => one === value[index]) ? value : list;
  }
  if (!isObject(value)) return value;
  let isSameStill = true;
  const kept: Record<string, Json> = {};
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined) {
      isSameStill = false;
      continue;
    }
    kept[name] = withoutUndefined(part);
    isSameStill &&= kept[name] === part;
  }
  return isSameStill ? value : kept;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (typeof one !== 'object' && typeof other !== 'object') return (one ?? null) === (other ?? null);
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** Fields that only mirror the world; a later write brings them along. */
const mirrored: ReadonlySet<string> = new Set([
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'HPAReplicas',
  'message',
  'waiting',
  'drainUntil',
  'conditions',
  'canary',
  'blueGreen',
]);

/**
 * True when a difference may wait because something progressed just now and more is about to come: only mirrored fields
 * differ, the phase stays, and no condition changes its status.
 */
export function mayWait(before: RolloutStatus, after: RolloutStatus, now: Instant): Instant | undefined {
  const patch = statusPatch(before, after);
  const since = instantOf(condition(before, 'Progressing')?.lastUpdateTime);
  if (patch === undefined || since === undefined || now - since >= quietMs) return undefined;
  if (Object.keys(patch).some((field) => !mirrored.has(field))) return undefined;
  const turned = (after.conditions ?? []).some((one) => condition(before, one.type)?.status !== one.status);
  const settledWeight =
    before.canary?.currentStepAnalysisRunStatus?.status !== after.canary?.currentStepAnalysisRunStatus?.status;
  return turned || settledWeight ? undefined : since + quietMs;
}
