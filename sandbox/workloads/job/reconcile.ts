/**
 * Carries a Job one step further: its pods, the counting of those that ended, its end. Counts survive a crash: an ended pod is
 * written down first, then loses its finalizer, and only then is it counted.
 */

import type { JsonObject, ReconcileResult } from '../../../kube/api.ts';
import { sentenceOf } from '../../../kube/client.ts';
import { isKubeObject } from '../../../kube/json.ts';
import { keyOf, splitQueueKey } from '../../../kube/ref.ts';
import { retryOf, wordsOf } from '../answers.ts';
import { seenBy } from '../caches.ts';
import { done, soon } from '../controller-loop.ts';
import { podFromTemplate } from '../pod-from-template.ts';
import { isSameStatus } from '../replica-set/status.ts';
import type { Room } from '../room.ts';
import { controllerRef, instantOf, type PodView, timeText } from '../views.ts';
import {
  deadlineAt,
  type Ending,
  failureOf,
  failureWaitMs,
  isTracked,
  type JobPods,
  sortPods,
  successOf,
  type Tally,
  tallyOf,
  trackingFinalizer,
  wantedActive,
} from './outcome.ts';
import { conditionOf, finishedOf, type JobView, jobView } from './view.ts';

/** Failures since the last success, and when the last one was, by uid of the Job; in memory as in the real controller. */
export type Failures = Map<string, { readonly inARow: number; readonly lastAt: number }>;

class TryAgain extends Error {}

interface Pass {
  readonly room: Room;
  readonly failures: Failures;
  readonly job: JobView;
  readonly nowMs: number;
}

interface Counts {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
}

export async function reconcileJob(room: Room, failures: Failures, key: string): Promise<ReconcileResult> {
  const { namespace, name } = splitQueueKey(key);
  const raw = room.caches.jobs.store.get(namespace, name);
  const uid = raw?.metadata.uid;
  if (raw === undefined || uid === undefined) return done;
  const readiness = room.writes.ready(uid, seenBy(room.caches));
  if (readiness.kind === 'wait') return soon(room.clock, readiness.forMs);
  if (readiness.kind === 'read-live') room.writes.forget(uid);
  const pass: Pass = { room, failures, job: jobView(raw), nowMs: room.clock.now() };
  try {
    return finishedOf(pass.job) === undefined ? await step(pass, podsOf(room, uid)) : await expire(pass);
  } catch (error) {
    if (error instanceof TryAgain) return { kind: 'retry', why: error.message };
    throw error;
  }
}

function podsOf(room: Room, uid: string): readonly PodView[] {
  return room.caches.pods.store.byOwner(uid).filter((pod) => controllerRef(pod)?.uid === uid);
}

async function step(pass: Pass, all: readonly PodView[]): Promise<ReconcileResult> {
  const { job, nowMs } = pass;
  const pods = sortPods(job, all);
  const tally = tallyOf(job, pods);
  noteFailures(pass, pods);
  const before: Counts = {
    active: pods.active.length,
    ready: pods.active.filter((pod) => pod.ready).length,
    terminating: pods.terminating.length,
  };
  const failure = failureOf(job, pods, tally, nowMs);
  const managed = failure === undefined ? await manage(pass, pods, tally, before) : await stopAll(pass, pods, before);
  const ending = failure ?? successOf(job, tally, managed.counts.active);
  await track(pass, all, pods, ending, managed.counts);
  const times = [deadlineAt(job) ?? startDeadline(job, nowMs), managed.lookAgainAt].filter((at) => at !== undefined);
  return ending !== undefined || times.length === 0 ? done : { kind: 'done', lookAgainAt: Math.min(...times) };
}

/** The first pass writes the start; the deadline counts from there. */
function startDeadline(job: JobView, nowMs: number): number | undefined {
  return job.deadlineSeconds === undefined || job.suspended ? undefined : nowMs + job.deadlineSeconds * 1000;
}

function noteFailures({ failures, job, nowMs }: Pass, pods: JobPods): void {
  const { uid = '' } = job.metadata;
  const known = pods.newSucceeded.length > 0 ? undefined : failures.get(uid);
  const inARow = (known?.inARow ?? 0) + pods.newFailed.length;
  if (inARow === 0) failures.delete(uid);
  else failures.set(uid, { inARow, lastAt: pods.newFailed.length > 0 ? nowMs : (known?.lastAt ?? nowMs) });
}

