/** The tenant's rights: TokenRequest tokens of a GitSync's account, kept in memory only and renewed before they expire. */

import { problem } from '../../crds/schema/problem.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { ApiResult, Clock, Identity, JsonObject, KubeClient } from '../../kube/api.ts';
import { instantOf } from './conditions.ts';
import { textAt } from './objects.ts';

export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** `GitSync shop/web`, for sentences. */
  readonly askedBy: string;
}

export type TenantToken =
  | { readonly kind: 'ok'; readonly identity: Identity }
  /** Needs a person: the account is not there, the controller may make no tokens for it, or its name can't be one. */
  | { readonly kind: 'refused'; readonly message: string; readonly why: 'no-account' | 'not-allowed' | 'invalid' }
  | { readonly kind: 'passing'; readonly message: string };

export interface Tenants {
  identity(account: Account, signal?: AbortSignal): Promise<TenantToken>;
  /** The server did not accept the token: the account was deleted or made anew. */
  forget(account: Pick<Account, 'namespace' | 'name'>): void;
}

const lifetimeSeconds = 3600;
/** A token is used for the first part of its life only, so that none expires in the middle of a pass. */
const usedShare = 0.7;

interface Held {
  readonly identity: Identity;
  readonly until: number;
}

export function tenants(client: KubeClient, clock: Clock): Tenants {
  const held = new Map<string, Held>();
  const idOf = (account: Pick<Account, 'namespace' | 'name'>): string => `${account.namespace}/${account.name}`;
  return {
    async identity(account, signal) {
      const known = held.get(idOf(account));
      if (known !== undefined && clock.now() < known.until) return { kind: 'ok', identity: known.identity };
      const key = { group: '', kind: 'ServiceAccount', namespace: account.namespace, name: account.name };
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: lifetimeSeconds },
      };
      const result = await client.createSub(key, 'token', body, signal === undefined ? {} : { signal });
      if (result.kind !== 'ok') return refusedToken(account, result);
      const token = textAt(result.object, ['status', 'token']);
      if (token === undefined)
        return { kind: 'passing', message: `${accountText(account)} was given no token; it is asked again.` };
      const expires = instantOf(textAt(result.object, ['status', 'expirationTimestamp'])) ?? clock.now();
      const now = clock.now();
      held.set(idOf(account), { identity: { token }, until: now + (expires - now) * usedShare });
      return { kind: 'ok', identity: { token } };
    },
    forget: (account) => void held.delete(idOf(account)),
  };
}

/** `ServiceAccount shop/deployer`. */
export function accountText(account: Pick<Account, 'namespace' | 'name'>): string {
  return `ServiceAccount ${account.namespace}/${account.name}`;
}

function refusedToken(account: Account, result: Exclude<ApiResult<JsonObject>, { kind: 'ok' }>): TenantToken {
  const field = 'spec.serviceAccountName';
  type Why = Extract<TenantToken, { kind: 'refused' }>['why'];
  const refused = (why: Why, found: string, allowed: string, remedy: string): TenantToken => ({
    kind: 'refused',
    why,
    message: problem({ object: account.askedBy, field, found, allowed, remedy }).message,
  });
  switch (result.kind) {
    case 'not-found':
    case 'gone':
      return refused(
        'no-account',
        `"${account.name}", which does not exist in namespace ${account.namespace}`,
        'it must name a ServiceAccount of the same namespace',
        'create it or correct the name',
      );
    case 'forbidden':
      return refused(
        'not-allowed',
        `"${account.name}", for which the controller may not make tokens`,
        'the operator decides for which accounts it may',
        'use the agreed account name, or ask the operator to allow this one',
      );
    case 'invalid':
      return refused(
        'invalid',
        `"${account.name}"`,
        `the API server refuses it (${result.message})`,
        'correct the name',
      );
    case 'conflict':
    case 'busy':
    case 'unknown':
      return {
        kind: 'passing',
        message: `The API server made no token for ${accountText(account)}; it is asked again.`,
      };
  }
}

export type SecretRead =
  | { readonly kind: 'ok'; readonly data: ReadonlyMap<string, string> }
  | { readonly kind: 'missing' | 'refused' | 'passing'; readonly message: string };

/** Reads a Secret with the tenant's rights; values are decoded as text. Messages never hold values. */
export async function readSecret(
  client: KubeClient,
  where: { readonly namespace: string; readonly name: string; readonly field: string; readonly account: Account },
  identity: Identity,
): Promise<SecretRead> {
  const { namespace, name, field, account } = where;
  const result = await client.get({ group: '', kind: 'Secret', namespace, name }, { as: identity });
  const sentence = (found: string, allowed: string, remedy: string): string =>
    problem({ object: account.askedBy, field, found, allowed, remedy }).message;
  switch (result.kind) {
    case 'ok':
      return { kind: 'ok', data: decoded(result.object['data']) };
    case 'not-found':
    case 'gone':
      return {
        kind: 'missing',
        message: sentence(
          `"${name}", which does not exist in namespace ${namespace}`,
          'it must name a Secret there',
          'create it or correct the name',
        ),
      };
    case 'forbidden':
    case 'invalid':
      return {
        kind: 'refused',
        message: sentence(
          `"${name}", which ${accountText(account)} may not read`,
          'it is read with the rights of that account',
          'grant it get on this Secret',
        ),
      };
    case 'conflict':
    case 'busy':
    case 'unknown':
      return { kind: 'passing', message: `Secret ${namespace}/${name} could not be read just now; it is tried again.` };
  }
}

function decoded(data: unknown): ReadonlyMap<string, string> {
  const entries = isJsonObject(data) ? Object.entries(data) : [];
  return new Map(
    entries.flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, Buffer.from(value, 'base64').toString('utf8')]] : [],
    ),
  );
}
