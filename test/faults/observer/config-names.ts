/** The ConfigMaps or Secrets that a pod template refers to: volumes (projected ones too), env and envFrom of all containers. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import { textOf, valueAt } from './read-json.ts';

const fields = {
  ConfigMap: new Set(['configMap', 'configMapRef', 'configMapKeyRef']),
  Secret: new Set(['secret', 'secretRef', 'secretKeyRef']),
} as const;

/** `owner` has its pod template at spec.template. */
export function configNames(owner: JsonObject, kind: 'ConfigMap' | 'Secret'): ReadonlySet<string> {
  const names = new Set<string>();
  collect(valueAt(owner, 'spec', 'template', 'spec'), fields[kind], names);
  return names;
}

function collect(value: Json | undefined, wanted: ReadonlySet<string>, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const one of value as readonly Json[]) collect(one, wanted, names);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, one] of Object.entries(value)) {
    const name = wanted.has(key) ? (textOf(one, 'name') ?? textOf(one, 'secretName')) : undefined;
    if (name !== undefined) names.add(name);
    collect(one, wanted, names);
  }
}
