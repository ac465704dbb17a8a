/** Turns a tenant's Secret into the credentials of one call to the source process. */

import { problem } from '../../crds/schema/problem.ts';
import type { Identity, KubeClient } from '../../kube/api.ts';
import type { Credentials } from '../../source/contract.ts';
import { type Account, readSecret } from './tenant.ts';

export type CredentialsRead =
  | { readonly kind: 'ok'; readonly credentials: Credentials }
  | { readonly kind: 'refused' | 'passing'; readonly message: string };

/** Reads the Secret with the tenant's token, every time: a rotated credential counts from the next call. */
export async function readCredentials(
  client: KubeClient,
  where: { readonly secretName: string; readonly field: string; readonly account: Account },
  identity: Identity,
): Promise<CredentialsRead> {
  const { secretName, field, account } = where;
  const read = await readSecret(client, { namespace: account.namespace, name: secretName, field, account }, identity);
  if (read.kind === 'passing') return { kind: 'passing', message: read.message };
  if (read.kind !== 'ok') return { kind: 'refused', message: read.message };
  const credentials = credentialsOf(read.data);
  if (credentials !== undefined) return { kind: 'ok', credentials };
  const found = [...read.data.keys()].toSorted().join(', ') || 'no keys';
  const sentence = problem({
    object: account.askedBy,
    field,
    found: `"${secretName}", which has ${found}`,
    allowed: 'a Secret for a repository needs token, or username and password, or sshPrivateKey and knownHosts',
    remedy: 'add the keys that are missing',
  });
  return { kind: 'refused', message: sentence.message };
}

/** The first complete set of keys counts: token, then username and password, then ssh. */
function credentialsOf(data: ReadonlyMap<string, string>): Credentials | undefined {
  const value = (key: string): string | undefined => {
    const text = data.get(key);
    return text === undefined || text === '' ? undefined : text;
  };
  const [token, username, password, caFile] = [value('token'), value('username'), value('password'), value('caFile')];
  const [privateKey, knownHosts] = [value('sshPrivateKey'), value('knownHosts')];
  const ca = caFile === undefined ? {} : { caFile };
  if (token !== undefined) {
    return {
      kind: 'token',
      token: token.trim(),
      ...(username === undefined ? {} : { username: username.trim() }),
      ...ca,
    };
  }
  if (username !== undefined && password !== undefined) return { kind: 'basic', username, password, ...ca };
  if (privateKey !== undefined && knownHosts !== undefined) return { kind: 'ssh', privateKey, knownHosts };
  return caFile === undefined ? undefined : { kind: 'none', caFile };
}
