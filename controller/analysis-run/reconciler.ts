/** Glue of the analysis-run room: observe, decide, act for one key; measurements run beside the workers and feed their result back. */
import type { JobPort, MetricProvider } from '../../analysis/provider.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { Clock, EventRecorder, KubeClient, Leadership, Store, WorkQueue, Log } from '../../kube/api.ts';
import type { PodLog } from '../../kube/pod-log.ts';
import { queueKey, splitQueueKey } from '../../kube/ref.ts';
import type { Outbound } from '../../outbound/outcome.ts';
import type { ReconcileResult } from '../decision.ts';
import { tenants } from '../git-sync/tenant.ts';
import { act } from './act.ts';
import { decide } from './decide.ts';
import { jobPort } from './jobs.ts';
import type { JobView } from './job-view.ts';
import { resumeOf, takeMeasurement } from './measure.ts';
import { Measurements } from './measurements.ts';
import { observe } from './observe.ts';
import type { AnalysisRunObject, PreparedMetric } from './observed.ts';
import type { SecretRights } from './secrets.ts';

export type { AnalysisRunObject } from './observed.ts';

export interface AnalysisRunOptions {
  readonly client: KubeClient;
  readonly runs: Store<AnalysisRunObject>;
  /** Jobs of measurements, by the index `run`; without it none are deleted at the end of a run. */
  readonly jobs?: Store<JobView>;
  /** Reads the end of a failed Job's log. */
  readonly podLog?: PodLog;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly outbound: Outbound;
  readonly providers: readonly MetricProvider[];
  /** Whose rights read the Secrets that runs name; default `tenant`. */
  readonly secretRights?: SecretRights;
  /** Where Secrets lie that all runs share, when the controller reads them. */
  readonly sharedSecretsNamespace?: string;
  readonly log: Log;
}

export interface AnalysisRunRoom {
  /** `key` is `namespace/name` of an AnalysisRun. Never throws for an answer of the API server or of a metrics backend. */
  reconcile(key: string, signal?: AbortSignal): Promise<ReconcileResult>;
  /** Enqueues runs on changes and finished measurements; the returned undo also stops all measurements. */
  start(queue: WorkQueue): () => void;
}

export function analysisRunReconciler(options: AnalysisRunOptions): AnalysisRunRoom {
  const { client, runs, clock, dialect, events, leadership, log } = options;
  const measurements = new Measurements();
  const held = tenants(client, clock);
  const written = new Map<string, AnalysisRunObject>();
  const providers = options.providers.map(({ name }) => name);
  let queue: WorkQueue | undefined;
  const onBug = (metric: string, error: unknown): void => log.warn('a measurement threw', { metric, error });
  const jobs = (run: AnalysisRunObject, signal: AbortSignal): JobPort =>
    jobPort(run, { client, keys: keys(dialect), signal, ...(options.podLog ? { podLog: options.podLog } : {}) });
  const measureParts = { ...options, tenants: held, onBug, jobs };
  const startMeasurement = (run: AnalysisRunObject, metric: PreparedMetric): void => {
    const { uid = '', namespace = '', name } = run.metadata;
    measurements.start({
      uid,
      namespace,
      metric: metric.name,
      isLook: resumeOf(run, metric.name) !== undefined,
      take: (signal) => takeMeasurement(run, metric, run.spec.args ?? [], measureParts, signal),
      done: () => queue?.add(queueKey({ namespace, name }), { priority: 'urgent' }),
    });
  };
  return {
    reconcile: async (key) => {
      const { namespace, name } = splitQueueKey(key);
      const observed = observe(namespace, name, {
        runs,
        jobs: options.jobs,
        dialect,
        measurements,
        providers,
        written,
      });
      if (observed === undefined) return { kind: 'done' };
      const decision = decide(observed, clock.now());
      if (decision.phase === 'record') {
        log.info('analysis run changed', {
          analysisRun: key,
          phase: decision.status?.phase,
          reason: decision.waiting?.reason,
        });
      }
      return act(observed, decision, { client, events, leadership, measurements, written, startMeasurement });
    },
    start: (given) => {
      queue = given;
      const undo = followRuns(runs, given, (uid) => {
        measurements.stop(uid);
        written.delete(uid);
      });
      const undoJobs = followJobs(options.jobs, given, measurements);
      return () => {
        undo();
        undoJobs();
        measurements.stopAll();
      };
    },
  };
}

/** Every run once, and again when it changes. */
function followRuns(runs: Store<AnalysisRunObject>, queue: WorkQueue, gone: (uid: string) => void): () => void {
  const undo = runs.onChange(({ kind, object }) => {
    const { uid = '', namespace = '', name } = object.metadata;
    if (kind === 'deleted') gone(uid);
    else queue.add(queueKey({ namespace, name }));
  });
  for (const { metadata } of runs.list())
    queue.add(queueKey({ namespace: metadata.namespace ?? '', name: metadata.name }));
  return undo;
}

/** A run whose Job changed looks at it at once, and one that has ended deletes it. */
function followJobs(jobs: Store<JobView> | undefined, queue: WorkQueue, measurements: Measurements): () => void {
  const undo = jobs?.onChange(({ object }) => {
    measurements.hurry(object.runUid, object.metric);
    queue.add(queueKey({ namespace: object.metadata.namespace ?? '', name: object.runName }));
  });
  return undo ?? (() => undefined);
}
