/**
 * CustomResourceDefinitions at work: what they define is served from the moment they are stored, and with a definition go
 * its objects.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { customResourceDefinitions, shelfName } from './builtin-shelves.ts';
import { commit, type Core, type Target, type Write } from './core.ts';
import { type Deleted, type DeleteOptions, deleteObject } from './delete.ts';
import { merged, metadataOf, nameOf, namespaceOf, objectAt, objectsAt, stringAt } from './json-access.ts';

export function isDefinition({ kind }: Target): boolean {
  return kind.shelf === customResourceDefinitions.shelf;
}

/** Keeps the registry in step with the stored definitions. */
export function serveDefinitions(core: Core): void {
  core.store.follow(customResourceDefinitions.shelf, ({ name, after }) => {
    if (after === undefined) core.kinds.remove(name);
    else core.kinds.install(after);
  });
}

const cleanup = 'customresourcecleanup.apiextensions.k8s.io';

/** Its objects are deleted first; while some of them are held by finalizers the definition stays, marked. */
export function deleteDefinition(write: Write, live: JsonObject, options: DeleteOptions): Deleted {
  const { core } = write;
  if (write.dryRun) return deleteObject(write, live, options);
  const held = { ...live, metadata: merged(metadataOf(live), { finalizers: [cleanup] }) };
  const marked = deleteObject(write, commit(write, nameOf(live), held), { ...options, uid: '', resourceVersion: '' });
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
