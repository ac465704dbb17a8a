/**
 * Ends the releases of a Rollout that was deleted in their middle: traffic goes back to stable, analyses and experiments that nobody
 * waits for are ended, and the RolloutRun gets its end. The open run is what is left to do, so a crash or a controller that was away
 * loses nothing, and as there is no finalizer no deletion ever waits for a controller.
 */

import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { ApiResult, JsonObject, KubeObject } from '../../kube/api.ts';
import { groupOf } from '../../kube/ref.ts';
import type { ReconcileResult } from '../decision.ts';
import { composite } from '../traffic/all-routers.ts';
import { routeKindId } from '../traffic/route-kinds.ts';
import type { Found, RouteWrite } from '../traffic/router.ts';
import { failed, fieldManager } from './act.ts';
import { readyEndpoints } from './observe.ts';
import type { RolloutReconcilerOptions } from './options.ts';
import { refTo } from './scene.ts';
import type { RolloutRunObject } from './stores.ts';
import { rolloutOf, takeBackMove } from './take-back.ts';
import { timeText } from './time-text.ts';

type Options = Pick<
  RolloutReconcilerOptions,
  'client' | 'stores' | 'clock' | 'dialect' | 'keys' | 'routers' | 'log' | 'instanceId'
>;
type Held = Exclude<ReconcileResult, { kind: 'done' }>;

/** Caches show an own write a moment later. */
const lookAgainMs = 200;
/** What is waited for changes without a word to this Rollout's key: nothing of it is watched for a Rollout that is gone. */
const pollMs = 2_000;
const over: ReadonlySet<string> = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);

/** Runs of this controller's Rollouts that have no end yet. */
export function openRuns(
  { stores, dialect, keys, instanceId = '' }: Options,
  key: string,
): readonly RolloutRunObject[] {
  return stores.rolloutRuns
    .byIndex('rollout', key)
    .filter(
      (run) =>
        run.status?.finishedAt === undefined &&
        groupOf(run.spec.takeBack?.apiVersion ?? '') === dialect.group &&
        (run.metadata.labels?.[keys.instanceId] ?? '') === instanceId,
    );
}

/** Called for a Rollout that the cache does not have; whether it is gone only the API server knows. */
export async function settleLeftBehind(options: Options, namespace: string, name: string): Promise<ReconcileResult> {
  const { client, dialect } = options;
  const runs = openRuns(options, `${namespace}/${name}`);
  if (runs.length === 0) return { kind: 'done' };
  const live = await client.get({ group: dialect.group, kind: 'Rollout', namespace, name });
  if (live.kind === 'ok') return { kind: 'done' };
  if (live.kind !== 'not-found') return retry(live, `read Rollout ${name}`);
  for (const run of runs) {
    const held = (await giveBack(options, run)) ?? (await endTrials(options, run)) ?? (await close(options, run));
    if (held !== undefined) return held;
  }
  return { kind: 'done' };
}

async function giveBack(options: Options, run: RolloutRunObject): Promise<Held | undefined> {
  const { stores, routers, log } = options;
  const rollout = rolloutOf(run);
  const router = rollout && composite(routers, rollout);
  if (rollout === undefined || router === undefined) return undefined;
  const found: Found = (key) => asOwned(run, stores.routes.get(routeKindId(key))?.get(key.namespace, key.name));
  const { namespace = '' } = run.metadata;
  const count = (service: string) =>
    Object.values(readyEndpoints(stores, namespace, service)).reduce((sum, one) => sum + one, 0);
  const move = takeBackMove(run, rollout, router, found, { endpoints: count });
  switch (move.kind) {
    case 'settled':
      return undefined;
    case 'wait':
      return { kind: 'retry', why: move.why, afterMs: pollMs };
    case 'write':
      log.info('traffic of a deleted Rollout goes back to stable', {
        rollout: `${namespace}/${run.spec.rollout.name}`,
      });
      return writeRoutes(options, move.writes);
  }
}

