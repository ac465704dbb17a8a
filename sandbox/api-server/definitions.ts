/**
 * CustomResourceDefinitions at work: what they define is served from the moment they are stored, and with a definition go
 * its objects.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { customResourceDefinitions, shelfName } from './builtin-shelves.ts';
import { commit, type Core, ownWrite, type Target, timestamp, type Write } from './core.ts';
import { isEstablished, namesStatus } from './definition-status.ts';
import { checkPreconditions, type Deleted, type DeleteOptions, deleteObject } from './delete.ts';
import { nameOf, namespaceOf, objectAt, objectsAt, stringAt, withMetadata } from './json-access.ts';
import { updateObject } from './update.ts';

export function isDefinition({ kind }: Target): boolean {
  return kind.shelf === customResourceDefinitions.shelf;
}

/** Keeps the registry in step with the stored definitions; what is new is established at once. */
export function serveDefinitions(core: Core): void {
  const { store, kinds } = core;
  const { shelf } = customResourceDefinitions;
  store.follow(shelf, ({ name, after }) => {
    if (after !== undefined) {
      if (isEstablished(after)) kinds.install(after);
      else establish(core, after);
      return;
    }
    kinds.remove(name);
    for (const other of store.list(shelf, '')) if (!isEstablished(other)) establish(core, other);
  });
}

function establish(core: Core, definition: JsonObject): void {
  const kind = core.kinds.ofKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition');
  if (kind === undefined) return;
  const target = { kind, namespace: '', name: nameOf(definition), subresource: 'status' };
  const others = core.store.list(kind.shelf, '').filter((other) => nameOf(other) !== nameOf(definition));
  const status = namesStatus(definition, others, timestamp(core.clock.now()));
  updateObject({ core, target, ...ownWrite('update') }, { ...definition, status }, definition);
}

const cleanup = 'customresourcecleanup.apiextensions.k8s.io';

/** Its objects are deleted first; while some of them are held by finalizers the definition stays, marked. */
export function deleteDefinition(write: Write, live: JsonObject, options: DeleteOptions): Deleted {
  const { core } = write;
  checkPreconditions(write, live, options);
  if (write.dryRun) return deleteObject(write, live, options);
  const marked: Deleted = { object: commit(write, nameOf(live), ending(write, live)), gone: false };
  const shelf = shelfName(stringAt(live, 'spec', 'group'), stringAt(live, 'spec', 'names', 'plural'));
  const finish = (): boolean => {
    if (core.store.list(shelf, '').length > 0) return false;
    commit(write, nameOf(live), undefined);
    return true;
  };
  deleteAll(write, live, shelf, options);
  if (finish()) return { object: marked.object, gone: false };
  const unfollow = core.store.follow(shelf, () => {
    if (finish()) unfollow();
  });
  return marked;
}

function ending(write: Write, live: JsonObject): JsonObject {
  const at = timestamp(write.core.clock.now());
  const terminating = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: at,
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const status = objectAt(live, 'status');
  return {
    ...withMetadata(live, { deletionTimestamp: at, finalizers: [cleanup] }),
    status: { ...status, conditions: [...objectsAt(status, 'conditions'), terminating] },
  };
}

function deleteAll(write: Write, definition: JsonObject, shelf: string, options: DeleteOptions): void {
  const { core } = write;
  const names = objectAt(definition, 'spec', 'names');
  const version = objectsAt(definition, 'spec', 'versions').find((one) => one.storage === true);
  const kind = core.kinds.resource(
    stringAt(definition, 'spec', 'group'),
    stringAt(version, 'name'),
    stringAt(names, 'plural'),
  );
  if (kind === undefined) return;
  for (const object of core.store.list(shelf, '')) {
    const target = { kind, namespace: namespaceOf(object), name: nameOf(object), subresource: '' };
    deleteObject({ ...write, target }, object, { ...options, uid: '', resourceVersion: '', propagation: '' });
  }
}
