/** The schema of a custom resource, from a version of its definition. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { isJsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { customNode } from './custom-node.ts';
import { normaliseCustom } from './custom-prune.ts';
import { rootStructure } from './custom-structure.ts';

export interface CustomNames {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `crdVersion` is one entry of `spec.versions` of a CustomResourceDefinition. Compile once, use for every object. */
export function customSchema(crdVersion: JsonObject, names: CustomNames): KindSchema {
  const given = isJsonObject(crdVersion['schema']) ? crdVersion['schema']['openAPIV3Schema'] : undefined;
  const schema = isJsonObject(given) ? given : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const subresources = isJsonObject(crdVersion['subresources']) ? crdVersion['subresources'] : {};
  void names;
  const root = customNode(schema);
  return {
    custom: true,
    hasStatus: isJsonObject(subresources['status']),
    normalise: (object) => normaliseCustom(object, root),
    validate: () => [],
    structure: rootStructure(root),
    openapi: schema,
  };
}
