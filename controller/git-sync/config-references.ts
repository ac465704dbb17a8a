/** Every place where a pod template names a ConfigMap or a Secret, and how to rename it there. Pure. */

import type { Json, JsonObject } from '../../kube/api.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import { type Manifest, valueAt, withValueAt } from './objects.ts';

export type ConfigKind = 'ConfigMap' | 'Secret';

/** Gives the name to write instead of `name`; called once per reference. */
export type Rename = (kind: ConfigKind, name: string) => string;

/** Where the pod template of a kind is; only Rollouts and Jobs read config by revision. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Rollout: ['spec', 'template'],
  Job: ['spec', 'template'],
};

/** Path of the pod template whose config travels with the revision; undefined for every other object. */
export function revisionTemplatePath(object: Manifest, rolloutGroup: string): readonly string[] | undefined {
  const group = object.kind === 'Job' ? 'batch' : rolloutGroup;
  if (!object.apiVersion.startsWith(`${group}/`)) return undefined;
  return templatePaths[object.kind];
}

/**
 * The object with the references of its pod template renamed: volumes (also projected), env and envFrom of init and main
 * containers, optional ones too. imagePullSecrets are read by the node, not by the revision, and stay.
 */
export function renameConfig(object: Manifest, templatePath: readonly string[], rename: Rename): Manifest {
  const path = [...templatePath, 'spec'];
  const spec = valueAt(object, path);
  return isJsonObject(spec) ? withValueAt(object, path, renamePodSpec(spec, rename)) : object;
}

/** `kind/name` of every ConfigMap and Secret that the pod template at `templatePath` names. */
export function referencedIn(object: Manifest, templatePath: readonly string[]): readonly string[] {
  const found: string[] = [];
  renameConfig(object, templatePath, (kind, name) => {
    found.push(`${kind}/${name}`);
    return name;
  });
  return found;
}

function renamePodSpec(spec: JsonObject, rename: Rename): JsonObject {
  const next: Record<string, Json | undefined> = { ...spec };
  for (const field of ['containers', 'initContainers']) {
    if (field in spec) next[field] = mapList(spec[field], (container) => renameContainer(container, rename));
  }
  if ('volumes' in spec) next['volumes'] = mapList(spec['volumes'], (volume) => renameVolume(volume, rename));
  return next;
}

function renameContainer(container: JsonObject, rename: Rename): JsonObject {
  const next: Record<string, Json | undefined> = { ...container };
  if ('env' in container) {
    next['env'] = mapList(container['env'], (entry) =>
      within(entry, 'valueFrom', (from) =>
        named(named(from, 'configMapKeyRef', 'name', 'ConfigMap', rename), 'secretKeyRef', 'name', 'Secret', rename),
      ),
    );
  }
  if ('envFrom' in container) {
    next['envFrom'] = mapList(container['envFrom'], (from) =>
      named(named(from, 'configMapRef', 'name', 'ConfigMap', rename), 'secretRef', 'name', 'Secret', rename),
    );
  }
  return next;
}

function renameVolume(volume: JsonObject, rename: Rename): JsonObject {
  const plain = named(
    named(volume, 'configMap', 'name', 'ConfigMap', rename),
    'secret',
    'secretName',
    'Secret',
    rename,
  );
  return within(plain, 'projected', (projected) => ({
    ...projected,
    ...('sources' in projected
      ? {
          sources: mapList(projected['sources'], (source) =>
            named(named(source, 'configMap', 'name', 'ConfigMap', rename), 'secret', 'name', 'Secret', rename),
          ),
        }
      : {}),
  }));
}

function named(object: JsonObject, field: string, nameField: string, kind: ConfigKind, rename: Rename): JsonObject {
  return within(object, field, (reference) => {
    const name = reference[nameField];
    return typeof name === 'string' ? { ...reference, [nameField]: rename(kind, name) } : reference;
  });
}

function within(object: JsonObject, field: string, change: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = object[field];
  return isJsonObject(inner) ? { ...object, [field]: change(inner) } : object;
}

function mapList(list: Json | undefined, change: (item: JsonObject) => JsonObject): Json | undefined {
  if (!Array.isArray(list)) return list;
  return list.map((item: Json) => (isJsonObject(item) ? change(item) : item));
}
