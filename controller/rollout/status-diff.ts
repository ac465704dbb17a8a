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
  if (isObject(before) && isObject(after)) return objectPatch(before, after);
  return isSame(before ?? null, after ?? null) ? undefined : (after ?? null);
}

function objectPatch(before: JsonObject, after: JsonObject): JsonObject | undefined {
  let patch: Record<string, Json> | undefined;
  const compare = (name: string) => {
    const part = mergePatch(before[name], after[name]);
    if (part !== undefined) (patch ??= {})[name] = part;
  };
  for (const name of Object.keys(before)) compare(name);
  for (const name of Object.keys(after)) if (!(name in before)) compare(name);
  return patch;
}

export function statusPatch(before: RolloutStatus, after: RolloutStatus): JsonObject | undefined {
  return before === after ? undefined : (mergePatch(clean(before), clean(after)) as JsonObject | undefined);
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
  if (!hasUndefined(value)) return value;
  if (Array.isArray(value)) return value.map(withoutUndefined);
  const parts = Object.entries(value as JsonObject);
  return Object.fromEntries(
    parts.flatMap(([name, part]) => (part === undefined ? [] : [[name, withoutUndefined(part)]])),
  ) as JsonObject;
}

function hasUndefined(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return Object.values(value).some(hasUndefined);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((part, index) => isSame(part, other[index]));
  if (isObject(one) && isObject(other)) return hasSameFields(one, other) && hasSameFields(other, one);
  return false;
}

function hasSameFields(one: JsonObject, other: JsonObject): boolean {
  return Object.keys(one).every((name) => isSame(one[name], other[name]));
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
export function mayWait(
  before: RolloutStatus,
  after: RolloutStatus,
  patch: JsonObject,
  now: Instant,
): Instant | undefined {
  const since = instantOf(condition(before, 'Progressing')?.lastUpdateTime);
  if (since === undefined || now - since >= quietMs) return undefined;
  if (Object.keys(patch).some((field) => !mirrored.has(field))) return undefined;
  const { conditions = [] } = after;
  const turned = conditions.some((one) => condition(before, one.type)?.status !== one.status);
  const settledWeight =
    before.canary?.currentStepAnalysisRunStatus?.status !== after.canary?.currentStepAnalysisRunStatus?.status;
  return turned || settledWeight ? undefined : since + quietMs;
}
