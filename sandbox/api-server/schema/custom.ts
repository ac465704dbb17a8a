/** The schema of a custom resource, from a version of its definition. */

import { isJsonObject, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { customNode } from './custom-node.ts';
import { normaliseCustom } from './custom-prune.ts';
import { compileRules } from './custom-rules.ts';
import { rootStructure } from './custom-structure.ts';
import { validateCustom } from './custom-validation.ts';

export interface CustomNames {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Compiled before, by the text of the definition: many servers of one process have the same definitions. */
const compiled = new Map<string, KindSchema>();
const mostCompiled = 100;

/**
 * `crdVersion` is one entry of `spec.versions` of a CustomResourceDefinition.
 * @throws Error that names a CEL rule which can't be run.
 */
export function customSchema(crdVersion: JsonObject, _names: CustomNames): KindSchema {
  const text = JSON.stringify([crdVersion['schema'], crdVersion['subresources']]);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const made = compile(crdVersion);
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(text, made);
  return made;
}

function compile(crdVersion: JsonObject): KindSchema {
  const given = isJsonObject(crdVersion['schema']) ? crdVersion['schema']['openAPIV3Schema'] : undefined;
  const schema = isJsonObject(given) ? given : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const subresources = isJsonObject(crdVersion['subresources']) ? crdVersion['subresources'] : {};
  const hasStatus = isJsonObject(subresources['status']);
  const scale = isJsonObject(subresources['scale']) ? subresources['scale'] : {};
  const traits = {
    hasStatus,
    scaleSpecPath: textAt(scale, 'specReplicasPath'),
    scaleStatusPath: textAt(scale, 'statusReplicasPath'),
  };
  const root = customNode(schema);
  compileRules(root);
  return {
    custom: true,
    hasStatus,
    hasScale: isJsonObject(subresources['scale']),
    normalise: (object, from) => normaliseCustom(object, root, from === 'apply'),
    validate: (object, old) => validateCustom(object, old, root, traits),
    structure: rootStructure(root),
    openapi: schema,
  };
}
