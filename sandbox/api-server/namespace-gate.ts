/** Nothing new is made in a namespace that is not there or is ending. */

import { namespaces } from './builtin-shelves.ts';
import type { Write } from './core.ts';
import { stringAt } from './json-access.ts';
import { forbidden, notFound } from './status-error.ts';

/** @throws StatusError 404 or 403. */
export function checkNamespaceOpen({ core, target }: Pick<Write, 'core' | 'target'>, name: string): void {
  if (!target.kind.namespaced) return;
  const namespace = core.store.get(namespaces.shelf, '', target.namespace);
  if (namespace === undefined) throw notFound(namespaces, target.namespace);
  if (stringAt(namespace, 'metadata', 'deletionTimestamp') === '') return;
  const why = `unable to create new content in namespace ${target.namespace} because it is being terminated`;
  const message = `namespace ${target.namespace} is being terminated`;
  throw forbidden(target.kind, name, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
}
