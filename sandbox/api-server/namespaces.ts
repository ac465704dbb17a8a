/** The namespaces that are there from the start, and the account `default` that every namespace has. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { namespaces } from './builtin-shelves.ts';
import { type Core, ownWrite, type Write } from './core.ts';
import { createObject } from './create.ts';
import type { ServedKind } from './served-kind.ts';

const initial = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** From now on an account follows each new namespace. */
export function keepNamespaces(core: Core): void {
  const namespaceKind = core.kinds.resource('', 'v1', 'namespaces');
  const accountKind = core.kinds.resource('', 'v1', 'serviceaccounts');
  if (namespaceKind === undefined || accountKind === undefined) return;
  core.store.follow(namespaces.shelf, ({ name, before, after }) => {
    if (before === undefined && after !== undefined) make(core, accountKind, name, 'default');
  });
  for (const name of initial) make(core, namespaceKind, '', name);
}

function make(core: Core, kind: ServedKind, namespace: string, name: string): void {
  const write: Write = { core, target: { kind, namespace, name, subresource: '' }, ...ownWrite('create') };
  const body: JsonObject = { apiVersion: 'v1', kind: kind.kind, metadata: { name } };
  createObject(write, kind.schema.normalise(body).object);
}
