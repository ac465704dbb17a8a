/**
 * Reads keys of Secrets in the namespace of a run for one measurement; each Secret once. It is done with a token of the
 * namespace's agreed account: the controller itself has no right to Secrets, so a team decides what its analyses may read.
 * Who replaces Argo Rollouts and has no such accounts may let the controller read them with its own rights instead.
 */
import type { SecretReader } from '../../analysis/args.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { ApiResult, KubeClient } from '../../kube/api.ts';
import { accountText, type Tenants, type TenantToken } from '../git-sync/tenant.ts';
import { tenantAccount } from '../rbac.ts';

export interface Secrets {
  readonly read: SecretReader;
  /** All values of one Secret; `keys` are those it is read for, for the sentence when it is not there. */
  readonly readAll: (name: string, keys: readonly string[]) => Promise<AllRead>;
  /** True when a read failed for a reason that may pass by itself. */
  readonly mayPass: () => boolean;
}

export type AllRead =
  | { readonly kind: 'ok'; readonly data: ReadonlyMap<string, string> }
  | { readonly kind: 'wrong'; readonly message: string; readonly mayPass: boolean };

export interface SecretsParts {
  readonly client: KubeClient;
  readonly tenants: Tenants;
  readonly namespace: string;
  /** `AnalysisRun shop/web-1`, for sentences. */
  readonly askedBy: string;
  readonly signal: AbortSignal;
  /** Whose rights read them; default `tenant`. */
  readonly rights?: SecretRights;
}

/** `tenant`: the account `tidegate-deployer` of the namespace. `controller`: the controller's own, which it has not by default. */
export type SecretRights = 'tenant' | 'controller';

type Asked = ApiResult | Exclude<TenantToken, { kind: 'ok' }>;

/** A failed read says in one sentence which Secret, which account, which right, and what to do. */
export function secretsOf(parts: SecretsParts): Secrets {
  const known = new Map<string, Promise<Asked>>();
  let passing = false;
  const readAll: Secrets['readAll'] = async (name, keys) => {
    const asked = known.get(name) ?? ask(parts, name);
    known.set(name, asked);
    const result = await asked;
    if (result.kind === 'ok') return { kind: 'ok', data: valuesOf(result.object) };
    const lasting = lastingFault(result, keysText(keys), `Secret ${parts.namespace}/${name}`, parts);
    if (lasting !== undefined) return { kind: 'wrong', message: lasting, mayPass: false };
    passing = true;
    return { kind: 'wrong', message: `Secret ${parts.namespace}/${name} could not be read for now`, mayPass: true };
  };
  const read: SecretReader = async (name, key) => {
    const all = await readAll(name, [key]);
    if (all.kind === 'wrong') return { kind: 'wrong', message: all.message };
    const value = all.data.get(key);
    if (value !== undefined) return { kind: 'ok', value };
    return { kind: 'wrong', message: missingKey(`Secret ${parts.namespace}/${name}`, key, all.data) };
  };
  return { read, readAll, mayPass: () => passing };
}

function keysText(keys: readonly string[]): string {
  const last = keys.at(-1) ?? '';
  return keys.length < 2 ? `the key ${last}` : `the keys ${keys.slice(0, -1).join(', ')} and ${last}`;
}

function accountOf({ namespace }: SecretsParts): { readonly namespace: string; readonly name: string } {
  return { namespace, name: tenantAccount };
}

async function ask(parts: SecretsParts, name: string): Promise<Asked> {
  const { client, tenants, namespace, askedBy, signal } = parts;
  const key = { group: '', kind: 'Secret', namespace, name };
  if (parts.rights === 'controller') return client.get(key, { signal });
  const account = accountOf(parts);
  const token = await tenants.identity({ ...account, askedBy }, signal);
  if (token.kind !== 'ok') return token;
  const result = await client.get(key, { as: token.identity, signal });
  if (!isUnaccepted(result)) return result;
  tenants.forget(account);
  return { kind: 'passing', message: `${accountText(account)} was deleted or made anew` };
}

/** The token itself was not accepted: a new one is needed, nobody has to do anything. */
function isUnaccepted(result: ApiResult): boolean {
  return result.kind === 'forbidden' && result.right.startsWith('authenticate');
}

/** The sentence about what needs a person; undefined for what may pass by itself. */
function lastingFault(
  result: Exclude<Asked, { kind: 'ok' }>,
  keys: string,
  what: string,
  parts: SecretsParts,
): string | undefined {
  const who = parts.rights === 'controller' ? 'the account of the controller' : accountText(accountOf(parts));
  const right = `get secrets in namespace ${parts.namespace}`;
  switch (result.kind) {
    case 'not-found':
    case 'gone':
      return `${what} does not exist: create it with ${keys}`;
    case 'forbidden':
      return `${what} may not be read by ${who}, with whose rights it is read: grant this account the right ${right}`;
    case 'refused':
      return result.why === 'no-account'
        ? `${what} is read with the rights of ${who}, which does not exist: create this account and grant it the right ${right}`
        : `${what} is read with the rights of ${who}, for which the controller may make no tokens: grant the controller the right create serviceaccounts/token for this name`;
    case 'passing':
    case 'conflict':
    case 'invalid':
    case 'busy':
    case 'unknown':
      return undefined;
  }
}

function valuesOf(secret: object): ReadonlyMap<string, string> {
  const data = 'data' in secret && isJsonObject(secret.data) ? secret.data : {};
  const texts = Object.entries(data).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  return new Map(texts.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

/** The sentence for a key that a Secret lacks. */
export function missingKey(what: string, key: string, data: ReadonlyMap<string, string>): string {
  const others = [...data.keys()].toSorted().join(', ') || 'none';
  return `${what} has no key ${key}, its keys are: ${others}; add it or correct the name`;
}
