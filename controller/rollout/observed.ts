/** Everything `decide` may look at, read once per pass. Plain readonly data; views keep only the fields that matter. */

import type { AnalysisRun } from '../../crds/schema/analysis-run.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { PresetSnapshot } from '../../crds/schema/preset-reference.ts';
import type { FindTemplate } from '../../crds/schema/validate-references.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { Instant, JsonObject, KubeObject, ObjectMeta } from '../../kube/api.ts';
import type { CallAnswer } from './calls.ts';
import type { ExperimentView } from './experiments.ts';
import type { LoadBalancerSeen } from './load-balancers-seen.ts';
import type { WorkloadView } from './workload-view.ts';
import type { Destination, Found, RouteState, Side, TrafficRouter } from '../traffic/router.ts';

/** A Rollout as the caches hold it: everything, since its template is needed whole. */
export type RolloutObject = KubeObject & JsonObject;

export interface ReplicaSetView extends KubeObject {
  readonly podHash: string;
  readonly replicas: number;
  /** Equal for templates that mean the same (template-identity.ts). */
  readonly templateDigest?: string;
  /** The API server's or the ReplicaSet controller's words when pods can't be created. */
  readonly failure?: string;
  readonly status: {
    readonly replicas: number;
    readonly ready: number;
    readonly available: number;
    readonly observedGeneration: number;
  };
}

/** Why a container does not run. `exitCode` is that of its last end. */
export interface ContainerTrouble {
  readonly container: string;
  readonly image: string;
  readonly reason: string;
  readonly message: string;
  readonly restarts: number;
  readonly exitCode?: number;
  /** Since when it runs again after an end; absent while it is down. */
  readonly upSince?: Instant;
}

export interface PodView extends KubeObject {
  readonly podHash: string;
  readonly ready: boolean;
  readonly leaving: boolean;
  readonly troubles: readonly ContainerTrouble[];
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly targetPort?: number | string;
}

export interface ServiceView extends KubeObject {
  readonly selector: Readonly<Record<string, string>>;
  /** Absent where nobody asks for them, as in tests. */
  readonly ports?: readonly ServicePort[];
}

export interface Endpoint {
  readonly pod: string;
  readonly ready: boolean;
}

export interface EndpointSliceView extends KubeObject {
  readonly service: string;
  readonly endpoints: readonly Endpoint[];
}

/** An AnalysisRun with its metadata narrowed to what the caches keep. */
export type AnalysisRunView = Omit<AnalysisRun, 'metadata'> & { readonly metadata: ObjectMeta };

/** Ready endpoints behind one of the two Services, counted by the revision of their pods. */
export interface ServiceState {
  readonly view: ServiceView;
  /** Set where no Service stands for this side but an object of the router, which `view` is then. */
  readonly routed?: { readonly side: Side; readonly text: string };
  /** Value of the hash label in the selector; undefined before the Service was adopted. */
  readonly podHash: string | undefined;
  readonly readyByHash: Readonly<Record<string, number>>;
}

export interface TrafficState {
  readonly router: TrafficRouter;
  readonly found: Found;
  readonly state: RouteState;
}

/** One thing that keeps the spec from being used; `message` is a whole sentence. 'forward': what is under way may still go back. */
export interface SpecProblem {
  readonly scope: 'spec' | 'forward';
  readonly field: string;
  readonly message: string;
}

/** What the API server gives every stored object is there; a Rollout without a status has an empty one. */
export type StoredRollout = Rollout & {
  readonly metadata: ObjectMeta & { readonly namespace: string; readonly uid: string };
  readonly status: RolloutStatus;
};

export interface Observed {
  readonly now: Instant;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly rollout: StoredRollout;
  /** Not empty: the spec is not used; nothing is started. */
  readonly problems: readonly SpecProblem[];
  readonly podHash: string;
  readonly stepHash: string;
  readonly replicaSets: readonly ReplicaSetView[];
  readonly pods: readonly PodView[];
  readonly stableService: ServiceState | undefined;
  readonly canaryService: ServiceState | undefined;
  readonly traffic: TrafficState | undefined;
  /** The other pair of Services of a Rollout that names both pairs: they get no weight but follow their roles. Absent: none. */
  readonly beside?: { readonly stable: ServiceState | undefined; readonly canary: ServiceState | undefined };
  /** Weighted Services of a running experiment that have ready endpoints; role 'extra', weights out of stable's. Absent: none. */
  readonly extras?: readonly Destination[];
  readonly analysisRuns: readonly AnalysisRunView[];
  readonly findTemplate: FindTemplate;
  /** What the run uses of the preset that the spec names; the strategy in `rollout` has it merged in. */
  readonly preset?: PresetSnapshot;
  /** What spec.workloadRef leads to. */
  readonly workload?: WorkloadView;
  /** ReplicaSets that the hull of an adopted workload made for itself although they are this Rollout's now. */
  readonly strays?: readonly WorkloadView[];
  /** Whether an AnalysisRun of this name exists in the namespace, whoever owns it. */
  readonly isRunNameTaken?: (name: string) => boolean;
  /** Experiments of steps; absent: none. */
  readonly experiments?: readonly ExperimentView[];
  /** Whether an Experiment of this name exists in the namespace, whoever owns it. */
  readonly isExperimentNameTaken?: (name: string) => boolean;
  /** Calls of HTTP services that are under way or answered, by key; lost with the process. Absent: none. */
  readonly answers?: ReadonlyMap<string, CallAnswer>;
  /** Load balancers that AWS is asked about, one per Ingress; absent: none. */
  readonly loadBalancers?: readonly LoadBalancerSeen[];
  /** Whether AWS is asked for the targets of Services, too. */
  readonly verifiesTargets?: boolean;
  /** Step plugins that the operator has turned off. */
  readonly disabledPlugins?: ReadonlySet<string>;
  /** RolloutRuns of this Rollout that are kept. */
  readonly runs: readonly RolloutRun[];
}
