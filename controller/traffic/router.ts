/**
 * What the rollout room asks of a traffic router. An adapter is pure: it says which objects it needs, reads weights out
 * of them and plans patches; the rollout room does all reading and writing.
 */

import type { SetHeaderRoute, SetMirrorRoute } from '../../crds/schema/canary-steps.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';

/** One backend of the split. `weight` is a share of `WeightPlan.total`, a non-negative integer. */
export interface Destination {
  readonly service: string;
  /** 'extra': a template of an Experiment. */
  readonly role: 'stable' | 'canary' | 'extra';
  readonly weight: number;
  /** Revision behind the Service, for routers that tell revisions apart by labels. */
  readonly podHash?: string;
}

/** A route that steps made: header routes send every match to the canary, mirror routes copy matches to it. */
export type ManagedRoute =
  | { readonly kind: 'header'; readonly name: string; readonly match: NonNullable<SetHeaderRoute['match']> }
  | {
      readonly kind: 'mirror';
      readonly name: string;
      readonly match: NonNullable<SetMirrorRoute['match']>;
      /** Percent of the matches that is copied, 0 to 100. */
      readonly percentage: number;
    };

/** Weights of all destinations; they sum to `total`. */
export interface WeightPlan {
  readonly total: number;
  readonly destinations: readonly Destination[];
  /** Managed routes that shall exist, first wins; any other route named in `managedRoutes` is removed. Undefined leaves all as they are. */
  readonly managed?: readonly ManagedRoute[];
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

/**
 * One write of the router's objects. Patches are merge patches; the writer adds uid and resourceVersion of `object` as the
 * precondition of patches and deletions. A created object is named, has its namespace, and an owner where it shall go with it.
 */
export type RouteWrite =
  | { readonly kind: 'patch'; readonly object: KubeObject; readonly patch: JsonObject }
  | { readonly kind: 'create'; readonly object: KubeObject & JsonObject }
  | { readonly kind: 'delete'; readonly object: KubeObject };

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

export type Side = 'stable' | 'canary';

/** A side that has no Service of its own: an object of the router says which revision stands there. */
export interface RouterSide {
  readonly object: KubeObject & JsonObject;
  /** For sentences. */
  readonly text: string;
  /** Undefined while it names no revision: then pods of all revisions stand there. */
  readonly podHash: string | undefined;
}

export interface TrafficRouter {
  readonly name: string;
  readonly can: ReadonlySet<'weight' | 'header' | 'mirror' | 'extra' | 'confirm'>;
  /**
   * Every object that it reads or writes, those that may not exist too. Empty: this Rollout does not use the router. With
   * `found` also objects that only those name which were found.
   */
  needs(rollout: Rollout, found?: Found): readonly ObjectKey[];
  read(rollout: Rollout, found: Found): RouteState;
  /** An empty list means that there is nothing to write. */
  plan(rollout: Rollout, wanted: WeightPlan, found: Found, scope?: PlanScope): readonly RouteWrite[] | Refusal;
  claims(rollout: Rollout, found: Found): readonly Claim[];
  /** A side for which the Rollout names no Service; undefined where it has one, and in routers that always need one. */
  side?(rollout: Rollout, side: Side, found: Found): RouterSide | undefined;
  /** The write that gives such a side to a revision; plans of weights never do. */
  select?(rollout: Rollout, side: Side, podHash: string, found: Found): RouteWrite | undefined;
}