/** Routers touch what the Rollout owns; a deletion that leaves children alone takes the owner off them. */
function asOwned({ spec }: RolloutRunObject, object: ReturnType<Found>): ReturnType<Found> {
  const { apiVersion } = spec.takeBack ?? {};
  const owners = object?.metadata.ownerReferences ?? [];
  if (object === undefined || apiVersion === undefined || owners.some(({ controller }) => controller === true))
    return object;
  const owner = { apiVersion, kind: 'Rollout', ...spec.rollout, controller: true };
  return { ...object, metadata: { ...object.metadata, ownerReferences: [...owners, owner] } } as ReturnType<Found>;
}

async function writeRoutes(options: Options, writes: readonly RouteWrite[]): Promise<Held> {
  for (const write of writes) {
    const result = await writeRoute(options, write);
    if (result !== undefined && result.kind !== 'ok' && result.kind !== 'not-found')
      return retry(result, `change ${write.object.kind} ${write.object.metadata.name}`);
  }
  return { kind: 'retry', why: 'the caches lack the written routes', afterMs: lookAgainMs };
}

async function writeRoute(
  { client }: Options,
  write: RouteWrite,
): Promise<ApiResult | ApiResult<JsonObject> | undefined> {
  const target = refTo(write.object);
  const { uid, resourceVersion } = target;
  switch (write.kind) {
    case 'patch':
      return client.merge(target, write.patch, { fieldManager, uid, resourceVersion });
    case 'delete':
      return client.delete(target, { uid, resourceVersion, propagation: 'Background' });
    case 'create':
      return undefined;
  }
}

/** Of a deletion that left its children alone; otherwise the garbage collector takes them. */
async function endTrials({ client, stores, keys }: Options, run: RolloutRunObject): Promise<Held | undefined> {
  for (const one of [
    ...stores.analysisRuns.list(),
    ...(stores.experiments.list() as readonly unknown[] as readonly Trial[]),
  ].filter(isOpenOf(run, keys.podTemplateHash))) {
    const target = refTo(one);
    const { uid, resourceVersion } = target;
    const result = await client.merge(target, { spec: { terminate: true } }, { fieldManager, uid, resourceVersion });
    if (result.kind !== 'ok' && result.kind !== 'not-found')
      return retry(result, `end ${one.kind} ${one.metadata.name}`);
  }
  return undefined;
}

interface Trial extends KubeObject {
  readonly spec: { readonly terminate?: boolean | undefined };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

/** By name and hash (argo-rollouts.md 2.9): the owner is no longer on it. */
function isOpenOf({ metadata, spec }: RolloutRunObject, hashLabel: string): (one: Trial) => boolean {
  const base = `${spec.rollout.name}-${spec.podHash}-${spec.revision}`;
  return (one) => {
    const { name, namespace, labels, deletionTimestamp } = one.metadata;
    const isNamed = name === base || name.startsWith(`${base}-`) || name.startsWith(`${base}.`);
    const isOf = isNamed && namespace === metadata.namespace && labels?.[hashLabel] === spec.podHash;
    const isOpen = one.spec.terminate !== true && deletionTimestamp === undefined && !over.has(one.status?.phase ?? '');
    return isOf && isOpen;
  };
}

async function close({ client, clock }: Options, run: RolloutRunObject): Promise<Held | undefined> {
  const { phase } = run.status ?? {};
  const status: RolloutRun['status'] = {
    phase: phase === undefined || phase === 'Running' ? 'Aborted' : phase,
    outcome: run.status?.outcome ?? { message: 'The Rollout was deleted' },
    finishedAt: timeText(clock.now()),
  };
  const target = refTo(run);
  const { uid, resourceVersion } = target;
  const options = { fieldManager, uid, resourceVersion, subresource: 'status' } as const;
  const result = await client.merge(target, { status }, options);
  return result.kind === 'ok' || result.kind === 'not-found'
    ? undefined
    : retry(result, `end RolloutRun ${run.metadata.name}`);
}

function retry(result: Exclude<ApiResult<JsonObject>, { kind: 'ok' }>, what: string): Held {
  const { why, afterMs } = failed(result, what);
  return { kind: 'retry', why, ...(afterMs === undefined ? {} : { afterMs }) };
}
