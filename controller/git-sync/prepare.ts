/** Makes a rendered list of objects into a set that can be applied: namespaces filled in, config copied, references rewritten. */

import type { Keys } from '../../crds/schema/keys.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { Identity, JsonObject, KubeClient, ServedKind } from '../../kube/api.ts';
import { type ConfigKind } from './config-references.ts';
import { type PreparedSet, prepareSet } from './config-copies.ts';
import { configDigests } from './digests.ts';
import { readDigestKey } from './digest-key.ts';
import { groupOf, idOf, type Manifest, textAt, withMetadata } from './objects.ts';
import { withoutServerFields } from './overlay.ts';
import type { Account } from './tenant.ts';

export interface PrepareInputs {
  readonly client: KubeClient;
  readonly keys: Keys;
  /** API group of Rollouts. */
  readonly group: string;
  readonly account: Account;
  readonly identity: Identity;
  readonly randomBytes: (size: number) => Uint8Array;
}

export type Prepared =
  | { readonly kind: 'ok'; readonly set: PreparedSet }
  | { readonly kind: 'refused' | 'passing'; readonly message: string };

/** The template hashes in the result are those that the cluster will see, so git-revert asks here too. */
export async function prepare(rendered: readonly JsonObject[], inputs: PrepareInputs): Promise<Prepared> {
  const { client, account, identity } = inputs;
  const shapeless = rendered.find((object) => !isShaped(object));
  if (shapeless !== undefined) return { kind: 'refused', message: shapelessSentence(shapeless) };
  const scopes = await scopesOf(client, rendered as unknown as readonly Manifest[]);
  if (scopes === undefined)
    return { kind: 'passing', message: 'The API server could not be asked which kinds it serves; it is asked again.' };
  const objects = (rendered as unknown as readonly Manifest[]).map((object) =>
    placed(object, account.namespace, scopes),
  );
  let key: Uint8Array | undefined;
  if (objects.some((object) => object.kind === 'Secret' && object.apiVersion === 'v1')) {
    const read = await readDigestKey(client, account, identity, inputs.randomBytes);
    if (read.kind !== 'ok') return read;
    key = read.key;
  }
  return { kind: 'ok', set: await withFreeNames(objects, configDigests(objects, key), inputs) };
}

/** Copy names are looked up until none is taken by another content; one round is the rule. */
async function withFreeNames(
  objects: readonly Manifest[],
  digests: ReadonlyMap<string, string>,
  inputs: PrepareInputs,
): Promise<PreparedSet> {
  const { keys, group, client, identity } = inputs;
  const holders = new Map<string, string | undefined>();
  const idFor = (kind: ConfigKind, namespace: string, name: string): string =>
    idOf({ group: '', kind, namespace, name });
  for (let round = 0; ; round += 1) {
    const taken = (kind: ConfigKind, namespace: string, name: string): string | undefined =>
      holders.get(idFor(kind, namespace, name));
    const set = prepareSet(objects, { keys, group, digests, taken });
    const unknown = set.copies.filter((copy) => !holders.has(idFor(copy.kind, copy.namespace, copy.copyName)));
    if (unknown.length === 0 || round > 6) return set;
    await Promise.all(
      unknown.map(async ({ kind, namespace, copyName }) => {
        const found = await client.get({ group: '', kind, namespace, name: copyName }, { as: identity });
        const digest =
          found.kind === 'ok'
            ? (textAt(found.object, ['metadata', 'annotations', keys.configDigest]) ?? '')
            : undefined;
        holders.set(idFor(kind, namespace, copyName), digest);
      }),
    );
  }
}

function isShaped(object: JsonObject): boolean {
  return (
    typeof object['apiVersion'] === 'string' && typeof object['kind'] === 'string' && isJsonObject(object['metadata'])
  );
}

function shapelessSentence(object: JsonObject): string {
  const missing = ['apiVersion', 'kind', 'metadata'].find((field) => object[field] === undefined) ?? 'metadata';
  const name = textAt(object, ['metadata', 'name']);
  const what = typeof object['kind'] === 'string' ? object['kind'] : 'A document';
  return `${what}${name ? ` ${name}` : ''}: ${missing} is missing or has the wrong type, but every object needs apiVersion, kind and metadata: add it, or remove the document.`;
}

/** `group/kind` → whether it is namespaced; undefined when the server could not be asked. */
async function scopesOf(
  client: KubeClient,
  objects: readonly Manifest[],
): Promise<ReadonlyMap<string, boolean> | undefined> {
  const scopes = new Map<string, boolean>();
  for (const object of objects.filter((one) => one.kind === 'CustomResourceDefinition')) {
    const kind = textAt(object, ['spec', 'names', 'kind']) ?? '';
    scopes.set(`${textAt(object, ['spec', 'group']) ?? ''}/${kind}`, textAt(object, ['spec', 'scope']) !== 'Cluster');
  }
  try {
    for (const object of objects) {
      const group = groupOf(object.apiVersion);
      const id = `${group}/${object.kind}`;
      if (scopes.has(id)) continue;
      const served: ServedKind | undefined = await client.served({ group, kind: object.kind });
      if (served !== undefined) scopes.set(id, served.namespaced);
    }
  } catch {
    return undefined;
  }
  return scopes;
}

/** A namespaced object without a namespace is meant for the GitSync's; a cluster-scoped one has none. */
function placed(object: Manifest, namespace: string, scopes: ReadonlyMap<string, boolean>): Manifest {
  const clean = withoutServerFields(object);
  const namespaced = scopes.get(`${groupOf(object.apiVersion)}/${object.kind}`) ?? true;
  if (namespaced) return clean.metadata.namespace ? clean : withMetadata(clean, { ...clean.metadata, namespace });
  const { namespace: _namespace, ...metadata } = clean.metadata;
  return withMetadata(clean, metadata);
}
