/** The schema of a custom resource, from a version of its definition. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { openSchema } from './open.ts';

export interface CustomNames {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `crdVersion` is one entry of `spec.versions` of a CustomResourceDefinition. Compile once, use for every object. */
export function customSchema(_crdVersion: JsonObject, names: CustomNames): KindSchema {
  return { ...openSchema(names), custom: true };
}
