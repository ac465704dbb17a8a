/** namespaces/finalize: takes finalizers out of the spec; with the last one a namespace that is ending goes. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Write } from './core.ts';
import { listAt, objectAt } from './json-access.ts';
import { notFound } from './status-error.ts';
import { checkName, liveObject, updateObject } from './update.ts';

/** @throws StatusError 404, 409. */
export function finalizeNamespace(write: Write, body: Json | undefined): JsonObject {
  const live = liveObject(write);
  if (live === undefined) throw notFound(write.target.kind, write.target.name);
  const sent = checkName(write, isJsonObject(body) ? body : {});
  const finalizers = listAt(sent, 'spec', 'finalizers');
  const { finalizers: _old, ...spec } = objectAt(live, 'spec');
  const metadata = { ...objectAt(live, 'metadata'), resourceVersion: objectAt(sent, 'metadata').resourceVersion };
  return updateObject(
    write,
    { ...live, metadata, spec: finalizers.length === 0 ? spec : { ...spec, finalizers } },
    live,
  );
}
