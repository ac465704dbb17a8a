/**
 * Carries a Deployment one step further: its ReplicaSets, their sizes, its status.
 */

import type { JsonObject, KubeObject, ReconcileResult } from '../../../kube/api.ts';
import { keyOf, splitQueueKey } from '../../../kube/ref.ts';
import { sentenceOf } from '../../../kube/client.ts';
import { retryOf, wordsOf } from '../answers.ts';
import { orphans, seenBy } from '../caches.ts';
import { claim } from '../claim.ts';
import { done, soon } from '../controller-loop.ts';
import { isSameStatus } from '../replica-set/status.ts';
import type { Room } from '../room.ts';
import { controllerRef, isTerminal, type ReplicaSetView, replicaSetView } from '../views.ts';
import { catchUpPatch, newReplicaSet, nextRevision, setsOf, sizeAnnotations } from './replica-sets.ts';
import { active, type Resize, resizeAll, rollingStep, type Sets, wasResized } from './sizes.ts';
import { type Condition, deadlineAt, deploymentStatus, isComplete, withCondition } from './status.ts';
import { counted, type DeploymentView, deploymentView, revisionAnnotation, revisionOf, sum } from './view.ts';

/** A write that did not work out: the reconcile is tried again. */
class TryAgain extends Error {}

interface Pass {
  readonly room: Room;
  readonly deployment: DeploymentView;
  readonly nowMs: number;
  sets: Sets;
  conditions: readonly JsonObject[];
  /** Number of the current ReplicaSet, once it is known. */
  revision: string | undefined;
}

export async function reconcileDeployment(room: Room, key: string): Promise<ReconcileResult> {
  const { namespace, name } = splitQueueKey(key);
  const raw = room.caches.deployments.store.get(namespace, name);
  const uid = raw?.metadata.uid;
  if (raw === undefined || uid === undefined) return done;
  const readiness = room.writes.ready(uid, seenBy(room.caches));
  if (readiness.kind === 'wait') return soon(room.clock, readiness.forMs);
  if (readiness.kind === 'read-live') room.writes.forget(uid);
  const deployment = deploymentView(raw);
  const sets = setsOf(deployment, await claimed(room, deployment));
  const { conditions } = deployment;
  const pass: Pass = { room, deployment, nowMs: room.clock.now(), sets, conditions, revision: undefined };
  try {
    return await step(pass);
  } catch (error) {
    if (error instanceof TryAgain) return { kind: 'retry', why: error.message };
    throw error;
  }
}

async function claimed(room: Room, deployment: DeploymentView): Promise<readonly ReplicaSetView[]> {
  const { store } = room.caches.replicaSets;
  const { namespace = '', uid = '' } = deployment.metadata;
  const own = store.byOwner(uid).filter((set) => controllerRef(set)?.uid === uid);
  return claim(room, deployment, deployment.selector, [...own, ...store.byIndex(orphans, namespace)]);
}

async function step(pass: Pass): Promise<ReconcileResult> {
  const { deployment } = pass;
  if (deployment.metadata.deletionTimestamp !== undefined) return finish(pass, false);
  notePause(pass);
  if (deployment.paused || wasResized(deployment, pass.sets)) {
    await catchUp(pass);
    await resize(pass, resizeAll(deployment, pass.sets));
    if (deployment.paused) await cleanUp(pass);
    return finish(pass, false);
  }
  if (deployment.recreate) await recreate(pass);
  else await roll(pass);
  return finish(pass, true);
}

async function roll(pass: Pass): Promise<void> {
  const current = await currentSet(pass);
  const resizes = rollingStep(pass.deployment, { ...pass.sets, current });
  await resize(pass, resizes);
  if (resizes.length === 0 && isComplete(pass.deployment, pass.deployment.status)) await cleanUp(pass);
}

/** All old pods have ended before the first new one starts. */
async function recreate(pass: Pass): Promise<void> {
  const { deployment, room } = pass;
  await catchUp(pass);
  const down = active(pass.sets.old).map((set) => ({ set, to: 0 }));
  await resize(pass, down);
  const old = pass.sets.old;
  const alive = old.some((set) =>
    room.caches.pods.store.byOwner(set.metadata.uid ?? '').some((pod) => !isTerminal(pod)),
  );
  if (down.length > 0 || alive || sum(old, (set) => counted(set, 'replicas')) > 0) return;
  const current = await currentSet(pass);
  if (current.replicas !== deployment.replicas) await resize(pass, [{ set: current, to: deployment.replicas }]);
  else if (isComplete(deployment, deployment.status)) await cleanUp(pass);
}

/** While paused nothing moves, so the time to the deadline is not counted. */
function notePause(pass: Pass): void {
  const { deployment, nowMs } = pass;
  const known = pass.conditions.find((one) => one.type === 'Progressing');
  if (deployment.deadlineSeconds === undefined || known?.reason === 'ProgressDeadlineExceeded') return;
  const wasPaused = known?.reason === 'DeploymentPaused';
  if (deployment.paused === wasPaused) return;
  const said: Pick<Condition, 'reason' | 'message'> = deployment.paused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  pass.conditions = withCondition(pass.conditions, { type: 'Progressing', status: 'Unknown', ...said }, nowMs);
}

/** The ReplicaSet of the present template, made when it is not there. */
async function currentSet(pass: Pass): Promise<ReplicaSetView> {
  await catchUp(pass);
  return pass.sets.current ?? (await makeSet(pass));
}

