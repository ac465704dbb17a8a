/** Glue of the analysis-run room: observe, decide, act for one key; measurements run beside the workers and feed their result back. */
import type { MetricProvider } from '../../analysis/provider.ts';
import type { Outbound } from '../../outbound/outcome.ts';
import type { AnalysisRun } from '../../crds/schema/analysis-run.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Clock, EventRecorder, KubeClient, KubeObject, Leadership, Store, WorkQueue } from '../../kube/api.ts';
import type { ReconcileResult } from '../decision.ts';

export type AnalysisRunObject = AnalysisRun & KubeObject;

export interface RoomLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface AnalysisRunOptions {
  readonly client: KubeClient;
  readonly runs: Store<AnalysisRunObject>;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly outbound: Outbound;
  readonly providers: readonly MetricProvider[];
  readonly log: RoomLog;
}

export interface AnalysisRunRoom {
  /** `key` is `namespace/name` of an AnalysisRun. Never throws for an answer of the API server or of a metrics backend. */
  reconcile(key: string, signal?: AbortSignal): Promise<ReconcileResult>;
  /** Enqueues runs on changes and finished measurements; the returned undo also stops all measurements. */
  start(queue: WorkQueue): () => void;
}

export declare function analysisRunReconciler(options: AnalysisRunOptions): AnalysisRunRoom;
