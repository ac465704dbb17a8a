/**
 * The namespace controllers: a new namespace gets its default ServiceAccount, a deleted one is emptied and then let go.
 */

import type { KubeObject, ReconcileResult } from '../../kube/api.ts';
import { keyOf, queueKey } from '../../kube/ref.ts';
import { collectionPath } from '../../kube/resource-path.ts';
import { listOf } from '../../kube/json.ts';
import { retryOf } from './answers.ts';
import { type ControllerLoop, controllerLoop, done, soon } from './controller-loop.ts';
import type { GarbageCollector } from './garbage/controller.ts';
import { isDeleting } from './garbage/graph.ts';
import type { Room } from './room.ts';

const accountName = 'default';
/** How long until an emptied namespace is looked at again for what was on its way. */
const settleMs = 100;

export function namespaceController(room: Room, garbage: GarbageCollector): ControllerLoop {
  const { namespaces, accounts } = room.caches;
  const loop = controllerLoop({ name: 'Namespace', ...room, reconcile: (key) => reconcile(room, garbage, key) });
  namespaces.store.onChange(({ kind, object }) => {
    if (kind !== 'deleted') loop.add(queueKey(object.metadata));
  });
  accounts.store.onChange(({ kind, object }) => {
    if (kind === 'deleted' && object.metadata.name === accountName) loop.add(object.metadata.namespace ?? '');
  });
  garbage.onChange((item) => {
    const namespace = namespaces.store.get('', item.metadata.namespace ?? '');
    if (namespace !== undefined && isDeleting(namespace)) loop.add(namespace.metadata.name);
  });
  return loop;
}

async function reconcile(room: Room, garbage: GarbageCollector, name: string): Promise<ReconcileResult> {
  const namespace = room.caches.namespaces.store.get('', name);
  if (namespace === undefined) return done;
  if (!isDeleting(namespace)) return ensureAccount(room, name);
  const left = garbage.graph.inNamespace(name);
  for (const item of left) {
    if (isDeleting(item)) continue;
    const retry = retryOf(await room.client.delete(keyOf(item), uidOf(item)));
    if (retry !== undefined) return retry;
  }
  if (left.length > 0) return done;
  if (await hasContent(room, garbage, name)) return soon(room.clock, settleMs);
  return finalize(room, name);
}

function uidOf({ metadata: { uid } }: KubeObject): { readonly uid?: string } {
  return uid === undefined ? {} : { uid };
}

async function ensureAccount(room: Room, namespace: string): Promise<ReconcileResult> {
  if (room.caches.accounts.store.get(namespace, accountName) !== undefined) return done;
  const metadata = { name: accountName, namespace };
  const made = await room.client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  if (made.kind === 'conflict' && made.reason === 'AlreadyExists') return done;
  return retryOf(made) ?? done;
}

/** The server has the last word: the graph may not know yet what was made a moment ago. */
async function hasContent(room: Room, garbage: GarbageCollector, namespace: string): Promise<boolean> {
  for (const kind of garbage.kinds()) {
    const served = await room.client.served(kind);
    if (served?.namespaced !== true) continue;
    const path = collectionPath(served, namespace);
    const found = await room.transport.send({ method: 'GET', path, query: { limit: '1' }, pool: 'read' });
    if (found.kind === 'not-found') continue;
    if (found.kind !== 'ok' || listOf(found.object, 'items').length > 0) return true;
  }
  return false;
}

async function finalize(room: Room, name: string): Promise<ReconcileResult> {
  const path = `/api/v1/namespaces/${name}`;
  await room.transport.send({ method: 'DELETE', path: `${path}/events`, pool: 'write' });
  const live = await room.transport.send({ method: 'GET', path, pool: 'read' });
  if (live.kind !== 'ok') return retryOf(live) ?? done;
  const body = { ...live.object, spec: { finalizers: [] } };
  return retryOf(await room.transport.send({ method: 'PUT', path: `${path}/finalize`, pool: 'write', body })) ?? done;
}
