/** GET of a collection: consistent pages by limit and continue, old and exact revisions, selectors. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { Core, Target } from './core.ts';
import { nameOf, namespaceOf } from './json-access.ts';
import { selectionOf } from './selection.ts';
import { badRequest, expired, invalidOptions, StatusError } from './status-error.ts';

export interface Listed {
  readonly items: readonly JsonObject[];
  readonly metadata: JsonObject;
}

type Query = Readonly<Record<string, string>>;

/** @throws StatusError 400, 410, 422, 504. */
export function listObjects(core: Core, target: Target, query: Query): Listed {
  const selection = selectionOf(target, query);
  const limit = limitOf(query.limit);
  integerOf(query.timeoutSeconds);
  const from = startOf(core, query, limit);
  const all = core.store.listAt(target.kind.shelf, target.namespace, from.rv);
  const start = from.after === '' ? 0 : firstAfter(all, from.after, target.namespace);
  const items: JsonObject[] = [];
  let at = start;
  for (; at < all.length && (limit === 0 || items.length < limit); at += 1) {
    const object = all[at];
    if (object !== undefined && selection.matches(object)) items.push(object);
  }
  const metadata: Record<string, string | number> = { resourceVersion: String(from.rv) };
  const last = all[at - 1];
  if (at < all.length && last !== undefined) {
    metadata.continue = continueToken(from.rv, keyOf(last, target.namespace));
    if (selection.all) metadata.remainingItemCount = all.length - at;
  }
  return { items, metadata };
}

function limitOf(text: string | undefined): number {
  return Math.max(0, integerOf(text));
}

/** 0 when the query has none. @throws StatusError 400 */
export function integerOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

interface Start {
  readonly rv: number;
  /** The key that the page comes after; '' from the beginning. */
  readonly after: string;
}

function startOf(core: Core, query: Query, limit: number): Start {
  const version = versionOf(query.resourceVersion ?? '');
  const match = matchOf(query, version);
  if (query.continue !== undefined && query.continue !== '') return continued(core, query.continue, version);
  const newest = core.store.revision();
  if (version === undefined || version === 0) return { rv: newest, after: '' };
  if (version > newest) throw tooLarge(version, newest);
  const exact = match === 'Exact' || (match === '' && limit > 0);
  if (!exact) return { rv: newest, after: '' };
  if (version < core.store.floor()) throw expired('The resourceVersion for the provided list is too old.');
  return { rv: version, after: '' };
}

/** Undefined when the query has none. @throws StatusError 400 */
export function versionOf(text: string): number | undefined {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw badRequest(`invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
}

function matchOf(query: Query, version: number | undefined): string {
  const match = query.resourceVersionMatch ?? '';
  if (match === '') return '';
  const refused = forbiddenMatch(query, match, version);
  if (refused === undefined) return match;
  throw invalidOptions('ListOptions', refused);
}

function forbiddenMatch(query: Query, match: string, version: number | undefined) {
  const field = 'resourceVersionMatch';
  const forbidden = (why: string) => ({ reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });
  if (query.continue !== undefined && query.continue !== '') {
    return forbidden('resourceVersionMatch is forbidden when continue is provided');
  }
  if (version === undefined) return forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
    return { reason: 'FieldValueNotSupported', field, message };
  }
  if (match === 'Exact' && version === 0)
    return forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  return undefined;
}

/** 504, as the real server after waiting in vain for that revision. */
export function tooLarge(wanted: number, newest: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${newest}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** Position in the collection: the name, in a list over all namespaces with the namespace before it. */
function keyOf(object: JsonObject, namespace: string): string {
  const own = namespaceOf(object);
  return namespace !== '' || own === '' ? nameOf(object) : `${own}/${nameOf(object)}`;
}

function firstAfter(all: readonly JsonObject[], after: string, namespace: string): number {
  const found = all.findIndex((object) => keyOf(object, namespace) > after);
  return found < 0 ? all.length : found;
}

const apiVersion = 'meta.k8s.io/v1';

function continueToken(rv: number, key: string): string {
  const token = JSON.stringify({ v: apiVersion, rv, start: `/${key}\u0000` });
  return btoa(token).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function continued(core: Core, token: string, version: number | undefined): Start {
  if (version !== undefined && version !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const { rv, start } = readToken(token);
  const after = start.replace(/^\//, '').split('\u0000')[0] ?? '';
  if (rv === -1) return { rv: core.store.revision(), after };
  if (rv >= core.store.floor()) return { rv, after };
  const refusal = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
      'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with ' +
      'the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time ' +
      'the first chunk was returned and now may show up in the list.',
  );
  throw refusal.withMetadata({ continue: continueToken(-1, after) });
}

function readToken(token: string): { readonly rv: number; readonly start: string } {
  const { v, rv, start } = parseToken(token);
  if (v !== apiVersion) {
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version ${JSON.stringify(v)}`,
    );
  }
  if (typeof rv !== 'number' || rv === 0 || typeof start !== 'string' || start === '') {
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  return { rv, start };
}

function parseToken(token: string): { v?: unknown; rv?: unknown; start?: unknown } {
  const text = decoded(token);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    const first = text.codePointAt(0) ?? 0;
    const shown =
      first >= 0x20 && first < 0x7f ? String.fromCodePoint(first) : `\\u${first.toString(16).padStart(4, '0')}`;
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${shown}' looking for beginning of value`,
    );
  }
}

function decoded(token: string): string {
  try {
    return atob(token.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    throw badRequest('invalid continue token: continue key is not valid: illegal base64 data');
  }
}