interface Managed {
  readonly counts: Counts;
  readonly lookAgainAt?: number;
}

async function manage(pass: Pass, pods: JobPods, tally: Tally, before: Counts): Promise<Managed> {
  const { room, failures, job, nowMs } = pass;
  if (job.metadata.deletionTimestamp !== undefined) return { counts: before };
  const missing = wantedActive(job, tally, before.active) - before.active;
  if (missing < 0) {
    const surplus = pods.active.toSorted((a, b) => Number(a.ready) - Number(b.ready)).slice(0, -missing);
    return stopSome(pass, surplus, before);
  }
  if (missing === 0) return { counts: before };
  const failed = failures.get(job.metadata.uid ?? '');
  const notBefore = failed === undefined ? 0 : failed.lastAt + failureWaitMs(failed.inARow);
  if (nowMs < notBefore) return { counts: before, lookAgainAt: notBefore };
  for (let made = 0; made < missing; made += 1) {
    const result = await room.client.create(podFromTemplate(job, job.template, { finalizers: [trackingFinalizer] }));
    if (result.kind !== 'ok') {
      room.tell(job, 'Warning', 'FailedCreate', `Error creating: ${wordsOf(result)}`);
      throw new TryAgain(wordsOf(result));
    }
    room.writes.wrote(job.metadata.uid ?? '', result.object);
    room.tell(job, 'Normal', 'SuccessfulCreate', `Created pod: ${result.object.metadata.name}`);
  }
  return { counts: { ...before, active: before.active + missing } };
}

function stopAll(pass: Pass, pods: JobPods, before: Counts): Promise<Managed> {
  return stopSome(pass, pods.active, before);
}

