/** Glue of the experiment room: observe, decide, act for one key; what changed wakes the Experiments that it concerns. */

import { isCompleted } from '../../analysis/judge/assess.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { AnyTemplate } from '../../crds/schema/merge-templates.ts';
import type { Problem } from '../../crds/schema/problem.ts';
import type { Clock, EventRecorder, KubeClient, KubeObject, Leadership, Log, WorkQueue } from '../../kube/api.ts';
import type { OwnWrites, Seen } from '../../kube/own-writes.ts';
import { groupOf, keyOf, queueKey, splitQueueKey } from '../../kube/ref.ts';
import type { Fact, ReconcileResult } from '../decision.ts';
import { failed, fieldManager } from '../rollout/act.ts';
import { isFinished } from '../rollout/analysis.ts';
import { behind } from '../rollout/own-view.ts';
import type { RolloutStores } from '../rollout/stores.ts';
import { type TermFence, termFence } from '../term-fence.ts';
import { act } from './act.ts';
import { isCleanedUp } from './clean-up.ts';
import { decide } from './decide.ts';
import { observe } from './observe.ts';
import type { Observed } from './observed.ts';

export interface ExperimentOptions {
  readonly client: KubeClient;
  readonly stores: RolloutStores;
  readonly seen: Seen;
  readonly ownWrites: OwnWrites;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly lintTemplate?: (template: AnyTemplate) => readonly Problem[];
  readonly log: Log;
  readonly fact?: (reason: string) => void;
}

export interface ExperimentRoom {
  /** `key` is `namespace/name` of an Experiment. Never throws for an answer of the API server. */
  reconcile(key: string, signal?: AbortSignal): Promise<ReconcileResult>;
  /** Enqueues Experiments when they or what they own change; returns the undo. */
  start(queue: WorkQueue): () => void;
}

/** One room per leadership: what was fenced is remembered for its term. */
export function experimentReconciler(options: ExperimentOptions): ExperimentRoom {
  const { stores, clock, ownWrites, log } = options;
  const fence = termFence(options.client, options.leadership, fieldManager);
  const refusals = new Map<string, Map<string, string>>();
  return {
    reconcile: async (key, signal) => {
      const { namespace, name } = splitQueueKey(key);
      const uid = stores.experiments.get(namespace, name)?.metadata.uid;
      if (uid === undefined) return { kind: 'done' };
      const late = await behind(options, uid);
      if (late !== undefined) return late;
      const observed = observe({ ...options, refusals }, namespace, name, clock.now());
      if (observed === undefined || observed.experiment.metadata.deletionTimestamp !== undefined)
        return { kind: 'done' };
      const wrote = (object: KubeObject) => ownWrites.wrote(uid, object);
      const fenced = await stamp(fence, observed, wrote);
      if (fenced !== undefined) return fenced;

      const decision = decide(observed);
      const refused = (template: string, why: string) =>
        void refusals.set(uid, new Map([...(refusals.get(uid) ?? []), [template, why]]));
      const outcome = await act({ client: options.client, wrote, refused, signal }, observed, decision);
      if (outcome.doubts.length > 0) fence.doubt(uid, outcome.doubts);
      tell(options, observed, outcome.facts);
      if (isCompleted(decision.status.phase)) refusals.delete(uid);
      if (outcome.stopped !== undefined) {
        log.debug('a pass was stopped', { experiment: key, why: outcome.stopped.why });
        return { ...outcome.stopped, kind: 'retry' };
      }
      if (decision.phase === 'record' || decision.effects.length > 0) return { kind: 'again' };
      return { kind: 'done', ...(decision.lookAgainAt === undefined ? {} : { lookAgainAt: decision.lookAgainAt }) };
    },
    start: (queue) =>
      enqueueExperiments(options, queue, (uid) => {
        fence.forget(uid);
        ownWrites.forget(uid);
        refusals.delete(uid);
      }),
  };
}

/** What another leader could still be writing for is stamped before anything is decided. */
async function stamp(
  fence: TermFence,
  observed: Observed,
  wrote: (object: KubeObject) => void,
): Promise<ReconcileResult | undefined> {
  const { experiment, sets, services, runs } = observed;
  const isSettled =
    experiment.status?.phase === undefined || (isCompleted(experiment.status.phase) && isCleanedUp(observed));
  const members = [experiment, ...sets, ...services, ...runs.filter((run) => !isFinished(run))];
  const answer = await fence.check({ uid: experiment.metadata.uid ?? '', isSettled, members }, wrote);
  switch (answer.kind) {
    case 'clear':
      return undefined;
    case 'stamped':
      return { kind: 'retry', why: 'the caches lack the stamps', afterMs: 20 };
    case 'failed': {
      const { kind, metadata } = answer.object;
      return { ...failed(answer.result, `stamp ${kind} ${metadata.name}`), kind: 'retry' };
    }
  }
}

function tell(options: ExperimentOptions, { experiment }: Observed, facts: readonly Fact[]): void {
  const { apiVersion, metadata } = experiment;
  const regarding = { ...keyOf(experiment), uid: metadata.uid ?? '', apiVersion };
  for (const { reason, type, message, at } of facts) {
    options.fact?.(reason);
    options.log.info(message, { experiment: queueKey(metadata), reason });
    options.events.record({ regarding, type, reason, message, at });
  }
}

function enqueueExperiments(options: ExperimentOptions, queue: WorkQueue, gone: (uid: string) => void): () => void {
  const { stores, dialect } = options;
  const add = (object: Pick<KubeObject, 'metadata'>): void => queue.add(queueKey(object.metadata));
  const ofOwner = (object: KubeObject): void => {
    const owner = object.metadata.ownerReferences?.find((one) => one.controller === true);
    if (owner?.kind !== 'Experiment' || groupOf(owner.apiVersion) !== dialect.group) return;
    queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
  };
  const undo = [
    stores.experiments.onChange(({ kind, object }) =>
      kind === 'deleted' ? gone(object.metadata.uid ?? '') : add(object),
    ),
    stores.replicaSets.onChange(({ object }) => ofOwner(object)),
    stores.services.onChange(({ object }) => ofOwner(object)),
    stores.analysisRuns.onChange(({ object }) => ofOwner(object)),
    // A Rollout lets go of the Experiment of its step.
    stores.rollouts.onChange(({ object }) => {
      for (const experiment of stores.experiments.byOwner(object.metadata.uid ?? '')) add(experiment);
    }),
  ];
  for (const experiment of stores.experiments.list()) add(experiment);
  return () => {
    for (const one of undo) one();
  };
}
