/**
 * What the rollout room asks of a traffic router. An adapter is pure: it says which objects it needs, reads weights out
 * of them and plans patches; the rollout room does all reading and writing.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';

/** One backend of the split. `weight` is a share of `WeightPlan.total`, a non-negative integer. */
export interface Destination {
  readonly service: string;
  readonly role: 'stable' | 'canary';
  readonly weight: number;
}

/** Weights of all destinations; they sum to `total`. */
export interface WeightPlan {
  readonly total: number;
  readonly destinations: readonly Destination[];
}

/**
 * `confirmed` is about the whole `written` plan: 'no' until every parent of every route accepted its current generation.
 * Where routes or rules disagree, `written` is the plan with the highest canary share and `lowest` the one with the least.
 */
export interface RouteState {
  readonly written: WeightPlan | undefined;
  readonly lowest?: WeightPlan;
  readonly confirmed: 'yes' | 'no' | 'unknown';
  readonly why?: string;
}

/** A merge patch of one object; the writer adds uid and resourceVersion of `object` as the precondition. */
export interface RoutePatch {
  readonly object: KubeObject;
  readonly patch: JsonObject;
}

/** The router can't do what is wanted; `message` is one sentence naming object, field, found, allowed, remedy. */
export interface Refusal {
  readonly kind: 'refused';
  readonly field: string;
  readonly message: string;
}

/** Live fields that a sync must keep: `pointers` are JSON pointers into the object. */
export interface Claim {
  readonly object: ObjectKey;
  readonly pointers: readonly string[];
}

/** Finds an object among those that `needs` named; undefined when it does not exist. */
export type Found = (key: ObjectKey) => (KubeObject & JsonObject) | undefined;

/** 'lower': rules whose canary share is below the wanted one already stay as they are. */
export type PlanScope = 'all' | 'lower';

export interface TrafficRouter {
  readonly name: string;
  readonly can: ReadonlySet<'weight' | 'header' | 'mirror' | 'extra' | 'confirm'>;
  needs(rollout: Rollout): readonly ObjectKey[];
  read(rollout: Rollout, found: Found): RouteState;
  /** An empty list means that there is nothing to write. */
  plan(rollout: Rollout, wanted: WeightPlan, found: Found, scope?: PlanScope): readonly RoutePatch[] | Refusal;
  claims(rollout: Rollout, found: Found): readonly Claim[];
}
