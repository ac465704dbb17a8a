/** What a server checks of builtin objects beyond their types. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';

export function validateBuiltin(
  _group: string,
  _kind: string,
  _object: JsonObject,
  _old: JsonObject | undefined,
): readonly FieldCause[] {
  return [];
}