async function stopSome({ room, job }: Pass, some: readonly PodView[], before: Counts): Promise<Managed> {
  for (const pod of some) {
    const { uid, name } = pod.metadata;
    const result = await room.client.delete(keyOf(pod), uid === undefined ? {} : { uid });
    if (result.kind !== 'ok' && result.kind !== 'not-found') throw new TryAgain(sentenceOf(result));
    if (result.kind === 'ok' && isKubeObject(result.object)) room.writes.wrote(job.metadata.uid ?? '', result.object);
    room.tell(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }
  const ready = some.filter((pod) => pod.ready).length;
  return {
    counts: {
      active: before.active - some.length,
      ready: before.ready - ready,
      terminating: before.terminating + some.length,
    },
  };
}

async function track(
  pass: Pass,
  all: readonly PodView[],
  pods: JobPods,
  ending: Ending | undefined,
  counts: Counts,
): Promise<void> {
  const { room, job, nowMs } = pass;
  const leaving = job.metadata.deletionTimestamp !== undefined || ending !== undefined;
  // Once the Job is over or going, whatever still runs counts as failed, and nothing holds its pods any more.
  const given = ending?.type === 'FailureTarget' ? pods.active.filter(isTracked) : [];
  const succeeded = [...job.uncounted.succeeded, ...uidsOf(pods.newSucceeded)];
  const failed = [...job.uncounted.failed, ...uidsOf([...pods.newFailed, ...given])];
  const conditions = withEnding(withSuspension(pass), ending, nowMs);
  const startTime = job.startedAt === undefined && !job.suspended ? timeText(nowMs) : job.status.startTime;
  const first: JsonObject = {
    ...(startTime === undefined ? {} : { startTime }),
    active: orNull(counts.active),
    ready: counts.ready,
    terminating: counts.terminating,
    uncountedTerminatedPods: uncounted(succeeded, failed),
    conditions: conditions.length === 0 ? null : [...conditions],
  };
  await writeStatus(pass, job.status, first);
  const counted = new Set([...succeeded, ...failed]);
  const free = all.filter((pod) => isTracked(pod) && (leaving || counted.has(pod.metadata.uid ?? '')));
  for (const pod of free) await untrack(room, job, pod);
  // With the finalizers gone, those that were written down count.
  const last: JsonObject = {
    ...first,
    succeeded: orNull(job.succeeded + succeeded.length),
    failed: orNull(job.failed + failed.length),
    uncountedTerminatedPods: uncounted([], []),
  };
  if (ending === undefined || counts.terminating > 0) return writeStatus(pass, { ...job.status, ...first }, last);
  await writeStatus(pass, { ...job.status, ...first }, { ...last, ...finalPart(conditions, ending, nowMs) });
  const failedAtLast = ending.type === 'FailureTarget';
  if (failedAtLast) room.tell(job, 'Warning', ending.reason, ending.message);
  else room.tell(job, 'Normal', 'Completed', 'Job completed');
}

function uidsOf(pods: readonly PodView[]): string[] {
  return pods.map((pod) => pod.metadata.uid ?? '');
}

function orNull(count: number): number | null {
  return count === 0 ? null : count;
}

function uncounted(succeeded: readonly string[], failed: readonly string[]): JsonObject {
  return {
    succeeded: succeeded.length === 0 ? null : [...succeeded],
    failed: failed.length === 0 ? null : [...failed],
  };
}

function withSuspension({ job, nowMs }: Pass): readonly JsonObject[] {
  const known = job.conditions.find((one) => one.type === 'Suspended');
  const wanted = job.suspended ? 'True' : 'False';
  if (known === undefined ? !job.suspended : known.status === wanted) return job.conditions;
  const [reason, message] = job.suspended ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
  const others = job.conditions.filter((one) => one !== known);
  return [...others, condition('Suspended', wanted, reason, message, nowMs)];
}

function withEnding(
  conditions: readonly JsonObject[],
  ending: Ending | undefined,
  nowMs: number,
): readonly JsonObject[] {
  if (ending === undefined || conditions.some((one) => one.type === ending.type)) return conditions;
  return [...conditions, condition(ending.type, 'True', ending.reason, ending.message, nowMs)];
}

function finalPart(conditions: readonly JsonObject[], ending: Ending, nowMs: number): JsonObject {
  const failed = ending.type === 'FailureTarget';
  const last = condition(failed ? 'Failed' : 'Complete', 'True', ending.reason, ending.message, nowMs);
  return { conditions: [...conditions, last], ...(failed ? {} : { completionTime: timeText(nowMs) }) };
}

function condition(
  type: string,
  status: string,
  reason: string | undefined,
  message: string | undefined,
  nowMs: number,
): JsonObject {
  const now = timeText(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason: reason ?? '', message: message ?? '' };
}

async function writeStatus({ room, job }: Pass, before: JsonObject, status: JsonObject): Promise<void> {
  if (isSameStatus(before, status) && before.uncountedTerminatedPods !== undefined) return;
  const { uid = '' } = job.metadata;
  const result = await room.client.merge(keyOf(job), { status }, { subresource: 'status', uid });
  if (result.kind === 'ok') room.writes.wrote(uid, result.object);
  else if (result.kind !== 'not-found') throw new TryAgain(sentenceOf(result));
}

/** Lets a pod go: nothing is lost when its object goes now. */
export async function untrack(
  room: Room,
  owner: { readonly metadata: { readonly uid?: string } },
  pod: PodView,
): Promise<void> {
  const finalizers = (pod.metadata.finalizers ?? []).filter((one) => one !== trackingFinalizer);
  const { uid, resourceVersion } = pod.metadata;
  const patch = { metadata: { finalizers: finalizers.length === 0 ? null : finalizers } };
  const options = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  const result = await room.client.merge(keyOf(pod), patch, options);
  if (result.kind === 'ok') room.writes.wrote(owner.metadata.uid ?? '', result.object);
  else if (result.kind !== 'not-found') throw new TryAgain(sentenceOf(result));
}

/** A Job that is over is removed some time later, when it asks for that. */
async function expire({ room, job, nowMs }: Pass): Promise<ReconcileResult> {
  if (job.ttlSeconds === undefined || job.metadata.deletionTimestamp !== undefined) return done;
  const over = conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed');
  const since = instantOf(typeof over?.lastTransitionTime === 'string' ? over.lastTransitionTime : undefined);
  const due = (since ?? nowMs) + job.ttlSeconds * 1000;
  if (nowMs < due) return { kind: 'done', lookAgainAt: due };
  const { uid } = job.metadata;
  const options = { propagation: 'Foreground' as const, ...(uid === undefined ? {} : { uid }) };
  return retryOf(await room.client.delete(keyOf(job), options)) ?? done;
}
