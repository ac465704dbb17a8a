/** Glue of the rollout room: observe, decide, act for one key; tells the work queue when to look again. */

import type { KubeObject } from '../../kube/api.ts';
import { splitQueueKey } from '../../kube/ref.ts';
import { act, type FailedWrite } from './act.ts';
import { keepAway, labelAdoptedPods } from './adopted-writes.ts';
import type { Call } from './calls.ts';
import { decide } from './decide.ts';
import { failureFacts, lastingFailures, writeCreateError } from './failed-writes.ts';
import { family, fence } from './fence.ts';
import { settleLeftBehind } from './left-behind.ts';
import { observe } from './observe.ts';
import type { Observed } from './observed.ts';
import type { ReconcileRollout, RolloutReconcilerOptions } from './options.ts';
import { behind } from './own-view.ts';
import { recordWriter } from './record-writer.ts';
import { copyReverts } from './revert-record.ts';
import { tell } from './tell.ts';
import { templateCheck } from './template-check.ts';

/** One reconciler per leadership: what was fenced is remembered for its term. */
export function rolloutReconciler(options: RolloutReconcilerOptions): ReconcileRollout {
  const { client, stores, clock, keys, leadership, ownWrites, log } = options;
  const fences = fence(client, leadership);
  const templates = templateCheck(client);
  const lasting = lastingFailures();
  const records = recordWriter({
    client,
    stores,
    clock,
    wrote: (uid, written) => ownWrites.wrote(uid, written),
    trouble: (rollout, why) => log.warn('a record was not written', { rollout, why }),
  });
  return async (key, signal) => {
    const { namespace, name } = splitQueueKey(key);
    const object = stores.rollouts.get(namespace, name);
    if (object === undefined) return settleLeftBehind(options, namespace, name);
    if (object.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    const { uid = '' } = object.metadata;
    const held = await keepAway(client, object, () => family(observe(options, object, clock.now())));
    if (held !== undefined) return held;
    const late = await behind(options, uid);
    if (late !== undefined) return late;

    const wrote = (written: KubeObject) => ownWrites.wrote(uid, written);
    const seen = observe(options, object, clock.now());
    const fenced = await fences.check(seen, wrote);
    if (fenced.kind === 'retry') return fenced;
    if (fenced.kind === 'stamped') return { kind: 'retry', why: 'the caches lack the stamps', afterMs: 20 };
    const labelled = await labelAdoptedPods(client, seen, wrote);
    if (labelled !== undefined) return labelled;
    const answer = await templates.check(seen, signal);
    if (answer.kind === 'retry') {
      const { refused } = answer;
      if (refused !== undefined) await tellFailure(options, seen, { kind: 'CreateReplicaSet', why: refused }, wrote);
      return answer;
    }

    const observed = { ...seen, problems: [...seen.problems, ...answer.problems] };
    const decision = decide(observed);
    const effectDone = (kind: string, result: string) => options.metrics?.effect(kind, result);
    const call = (one: Call) => options.calls?.start(one, { uid, namespace, name });
    const outcome = await act({ client, keys, wrote, effectDone, signal, call }, observed, decision);
    if (outcome.doubts.length > 0) fences.doubt(uid, outcome.doubts);
    tell(options, observed, outcome.facts);
    await tellFailure(options, observed, lasting(uid, outcome.failed), wrote);
    const status = outcome.stopped ? observed.rollout.status : decision.status;
    const recordAt = await records.follow(observed, status, outcome.facts);
    if (options.gitReverts) await copyReverts(client, observed, options.gitReverts, wrote);
    if (outcome.stopped) {
      log.debug('a pass was stopped', { rollout: key, why: outcome.stopped.why });
      // `stopped` has a kind of its own: the queue must see a retry, or the key is looked at by nobody until something changes.
      return { ...outcome.stopped, kind: 'retry' };
    }
    const times = [decision.lookAgainAt, recordAt].filter((at) => at !== undefined);
    return times.length === 0 ? { kind: 'done' } : { kind: 'done', lookAgainAt: Math.min(...times) };
  };
}

async function tellFailure(
  options: RolloutReconcilerOptions,
  observed: Observed,
  failed: FailedWrite | undefined,
  wrote: (object: KubeObject) => void,
): Promise<void> {
  tell(options, observed, failureFacts(observed, failed));
  await writeCreateError(options.client, observed, failed, wrote);
}
