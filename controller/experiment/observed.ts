/** What the experiment room knows when it decides about one Experiment, and what it may write, as data. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Experiment, ExperimentTemplate } from '../../crds/schema/experiment.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { FindTemplate } from '../../crds/schema/nested-templates.ts';
import type { Instant, JsonObject, KubeObject, ObjectKey, Ref } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';
import type { AnalysisRunView, ReplicaSetView, ServicePort, ServiceView } from '../rollout/observed.ts';

export type ExperimentObject = Experiment & KubeObject;

/** One template with what exists of it. */
export interface TemplateView {
  readonly spec: ExperimentTemplate;
  /** That of its ReplicaSet; before there is one, the hash that it will get. */
  readonly podHash: string;
  /** Another ReplicaSet of the namespace has the hash that this one would get. */
  readonly isHashTaken: boolean;
  readonly set: ReplicaSetView | undefined;
  /** The Service with the name that this template's is to have, whoever owns it. */
  readonly service: ServiceView | undefined;
  /** The API server's words, when it refused to create one of its objects. */
  readonly refusal: string | undefined;
}

/** The Rollout whose step this Experiment is. */
export interface OwnerView {
  readonly key: ObjectKey;
  /** It still counts on the pods: it may send them traffic, and has not let go of the Experiment. */
  readonly isHolding: boolean;
  /** Milliseconds that its pods without weight live on; a floor for the Experiment's own delay. */
  readonly drainMs: number;
}

export interface Observed {
  readonly now: Instant;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly experiment: ExperimentObject;
  /** Sentences; while there are any nothing new is begun. */
  readonly problems: readonly string[];
  readonly templates: readonly TemplateView[];
  /** All ReplicaSets, Services and AnalysisRuns that it owns, those of templates that are gone too. */
  readonly sets: readonly ReplicaSetView[];
  readonly services: readonly ServiceView[];
  readonly runs: readonly AnalysisRunView[];
  readonly findTemplate: FindTemplate;
  /** True when an AnalysisRun of this name exists in the namespace, whoever owns it. */
  readonly isRunNameTaken: (name: string) => boolean;
  /** Ports of the owner's stable Service: what routes to it name, they name of the templates' Services too. */
  readonly routedPorts: readonly ServicePort[];
  readonly owner: OwnerView | undefined;
}

type Write =
  /** `template`: a refusal is the outcome of that template. */
  | { readonly kind: 'Create'; readonly object: KubeObject & JsonObject; readonly template?: string }
  | { readonly kind: 'Patch'; readonly target: Ref; readonly patch: JsonObject; readonly guard?: ObjectKey }
  | { readonly kind: 'Delete'; readonly target: Ref; readonly guard?: ObjectKey };

/**
 * One effect is one write. `guard` is the Rollout that is read live first: nothing is taken away that it still counts on.
 * `tells` are the facts that hold once the write succeeded.
 */
export type ExperimentEffect = Write & { readonly tells: readonly Fact[] };
