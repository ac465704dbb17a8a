/** The key of Secret digests: one immutable Secret per namespace, made and read with the tenant's rights. */

import type { Identity, KubeClient } from '../../kube/api.ts';
import { refusalOf } from './problems.ts';
import { type Account, accountText, readSecret } from './tenant.ts';

export const digestKeySecret = 'tidegate-config-digest-key';
const dataKey = 'key';
const keyBytes = 32;

export type DigestKey =
  | { readonly kind: 'ok'; readonly key: Uint8Array }
  | { readonly kind: 'refused' | 'passing'; readonly message: string };

/** Reads the key, or makes it once. Without it a digest in a name would let anybody test guesses of a Secret's content. */
export async function readDigestKey(
  client: KubeClient,
  account: Account,
  identity: Identity,
  randomBytes: (size: number) => Uint8Array,
): Promise<DigestKey> {
  const field = 'spec.serviceAccountName';
  const where = { namespace: account.namespace, name: digestKeySecret, field, account };
  const read = await readSecret(client, where, identity);
  if (read.kind === 'ok') {
    const text = read.data.get(dataKey) ?? '';
    if (text.length > 0) return { kind: 'ok', key: Buffer.from(text, 'utf8') };
    return {
      kind: 'refused',
      message: `Secret ${account.namespace}/${digestKeySecret} has no ${dataKey}: delete it, and it is made again.`,
    };
  }
  if (read.kind !== 'missing') return { kind: read.kind, message: read.message };
  return makeKey(client, account, identity, randomBytes);
}

async function makeKey(
  client: KubeClient,
  account: Account,
  identity: Identity,
  randomBytes: (size: number) => Uint8Array,
): Promise<DigestKey> {
  const text = Buffer.from(randomBytes(keyBytes)).toString('hex');
  const metadata = { name: digestKeySecret, namespace: account.namespace };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, immutable: true, stringData: { [dataKey]: text } };
  const made = await client.create(secret, { as: identity, fieldManager: 'tidegate-sync' });
  if (made.kind === 'ok') return { kind: 'ok', key: Buffer.from(text, 'utf8') };
  const key = { group: '', kind: 'Secret', namespace: account.namespace, name: digestKeySecret };
  const refused = refusalOf(key, made, accountText(account));
  return { kind: refused?.kind ?? 'passing', message: refused?.sentences.join(' ') ?? '' };
}
