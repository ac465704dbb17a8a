/** Schemas of custom resources, each compiled once. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { KindSchema } from './contract.ts';
import { type CustomNames, customSchema } from './schema/custom.ts';

/** Compiled schemas by their text: a definition comes with every change of its status, and many servers have the same ones. */
const compiled = new Map<string, KindSchema>();
const maxCompiled = 100;

/** @throws Error that names a CEL rule which can't be run. */
export function compiledSchema(version: JsonObject, names: CustomNames): KindSchema {
  const key = JSON.stringify([names, version.schema, version.subresources]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= maxCompiled) compiled.clear();
  const schema = customSchema(version, names);
  compiled.set(key, schema);
  return schema;
}
