/**
 * The ledger of what a commit rendered to: packs a set into Release objects of at most 900 KiB each and reads it back. The
 * data of Secrets is left out and comes back from the revision's immutable copies.
 */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Keys } from '../../crds/schema/keys.ts';
import type { ConfigCopy, Release } from '../../crds/schema/release.ts';
import type { Json } from '../../kube/api.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import { isCopy, type PreparedSet } from './config-copies.ts';
import { idOf, type Manifest, withMetadata } from './objects.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** etcd takes 1.5 MiB a request; base64 text of this size leaves room for the rest of the object. */
export const maxPartBytes = 900 * 1024;
const maxSetBytes = 256 * 1024 * 1024;

export interface PackedSet {
  /** Base64 texts in order; each fits one Release object. Never empty. */
  readonly parts: readonly string[];
  /** SHA-256 of the joined compressed bytes, hex. */
  readonly partDigest: string;
}

export async function packSet(objects: readonly Manifest[], partBytes: number = maxPartBytes): Promise<PackedSet> {
  const bytes = await pack(JSON.stringify(objects.map(withoutSecretData)));
  const text = bytes.toString('base64');
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += partBytes) parts.push(text.slice(at, at + partBytes));
  return { parts, partDigest: digestOf(bytes) };
}

export type UnpackedSet =
  | { readonly kind: 'ok'; readonly objects: readonly Manifest[] }
  | { readonly kind: 'incomplete'; readonly why: string };

/** Joins the parts in order, checks count and digest. `why` is a clause. */
export async function unpackSet(
  parts: readonly (string | undefined)[],
  wanted: { readonly parts: number; readonly partDigest: string },
): Promise<UnpackedSet> {
  const present = parts.filter((part) => part !== undefined && part !== '');
  if (present.length !== wanted.parts) {
    return { kind: 'incomplete', why: `${present.length} of ${wanted.parts} data parts are there` };
  }
  const bytes = Buffer.from(present.join(''), 'base64');
  if (digestOf(bytes) !== wanted.partDigest) return { kind: 'incomplete', why: 'its data does not match its digest' };
  const list: unknown = JSON.parse((await unpack(bytes, { maxOutputLength: maxSetBytes })).toString('utf8'));
  if (!Array.isArray(list)) return { kind: 'incomplete', why: 'its data is not a list of objects' };
  return { kind: 'ok', objects: list.filter(isJsonObject) as unknown as readonly Manifest[] };
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function withoutSecretData(object: Manifest): Manifest {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object;
  const { data: _data, stringData: _stringData, ...rest } = object;
  const annotations = object.metadata.annotations;
  // kubectl apply leaves the whole Secret in this annotation.
  if (annotations?.[lastApplied] === undefined) return rest as Manifest;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== lastApplied));
  return withMetadata(rest as Manifest, { ...object.metadata, annotations: kept });
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Where the data of each Secret of a set is: its copy, or the Secret itself when it can't change. `idOf` → name to read. */
export function secretSources(
  objects: readonly Manifest[],
  copies: readonly ConfigCopy[],
  keys: Keys,
): ReadonlyMap<string, string> {
  const copyOf = new Map(
    copies.filter((copy) => copy.kind === 'Secret').map((copy) => [`${copy.namespace}/${copy.name}`, copy]),
  );
  const sources = new Map<string, string>();
  for (const object of objects.filter((one) => one.kind === 'Secret' && one.apiVersion === 'v1')) {
    const { name, namespace = '' } = object.metadata;
    const copy = isCopy(object, keys) ? undefined : copyOf.get(`${namespace}/${name}`);
    sources.set(idOf({ group: '', kind: 'Secret', namespace, name }), copy?.copyName ?? name);
  }
  return sources;
}

/** Puts data back into the Secrets of a set; `dataOf` gives what was read for an `idOf`, undefined when it is gone. */
export function withSecretData(
  objects: readonly Manifest[],
  dataOf: (id: string) => Json | undefined,
): { readonly objects: readonly Manifest[]; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const filled = objects.map((object) => {
    if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object;
    const { name, namespace = '' } = object.metadata;
    const data = dataOf(idOf({ group: '', kind: 'Secret', namespace, name }));
    if (data === undefined) missing.push(name);
    return { ...object, ...(data === undefined ? {} : { data }) } as Manifest;
  });
  return { objects: filled, missing };
}

/** The set of a Release as its ledger entry describes it. */
export function preparedFrom(release: Release, objects: readonly Manifest[]): PreparedSet {
  return { objects, rollouts: release.spec.rollouts ?? [], copies: release.spec.copies ?? [] };
}
