/** A schema that takes anything: for kinds of which nothing is known. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';

export function openSchema(_names: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): KindSchema {
  return {
    custom: false,
    normalise: (object: JsonObject) => ({ object, unknown: [] }),
    validate: () => [],
    structure: { kind: 'object', fields: {}, rest: { kind: 'atomic' } },
    openapi: { type: 'object' },
  };
}