async function catchUp(pass: Pass): Promise<void> {
  const { deployment, sets } = pass;
  if (sets.current === undefined) return;
  const patch = catchUpPatch(deployment, sets);
  if (patch !== undefined) await write(pass, sets.current, patch);
  pass.revision = String(Math.max(revisionOf(sets.current), nextRevision(sets)));
  if (deployment.deadlineSeconds === undefined || pass.conditions.some((one) => one.type === 'Progressing')) return;
  const message = `Found new replica set "${sets.current.metadata.name}"`;
  progress(pass, { status: 'True', reason: 'FoundNewReplicaSet', message });
}

async function makeSet(pass: Pass): Promise<ReplicaSetView> {
  const { room, deployment, sets } = pass;
  const made = newReplicaSet(deployment, sets);
  const { name } = made.object.metadata;
  const result = await room.client.create(made.object);
  if (result.kind === 'conflict' && result.reason === 'AlreadyExists') {
    // Ours, and the cache is late; or another template gave the same hash, and the next one counts a collision more.
    const live = await room.client.get(keyOf(made.object));
    const ours = live.kind === 'ok' && controllerRef(live.object)?.uid === deployment.metadata.uid;
    const same = live.kind === 'ok' && setsOf(deployment, [replicaSetView(live.object)]).current !== undefined;
    if (!ours || !same) {
      const collisionCount = Number(deployment.status.collisionCount ?? 0) + 1;
      await room.client.merge(keyOf(deployment), { status: { collisionCount } }, { subresource: 'status' });
    }
    throw new TryAgain(result.message);
  }
  if (result.kind !== 'ok') {
    const message = `Failed to create new replica set "${name}": ${wordsOf(result)}`;
    room.tell(deployment, 'Warning', 'ReplicaSetCreateError', message);
    progress(pass, { status: 'False', reason: 'ReplicaSetCreateError', message });
    await finish(pass, false);
    throw new TryAgain(message);
  }
  room.writes.wrote(deployment.metadata.uid ?? '', result.object);
  if (made.replicas > 0) tellScaled(pass, name, 0, made.replicas);
  pass.revision = String(nextRevision(sets));
  progress(pass, { status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` });
  const current = replicaSetView(result.object);
  pass.sets = { ...sets, current };
  return current;
}

function progress(pass: Pass, said: Omit<Condition, 'type'>): void {
  if (pass.deployment.deadlineSeconds === undefined) return;
  pass.conditions = withCondition(pass.conditions, { type: 'Progressing', ...said }, pass.nowMs);
}

async function resize(pass: Pass, resizes: readonly Resize[]): Promise<void> {
  for (const { set, to, always } of resizes) {
    if (set.replicas === to && always !== true) continue;
    const annotations = sizeAnnotations(pass.deployment);
    await write(pass, set, { spec: { replicas: to }, metadata: { annotations } });
    if (set.replicas !== to) tellScaled(pass, set.metadata.name, set.replicas, to);
    const change = (one: ReplicaSetView): ReplicaSetView => (one === set ? { ...one, replicas: to } : one);
    const { current, old } = pass.sets;
    pass.sets = { current: current === undefined ? undefined : change(current), old: old.map(change) };
  }
}

function tellScaled({ room, deployment }: Pass, name: string, from: number, to: number): void {
  const way = to > from ? 'up' : 'down';
  room.tell(deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${way} replica set ${name} from ${from} to ${to}`);
}

async function write({ room, deployment }: Pass, object: KubeObject, patch: JsonObject): Promise<void> {
  const { uid } = object.metadata;
  const result = await room.client.merge(keyOf(object), patch, uid === undefined ? {} : { uid });
  if (result.kind !== 'ok') throw new TryAgain(sentenceOf(result));
  room.writes.wrote(deployment.metadata.uid ?? '', result.object);
}

/** Old ReplicaSets without pods go, the oldest first, until as many are left as the history may have. */
async function cleanUp({ room, deployment, sets }: Pass): Promise<void> {
  const alive = sets.old.filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = alive
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, alive.length - deployment.historyLimit));
  for (const set of surplus) {
    const behind = (set.metadata.generation ?? 0) > counted(set, 'observedGeneration');
    if (set.replicas !== 0 || counted(set, 'replicas') !== 0 || behind) continue;
    const result = await room.client.delete(keyOf(set));
    if (result.kind !== 'ok' && result.kind !== 'not-found') throw new TryAgain(sentenceOf(result));
  }
}

async function finish(pass: Pass, rolling: boolean): Promise<ReconcileResult> {
  const { room, deployment, sets, conditions, nowMs } = pass;
  const status = deploymentStatus(deployment, { sets, conditions, rolling, nowMs });
  // The revision goes with the status: written to the Deployment itself it would make a new generation of it.
  const numbered = deployment.metadata.annotations?.[revisionAnnotation];
  const revision = pass.revision === undefined || pass.revision === numbered ? undefined : pass.revision;
  if (revision !== undefined || !isSameStatus(deployment.status, status)) {
    const { uid = '' } = deployment.metadata;
    const annotated = revision === undefined ? {} : { metadata: { annotations: { [revisionAnnotation]: revision } } };
    const result = await room.client.merge(keyOf(deployment), { ...annotated, status }, { subresource: 'status', uid });
    if (result.kind === 'ok') room.writes.wrote(uid, result.object);
    return retryOf(result) ?? done;
  }
  const due = rolling ? deadlineAt(deployment, conditions) : undefined;
  return due === undefined || isComplete(deployment, status) ? done : { kind: 'done', lookAgainAt: due + 1000 };
}
