/** The texts of the AWS Load Balancer controller's annotations, letter for letter as Argo writes them, and their reading. */

import { z } from 'zod';
import type { SetHeaderRoute } from '../../crds/schema/canary-steps.ts';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

/** One backend of a forward action. `port` is the number of the Service's port. */
export interface TargetGroup {
  readonly service: string;
  readonly port: number;
  readonly weight: number;
}

/** Stickiness of the target groups; AWS takes 1 to 604800 seconds. */
export interface Stickiness {
  readonly durationSeconds: number;
}

/** JSON of a forward action, with the keys in the order in which Go writes Argo's types. */
export function forwardAction(groups: readonly TargetGroup[], stickiness: Stickiness | undefined): string {
  const TargetGroups = groups.map(({ service, port, weight }) => ({
    ServiceName: service,
    ServicePort: String(port),
    Weight: weight,
  }));
  const sticky = stickiness && { Enabled: true, DurationSeconds: stickiness.durationSeconds };
  const ForwardConfig = { TargetGroups, ...(sticky ? { TargetGroupStickinessConfig: sticky } : {}) };
  return JSON.stringify({ Type: 'forward', ForwardConfig });
}

/** JSON of the conditions of a header route: all headers must match. */
export function headerConditions(match: NonNullable<SetHeaderRoute['match']>): string {
  const conditions = match.map(({ headerName, headerValue }) => ({
    field: 'http-header',
    httpHeaderConfig: { httpHeaderName: headerName, values: [headerValue?.exact ?? ''] },
  }));
  return JSON.stringify(conditions);
}

const Action = z.object({
  forwardConfig: z.object({
    targetGroups: z
      .array(
        z.object({
          serviceName: z.string(),
          servicePort: z.union([z.string(), z.int()]).default('').catch(''),
          weight: z.int().min(0).default(1),
        }),
      )
      .min(1),
  }),
});

/** Backends of a forward action; undefined when the text is none. Keys may begin with either case. */
export function groupsIn(text: string): readonly (Omit<TargetGroup, 'port'> & { readonly port: string })[] | undefined {
  const parsed = Action.safeParse(withSmallKeys(jsonOf(text)));
  if (!parsed.success) return undefined;
  return parsed.data.forwardConfig.targetGroups.map(({ serviceName, servicePort, weight }) => ({
    service: serviceName,
    port: String(servicePort),
    weight,
  }));
}

/** Weights by Service name of a forward action; undefined when the text is none. */
export function weightsOf(text: string): ReadonlyMap<string, number> | undefined {
  const groups = groupsIn(text);
  if (groups === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const { service, weight } of groups) weights.set(service, (weights.get(service) ?? 0) + weight);
  return weights;
}

const Managed = z.record(z.string(), z.array(z.string()));

/**
 * The bookkeeping annotation (annotation keys by Rollout) with this Rollout's keys set to those of `keys` and without those
 * of `removed`; other Rollouts' entries stay. A text that can't be read is begun anew: everybody writes their own part again.
 */
export function managedAnnotations(
  text: string | undefined,
  rollout: string,
  keys: readonly string[],
  removed: readonly string[],
): string {
  const parsed = Managed.safeParse(jsonOf(text ?? '{}'));
  const all = parsed.success ? parsed.data : {};
  const kept = (all[rollout] ?? []).filter((key) => !removed.includes(key));
  const own = [...kept, ...keys.filter((key) => !kept.includes(key))];
  const entries = Object.entries({ ...all, [rollout]: own }).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Whoever wrote it meant something else; the caller says what that means.
    return undefined;
  }
}

function withSmallKeys(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => withSmallKeys(item) ?? null);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    `${key.slice(0, 1).toLowerCase()}${key.slice(1)}`,
    withSmallKeys(inner),
  ]);
  return Object.fromEntries(entries) as JsonObject;
}
