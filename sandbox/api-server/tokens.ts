/** Bearer tokens of ServiceAccounts: made by TokenRequest, good until they expire by the clock or their account is gone. */

import type { Instant } from './contract.ts';
import { serviceAccounts } from './builtin-shelves.ts';
import { stringAt } from './json-access.ts';
import { newUid } from './object-names.ts';
import type { Store } from './store.ts';

export interface IssuedToken {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly expiresAt: Instant;
  readonly audiences: readonly string[];
}

export interface TokenUser {
  readonly username: string;
  readonly uid: string;
  /** Of the token, as audit logs name it; '' for the admin's. */
  readonly id: string;
}

export interface Tokens {
  issue(token: IssuedToken): string;
  /** Undefined for tokens that nobody has or that are no longer good. */
  userOf(token: string): TokenUser | undefined;
}

export interface TokenOptions {
  readonly store: Store;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly adminToken: string;
}

export function tokenStore({ store, now, random, adminToken }: TokenOptions): Tokens {
  const issued = new Map<string, IssuedToken & { readonly id: string }>();
  const expire = (): void => {
    for (const [text, token] of issued) if (token.expiresAt <= now()) issued.delete(text);
  };
  return {
    issue(token) {
      expire();
      const id = newUid(random);
      const text = tokenText(token, id, now(), random);
      issued.set(text, { ...token, id });
      return text;
    },
    userOf(text) {
      if (text === adminToken) return { username: 'kubernetes-admin', uid: '', id: '' };
      const token = issued.get(text);
      if (token === undefined || token.expiresAt <= now()) return undefined;
      const account = store.get(serviceAccounts.shelf, token.namespace, token.name);
      const same = account !== undefined && stringAt(account, 'metadata', 'uid') === token.uid;
      return same ? { username: accountUser(token), uid: token.uid, id: token.id } : undefined;
    },
  };
}

/** Looks like a JWT, so that clients which look inside find subject and expiry; the last part is random, not a signature. */
function tokenText(token: IssuedToken, id: string, now: Instant, random: () => number): string {
  const header = { alg: 'none', typ: 'JWT' };
  const claims = {
    aud: token.audiences,
    exp: Math.floor(token.expiresAt / 1000),
    iat: Math.floor(now / 1000),
    iss: 'https://kubernetes.default.svc',
    jti: id,
    'kubernetes.io': { namespace: token.namespace, serviceaccount: { name: token.name, uid: token.uid } },
    nbf: Math.floor(now / 1000),
    sub: accountUser(token),
  };
  return [base64url(header), base64url(claims), newUid(random).replaceAll('-', '')].join('.');
}

function base64url(value: object): string {
  return btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function accountUser({ namespace, name }: Pick<IssuedToken, 'namespace' | 'name'>): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
