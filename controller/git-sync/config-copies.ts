/**
 * Config travels with the revision: each ConfigMap or Secret that a Rollout's or Job's pod template of the set reads becomes an
 * immutable copy under a name that says what is in it, and the template reads the copy. Pure; digests come from the caller.
 */

import type { Keys } from '../../crds/schema/keys.ts';
import type { ConfigCopy, ReleaseRollout } from '../../crds/schema/release.ts';
import type { JsonObject } from '../../kube/api.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import { podTemplateHash } from '../rollout/pod-hash.ts';
import { type ConfigKind, renameConfig, revisionTemplatePath } from './config-references.ts';
import { annotationOf, idOf, type Manifest, objectId, valueAt } from './objects.ts';

/** A set that can be applied: copies made, references rewritten, template hashes known. */
export interface PreparedSet {
  readonly objects: readonly Manifest[];
  readonly rollouts: readonly ReleaseRollout[];
  readonly copies: readonly ConfigCopy[];
}

export interface CopyInputs {
  readonly keys: Keys;
  /** API group of Rollouts. */
  readonly group: string;
  /** `objectId` → full hex digest of the content of each ConfigMap and Secret of the set; keyed for Secrets. */
  readonly digests: ReadonlyMap<string, string>;
  /** Full digest of the copy that already has this name, '' when the name is taken by something else, undefined when it is free. */
  readonly taken: (kind: ConfigKind, namespace: string, name: string) => string | undefined;
}

const shortestSuffix = 8;
const longestName = 253;

/** Builds the copies and rewrites the set. Objects that are no copies keep their order; copies stand first. */
export function prepareSet(objects: readonly Manifest[], inputs: CopyInputs): PreparedSet {
  const referenced = referencedConfigs(objects, inputs.group);
  const copied = objects.filter((object) => needsCopy(object, referenced, inputs.keys));
  const copies = copied.map((object) => copyRecord(object, inputs));
  const names = new Map(
    copies.filter((copy) => travels(copy, copied, inputs.keys)).map((copy) => [plainId(copy), copy.copyName]),
  );
  const rewritten = objects.map((object) => rewrite(object, names, inputs.group));
  return {
    objects: [...copied.map((object, index) => copyObject(object, copies[index]!, inputs.keys)), ...rewritten],
    rollouts: rolloutsOf(rewritten, inputs.group),
    copies,
  };
}

/** `objectId` of every ConfigMap and Secret that a Rollout's or Job's pod template of the set names. */
export function referencedConfigs(objects: readonly Manifest[], group: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const object of objects) {
    const path = revisionTemplatePath(object, group);
    if (path === undefined) continue;
    renameConfig(object, path, (kind, name) => {
      found.add(idOf({ group: '', kind, namespace: object.metadata.namespace ?? '', name }));
      return name;
    });
  }
  return found;
}

/** Rollouts of a set with the hash of their pod template as it stands there. */
export function rolloutsOf(objects: readonly Manifest[], group: string): readonly ReleaseRollout[] {
  return objects
    .filter((object) => object.kind === 'Rollout' && object.apiVersion.startsWith(`${group}/`))
    .map((object) => {
      const template = valueAt(object, ['spec', 'template']);
      return {
        name: object.metadata.name,
        namespace: object.metadata.namespace ?? '',
        templateHash: podTemplateHash(isJsonObject(template) ? template : {}),
      };
    });
}

function isConfig(object: Manifest): object is Manifest & { kind: ConfigKind } {
  return object.apiVersion === 'v1' && (object.kind === 'ConfigMap' || object.kind === 'Secret');
}

/** Every Secret that can change is copied, used or not: its data is not in the ledger, so a restore takes it from the copy. */
function needsCopy(
  object: Manifest,
  referenced: ReadonlySet<string>,
  keys: Keys,
): object is Manifest & { kind: ConfigKind } {
  if (!isConfig(object) || object['immutable'] === true) return false;
  if (object.kind === 'Secret') return true;
  return referenced.has(objectId(object)) && !isLive(object, keys);
}

function isLive(object: Manifest, keys: Keys): boolean {
  const value = annotationOf(object, keys.configLive);
  return value !== undefined && value !== 'false';
}

/** Whether templates read the copy; a Secret annotated as live has a copy only for restoring. */
function travels(copy: ConfigCopy, copied: readonly Manifest[], keys: Keys): boolean {
  const plain = copied.find((object) => objectId(object) === plainId(copy));
  return plain !== undefined && !isLive(plain, keys);
}

function plainId(copy: ConfigCopy): string {
  return idOf({ group: '', kind: copy.kind, namespace: copy.namespace, name: copy.name });
}

function copyRecord(object: Manifest & { kind: ConfigKind }, inputs: CopyInputs): ConfigCopy {
  const digest = inputs.digests.get(objectId(object));
  if (digest === undefined) throw new Error(`no digest was computed for ${object.kind} ${object.metadata.name}`);
  const namespace = object.metadata.namespace ?? '';
  const copyName = freeName(object, digest, (name) => inputs.taken(object.kind, namespace, name));
  return { kind: object.kind, namespace, name: object.metadata.name, copyName, digest };
}

/** `<name>-<digest8>`; the suffix grows while another content has the name. */
function freeName(object: Manifest, digest: string, taken: (name: string) => string | undefined): string {
  for (let length = shortestSuffix; length < digest.length; length += 8) {
    const name = `${object.metadata.name.slice(0, longestName - 1 - length)}-${digest.slice(0, length)}`;
    const holder = taken(name);
    if (holder === undefined || holder === digest) return name;
  }
  return `${object.metadata.name.slice(0, longestName - 1 - digest.length)}-${digest}`;
}

function copyObject(object: Manifest & { kind: ConfigKind }, copy: ConfigCopy, keys: Keys): Manifest {
  const { metadata, ...rest } = object;
  const plain: JsonObject = Object.fromEntries(
    Object.entries(rest).filter(([name]) => ['data', 'binaryData', 'stringData', 'type'].includes(name)),
  ) as JsonObject;
  return {
    apiVersion: 'v1',
    kind: object.kind,
    metadata: {
      name: copy.copyName,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      // A label value ends after 63 characters; the annotation of the digest and the name itself stay whole.
      labels: { [keys.configCopyOf]: copy.name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '') },
      annotations: { [keys.configDigest]: copy.digest },
    },
    immutable: true,
    ...plain,
  } as Manifest;
}

function rewrite(object: Manifest, names: ReadonlyMap<string, string>, group: string): Manifest {
  const path = revisionTemplatePath(object, group);
  if (path === undefined) return object;
  const namespace = object.metadata.namespace ?? '';
  return renameConfig(object, path, (kind, name) => names.get(idOf({ group: '', kind, namespace, name })) ?? name);
}

/** Whether the object is one of the immutable copies. */
export function isCopy(object: Manifest, keys: Keys): boolean {
  return object.metadata.labels?.[keys.configCopyOf] !== undefined;
}

/**
 * `objectId` of the plain ConfigMaps and Secrets that change only when all Rollouts of the release are promoted: those
 * whose copy a pod template of a Rollout reads.
 */
export function deferredConfigs(set: PreparedSet, group: string): ReadonlySet<string> {
  const rollouts = set.objects.filter((object) => object.kind === 'Rollout');
  const read = referencedConfigs(rollouts, group);
  return new Set(
    set.copies
      .filter((copy) => read.has(idOf({ group: '', kind: copy.kind, namespace: copy.namespace, name: copy.copyName })))
      .map(plainId),
  );
}
