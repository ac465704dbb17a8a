/** Checks of a whole rendered set that need no cluster: foreign namespaces, duplicates, encrypted Secrets, missing names. Pure. */

import { objectText, type Problem, problem } from '../../crds/schema/problem.ts';
import { ownGroup } from '../../crds/schema/dialect.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { KubeObject } from '../../kube/api.ts';
import { groupOf, type Manifest, objectId } from './objects.ts';

/** What a check is told besides the set. */
export interface CheckContext {
  /** Namespace of the GitSync: the only one that its objects may be in. */
  readonly namespace: string;
  /** `GitSync shop/web`, for sentences that speak of the whole set. */
  readonly sync: string;
  readonly path: string;
  /** True for a live object that this GitSync applied: when the set lacks it, it is about to be deleted. */
  readonly leaves: (live: KubeObject) => boolean;
}

/** Looks at the whole set as it would be applied; each problem is one whole sentence. */
export type SetCheck = (objects: readonly Manifest[], context: CheckContext) => readonly Problem[];

const recordKinds = new Set(['Release', 'GitRevert', 'RolloutRun']);

/** The checks that every set must pass. */
export const standardChecks: readonly SetCheck[] = [
  somethingRendered,
  everyObjectNamed,
  noForeignNamespace,
  noDuplicate,
  noEncryptedSecret,
  noRecords,
];

function somethingRendered(objects: readonly Manifest[], context: CheckContext): readonly Problem[] {
  if (objects.length > 0) return [];
  return [
    problem({
      object: context.sync,
      field: 'spec.path',
      found: `"${context.path}", which renders to no object`,
      allowed: 'at least one object is needed, or everything would be deleted',
      remedy: 'correct the path, or delete the GitSync',
    }),
  ];
}

function everyObjectNamed(objects: readonly Manifest[]): readonly Problem[] {
  return objects.flatMap((object) => {
    if (object.metadata.name) return [];
    const found = object.metadata.generateName ? 'left to metadata.generateName' : 'missing';
    return [
      problem({
        object: `${object.kind} (${object.apiVersion})`,
        field: 'metadata.name',
        found,
        allowed: 'an object from Git needs a fixed name to be found again',
        remedy: 'give it a name',
      }),
    ];
  });
}

function noForeignNamespace(objects: readonly Manifest[], context: CheckContext): readonly Problem[] {
  return objects
    .filter((object) => object.metadata.namespace !== undefined && object.metadata.namespace !== context.namespace)
    .map((object) =>
      problem({
        object: objectText(object),
        field: 'metadata.namespace',
        found: `"${object.metadata.namespace}"`,
        allowed: `${context.sync} may only apply objects of its own namespace "${context.namespace}"`,
        remedy: 'remove the field, or give that namespace a GitSync of its own',
      }),
    );
}

function noDuplicate(objects: readonly Manifest[]): readonly Problem[] {
  const seen = new Set<string>();
  return objects.flatMap((object) => {
    const id = objectId(object);
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [
      problem({
        object: objectText(object),
        field: 'metadata.name',
        found: `"${object.metadata.name}" in two manifests of the set`,
        allowed: 'an object may be there once',
        remedy: 'remove one of the two',
      }),
    ];
  });
}

function noEncryptedSecret(objects: readonly Manifest[]): readonly Problem[] {
  return objects.filter(isEncrypted).map((object) =>
    problem({
      object: objectText(object),
      field: 'sops' in object ? 'sops' : 'data',
      found: 'encrypted',
      allowed: 'this version has no key to decrypt Secrets of a repository',
      remedy: 'create the Secret in the cluster by other means and remove it from Git',
    }),
  );
}

/** SOPS leaves its metadata under `sops` and writes each value as `ENC[...]`. */
function isEncrypted(object: Manifest): boolean {
  if (isJsonObject(object['sops'])) return true;
  if (object.kind !== 'Secret') return false;
  return ['data', 'stringData'].some((field) => {
    const values = object[field];
    return (
      isJsonObject(values) &&
      Object.values(values).some((value) => typeof value === 'string' && value.startsWith('ENC['))
    );
  });
}

function noRecords(objects: readonly Manifest[]): readonly Problem[] {
  return objects
    .filter((object) => groupOf(object.apiVersion) === ownGroup && recordKinds.has(object.kind))
    .map((object) =>
      problem({
        object: objectText(object),
        field: 'kind',
        found: object.kind,
        allowed: 'only the controller writes such records',
        remedy: 'remove the manifest from Git',
      }),
    );
}
