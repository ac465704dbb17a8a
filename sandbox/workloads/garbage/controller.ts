/**
 * The garbage collector: watches the metadata of every kind and looks at whatever may have lost an owner.
 */

import { type KindRef, type KubeObject, type StoreChange } from '../../../kube/api.ts';
import { type KindCache, watchKind, wholeObject } from '../../../kube/cache/cache.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { type ControllerLoop, controllerLoop } from '../controller-loop.ts';
import type { Room } from '../room.ts';
import { head } from '../views.ts';
import { collect } from './collect.ts';
import { type Graph, orphansDependents, ownerGraph, waitsForDependents } from './graph.ts';
import { kindDefined, servedKinds } from './kinds.ts';

export interface GarbageCollector {
  readonly graph: Graph;
  /** Kinds watched now. */
  kinds(): readonly KindRef[];
  /** Called after each change of the graph. */
  onChange(handler: (item: KubeObject) => void): void;
  /** Rejects when the API server does not say what it serves; resolves when every kind has been listed. */
  start(signal: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

interface Watched {
  readonly kind: KindRef;
  readonly cache: KindCache<KubeObject>;
  readonly stop: AbortController;
  running: Promise<void>;
}

export function garbageCollector(room: Room): GarbageCollector {
  const graph = ownerGraph();
  const watched = new Map<string, Watched>();
  const handlers: ((item: KubeObject) => void)[] = [];
  const collector = { client: room.client, graph, add: (uid: string) => loop.add(uid) };
  const loop: ControllerLoop = controllerLoop({
    name: 'garbage collector',
    ...room,
    reconcile: (uid) => collect(collector, uid),
  });
  const definitions = watchKind<RawObject>({ ...room, kind: definitionKind, project: wholeObject });
  const follow = (kind: KindRef): void => {
    const id = `${kind.group}/${kind.kind}`;
    if (watched.has(id)) return;
    const cache = watchKind<KubeObject>({ ...room, kind, project: head });
    cache.store.onChange((change) => {
      take(graph, loop, change);
      for (const handler of handlers) handler(change.object);
    });
    const stop = new AbortController();
    watched.set(id, { kind, cache, stop, running: cache.run(stop.signal) });
  };
  definitions.store.onChange(({ kind: change, object }) => {
    const kind = kindDefined(object);
    if (kind === undefined) return;
    if (change !== 'deleted') return follow(kind);
    const id = `${kind.group}/${kind.kind}`;
    const gone = watched.get(id);
    watched.delete(id);
    gone?.stop.abort();
    for (const item of gone?.cache.store.list() ?? []) take(graph, loop, { kind: 'deleted', object: item });
  });
  let defining: Promise<void> = Promise.resolve();
  return {
    graph,
    kinds: () => [...watched.values()].map((one) => one.kind),
    onChange: (handler) => void handlers.push(handler),
    async start(signal) {
      for (const kind of await servedKinds(room.transport)) follow(kind);
      defining = definitions.run(signal);
      await definitions.whenSettled(signal);
      await Promise.all([...watched.values()].map((one) => one.cache.whenSettled(signal)));
    },
    async run(signal) {
      await loop.run(signal);
      for (const one of watched.values()) one.stop.abort();
      await Promise.all([defining, ...[...watched.values()].map((one) => one.running)]);
    },
  };
}

const definitionKind: KindRef = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' };

function take(graph: Graph, loop: ControllerLoop, { kind, object, old }: StoreChange<KubeObject>): void {
  const { uid = '' } = object.metadata;
  if (kind === 'deleted') {
    const dependents = graph.dependents(uid);
    graph.remove(object);
    for (const one of dependents) loop.add(one.metadata.uid ?? '');
    addWaitingOwners(graph, loop, object);
    return;
  }
  graph.put(object);
  if (old !== undefined) addWaitingOwners(graph, loop, old);
  addWaitingOwners(graph, loop, object);
  if (waitsForDependents(object) || orphansDependents(object) || mayBeGarbage(graph, object)) loop.add(uid);
}

/** An owner that waits for its dependents has one less to wait for, or another that it does not know of. */
function addWaitingOwners(graph: Graph, loop: ControllerLoop, item: KubeObject): void {
  for (const ref of item.metadata.ownerReferences ?? []) {
    const owner = graph.get(ref.uid);
    if (owner !== undefined && waitsForDependents(owner)) loop.add(ref.uid);
  }
}

function mayBeGarbage(graph: Graph, item: KubeObject): boolean {
  return (
    item.metadata.ownerReferences?.some((ref) => {
      const owner = graph.get(ref.uid);
      return owner === undefined || waitsForDependents(owner) || owner.metadata.namespace !== item.metadata.namespace;
    }) === true
  );
}
