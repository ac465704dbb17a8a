/** What the rollout room may write, as data: one effect is one write, carries all it needs, and may be repeated. */

import type { JsonObject, Ref } from '../../kube/api.ts';
import type { Call } from './calls.ts';
import type { Fact } from '../decision.ts';
import type { ExperimentDraft } from './experiment-draft.ts';
import type { PlanScope, WeightPlan } from '../traffic/router.ts';

/** A ReplicaSet to create, with its pods already counted. */
export interface ReplicaSetDraft {
  readonly name: string;
  readonly podHash: string;
  readonly replicas: number;
  readonly object: JsonObject;
}

/** An AnalysisRun to create, bound to (rollout uid, revision hash, step, attempt) by owner, labels and annotations. */
export interface AnalysisRunDraft {
  readonly name: string;
  readonly object: JsonObject;
}

type Write =
  | { readonly kind: 'CreateReplicaSet'; readonly draft: ReplicaSetDraft }
  /** `desired` goes into the desired-replicas annotation. `live`: ask the router again first, and stop if `podHash` has more weight than was decided on. */
  | {
      readonly kind: 'Scale';
      readonly target: Ref;
      readonly podHash: string;
      readonly from: number;
      readonly to: number;
      readonly desired: number;
      readonly live: boolean;
    }
  | { readonly kind: 'SetWeight'; readonly wanted: WeightPlan; readonly scope?: PlanScope }
  | { readonly kind: 'SwitchService'; readonly target: Ref; readonly podHash: string }
  | { readonly kind: 'StartAnalysis'; readonly draft: AnalysisRunDraft }
  /** Also of an Experiment. */
  | { readonly kind: 'StopAnalysis'; readonly target: Ref }
  /** The pod templates are read off the ReplicaSets as they are now. */
  | { readonly kind: 'StartExperiment'; readonly draft: ExperimentDraft }
  | { readonly kind: 'Delete'; readonly target: Ref }
  /** A merge patch of an object that was observed. */
  | { readonly kind: 'Patch'; readonly target: Ref; readonly patch: JsonObject }
  /** Asks for the end of a pod by the eviction API, which keeps to disruption budgets; a refusal is tried again later. */
  | { readonly kind: 'Evict'; readonly target: Ref }
  /** Asks an HTTP service; the answer comes with a later observation. No write: it may be lost, and then comes again. */
  | { readonly kind: 'Call'; readonly call: Call }
  | { readonly kind: 'Annotate'; readonly target: Ref; readonly set: Readonly<Record<string, string | null>> };

/** `tells` are the facts that hold once the write succeeded. */
export type RolloutEffect = Write & { readonly tells: readonly Fact[] };
