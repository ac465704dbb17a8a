/**
 * Which kinds the server serves, under which plural and with which subresources. Answers are cached; "not served" only
 * briefly, because a CRD may be installed at any moment.
 */

import { isJsonObject } from '../crds/schema/json.ts';
import type { ApiResult, Clock, JsonObject, KindRef, ServedKind, Transport } from './api.ts';
import { clockOr } from './clock.ts';
import { listOf, textOf } from './json.ts';
import { knownKind } from './known-kinds.ts';
import { apiVersionOf } from './ref.ts';

export type ApiFailure = Exclude<ApiResult, { kind: 'ok' }>;

/** `failed`: the question got no answer, so nothing may be concluded. */
export type Resolution =
  | { readonly kind: 'served'; readonly served: ServedKind }
  | { readonly kind: 'not-served'; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

export interface Discovery {
  /** Without a version: the one the server prefers for that kind. */
  resolve(kind: KindRef, version?: string): Promise<Resolution>;
  /** Forgets what was learnt of a group: called when a path that should exist answered 404. */
  forget(group: string): void;
}

export interface DiscoveryOptions {
  readonly clock?: Clock;
  /** Kinds that need no request because the caller installed their CRDs itself. */
  readonly known?: readonly ServedKind[];
}

const keepServedMs = 600_000;
const keepNotServedMs = 2_000;

interface Remembered {
  readonly answer: Promise<GroupAnswer>;
  readonly untilMs: number;
}

type GroupAnswer =
  | { readonly kind: 'ok'; readonly kinds: readonly ServedKind[] }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

export function discovery(transport: Transport, options: DiscoveryOptions = {}): Discovery {
  const clock = clockOr(options.clock);
  const groups = new Map<string, Remembered>();
  const given = new Map((options.known ?? []).map((kind) => [`${kind.group}/${kind.kind}`, kind]));

  const ask = async (group: string, version: string | undefined): Promise<GroupAnswer> => {
    const cacheKey = `${group}/${version ?? ''}`;
    const cached = groups.get(cacheKey);
    if (cached !== undefined && clock.monotonicMs() < cached.untilMs) return cached.answer;
    const answer = askGroup(transport, group, version);
    groups.set(cacheKey, { answer, untilMs: clock.monotonicMs() + keepServedMs });
    const got = await answer;
    if (got.kind === 'failed') groups.delete(cacheKey);
    else if (got.kinds.length === 0) groups.set(cacheKey, { answer, untilMs: clock.monotonicMs() + keepNotServedMs });
    return got;
  };

  return {
    async resolve(kind, version) {
      const known = given.get(`${kind.group}/${kind.kind}`) ?? knownKind(kind.group, kind.kind, version);
      if (known !== undefined && (version === undefined || known.version === version)) {
        return { kind: 'served', served: known };
      }
      const answer = await ask(kind.group, version);
      if (answer.kind === 'failed') return answer;
      const served = answer.kinds.find((one) => one.kind === kind.kind);
      if (served !== undefined) return { kind: 'served', served };
      // The group is there and the kind is not: it may be installed later, so the group's list is not to be kept long.
      const cacheKey = `${kind.group}/${version ?? ''}`;
      const kept = groups.get(cacheKey);
      const soon = clock.monotonicMs() + keepNotServedMs;
      if (kept !== undefined && kept.untilMs > soon) groups.set(cacheKey, { ...kept, untilMs: soon });
      return { kind: 'not-served', message: notServed(kind, version) };
    },
    forget(group) {
      for (const key of groups.keys()) if (key.startsWith(`${group}/`)) groups.delete(key);
    },
  };
}

function notServed(kind: KindRef, version: string | undefined): string {
  const group = kind.group === '' ? 'the core group' : `group ${kind.group}`;
  const where = version === undefined ? group : `${group} version ${version}`;
  return `the API server does not serve kind ${kind.kind} in ${where}: its CRD is not installed`;
}

/** Kinds of a group, each in the first version that has it, the preferred version first. */
async function askGroup(transport: Transport, group: string, version: string | undefined): Promise<GroupAnswer> {
  const versions =
    version === undefined ? await versionsOf(transport, group) : { kind: 'ok' as const, versions: [version] };
  if (versions.kind === 'failed') return versions;
  const kinds = new Map<string, ServedKind>();
  for (const one of versions.versions) {
    const answer = await kindsOf(transport, group, one);
    if (answer.kind === 'failed') return answer;
    for (const kind of answer.kinds) if (!kinds.has(kind.kind)) kinds.set(kind.kind, kind);
  }
  return { kind: 'ok', kinds: [...kinds.values()] };
}

type Versions =
  | { readonly kind: 'ok'; readonly versions: readonly string[] }
  | Extract<GroupAnswer, { kind: 'failed' }>;

async function versionsOf(transport: Transport, group: string): Promise<Versions> {
  if (group === '') return { kind: 'ok', versions: ['v1'] };
  const result = await transport.send({ method: 'GET', path: `/apis/${group}`, pool: 'read' });
  if (result.kind === 'not-found') return { kind: 'ok', versions: [] };
  if (result.kind !== 'ok') return { kind: 'failed', failure: result };
  const preferred = textOf(result.object, 'preferredVersion', 'version');
  const all = listOf(result.object, 'versions').map((one) => (isJsonObject(one) ? textOf(one, 'version') : undefined));
  return { kind: 'ok', versions: [...new Set([preferred, ...all])].filter((one) => one !== undefined) };
}

async function kindsOf(transport: Transport, group: string, version: string): Promise<GroupAnswer> {
  const path = group === '' ? `/api/${version}` : `/apis/${apiVersionOf(group, version)}`;
  const result = await transport.send({ method: 'GET', path, pool: 'read' });
  if (result.kind === 'not-found') return { kind: 'ok', kinds: [] };
  if (result.kind !== 'ok') return { kind: 'failed', failure: result };
  return { kind: 'ok', kinds: servedKinds(group, version, listOf(result.object, 'resources').filter(isJsonObject)) };
}

function servedKinds(group: string, version: string, resources: readonly JsonObject[]): ServedKind[] {
  const subresources = new Map<string, Set<string>>();
  for (const resource of resources) {
    const [plural = '', subresource] = (textOf(resource, 'name') ?? '').split('/');
    const known = subresources.get(plural) ?? new Set<string>();
    if (subresource !== undefined) known.add(subresource);
    subresources.set(plural, known);
  }
  return resources.flatMap((resource) => {
    const plural = textOf(resource, 'name') ?? '';
    const kind = textOf(resource, 'kind');
    if (kind === undefined || plural === '' || plural.includes('/')) return [];
    const namespaced = resource.namespaced === true;
    return [{ group, version, kind, plural, namespaced, subresources: subresources.get(plural) ?? new Set() }];
  });
}
