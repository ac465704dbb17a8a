/** Reads a set back from the ledger: the Release's parts with the controller's rights, the data of Secrets with the tenant's. */

import type { Keys } from '../../crds/schema/keys.ts';
import { ownGroup } from '../../crds/schema/dialect.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Identity, Json, KubeClient } from '../../kube/api.ts';
import type { PreparedSet } from './config-copies.ts';
import { forEachLimited } from './for-each-limited.ts';
import { preparedFrom, secretSources, unpackSet, withSecretData } from './ledger.ts';
import { partName } from './names.ts';
import { textAt } from './objects.ts';

export type LoadedSet =
  | { readonly kind: 'ok'; readonly set: PreparedSet }
  | { readonly kind: 'incomplete'; readonly why: string }
  | { readonly kind: 'passing'; readonly message: string };

export interface LoadInputs {
  readonly client: KubeClient;
  readonly keys: Keys;
  readonly identity: Identity;
}

const parallel = 8;

/** `why` is a clause. A read that failed for the moment is `passing`, never `incomplete`. */
export async function loadSet(release: Release, inputs: LoadInputs): Promise<LoadedSet> {
  const count = release.spec.parts ?? 1;
  const namespace = release.metadata.namespace ?? '';
  const names = Array.from({ length: count }, (_, index) =>
    index === 0 ? release.metadata.name : partName(release.metadata.name, index),
  );
  const reads = await forEachLimited(names, parallel, (name) => readPart(inputs.client, namespace, name));
  const failed = reads.find((read) => read.kind === 'passing');
  if (failed !== undefined)
    return {
      kind: 'passing',
      message: `The ledger of ${release.metadata.name} could not be read just now; it is tried again.`,
    };
  const data = reads.map((read) => (read.kind === 'ok' ? read.data : undefined));
  const unpacked = await unpackSet(data, { parts: count, partDigest: release.spec.partDigest ?? '' });
  if (unpacked.kind !== 'ok') return unpacked;
  return fillSecrets(preparedFrom(release, unpacked.objects), inputs);
}

type PartRead = { readonly kind: 'ok'; readonly data: string | undefined } | { readonly kind: 'missing' | 'passing' };

async function readPart(client: KubeClient, namespace: string, name: string): Promise<PartRead> {
  const result = await client.get({ group: ownGroup, kind: 'Release', namespace, name });
  if (result.kind === 'ok') return { kind: 'ok', data: textAt(result.object, ['spec', 'data']) };
  return { kind: result.kind === 'not-found' || result.kind === 'gone' ? 'missing' : 'passing' };
}

async function fillSecrets(set: PreparedSet, inputs: LoadInputs): Promise<LoadedSet> {
  const sources = [...secretSources(set.objects, set.copies, inputs.keys)];
  if (sources.length === 0) return { kind: 'ok', set };
  const found = new Map<string, Json>();
  let passing = false;
  await forEachLimited(sources, parallel, async ([id, name]) => {
    const namespace = id.split('/')[2] ?? '';
    const read = await inputs.client.get({ group: '', kind: 'Secret', namespace, name }, { as: inputs.identity });
    if (read.kind === 'ok') found.set(id, isJsonObject(read.object['data']) ? read.object['data'] : {});
    else if (read.kind !== 'not-found' && read.kind !== 'gone') passing = true;
  });
  if (passing)
    return { kind: 'passing', message: 'The copies of Secrets could not be read just now; they are tried again.' };
  const filled = withSecretData(set.objects, (id) => found.get(id));
  if (filled.missing.length > 0)
    return { kind: 'incomplete', why: `the data of Secret ${filled.missing.join(', ')} is gone with its copy` };
  return { kind: 'ok', set: { ...set, objects: filled.objects } };
}
