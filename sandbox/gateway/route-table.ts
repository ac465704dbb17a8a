/**
 * All rules of all attached routes in the order in which they are asked: the Gateway API's precedence, which goes by how
 * specific a match is and not by the order of a list. Pure.
 */

import { attach, hostMatches, type Surroundings } from './attachment.ts';
import type { HttpRoute, Match, Rule } from './kinds.ts';
import { fits, type SeenRequest } from './request-match.ts';

export interface Entry {
  readonly route: HttpRoute;
  readonly rule: Rule;
  readonly ruleIndex: number;
  readonly match: Match;
  readonly matchIndex: number;
  /** undefined = any. */
  readonly hostname: string | undefined;
}

export interface RouteTable {
  find(request: SeenRequest): Entry | undefined;
}

export function routeTable(routes: readonly HttpRoute[], around: Surroundings): RouteTable {
  const entries = routes.flatMap((route) => entriesOf(route, around)).toSorted(compare);
  const exact = new Map<string, Entry[]>();
  const others: Entry[] = [];
  for (const entry of entries) {
    const { hostname } = entry;
    if (hostname === undefined || hostname.startsWith('*.')) others.push(entry);
    else exact.set(hostname.toLowerCase(), [...(exact.get(hostname.toLowerCase()) ?? []), entry]);
  }
  return {
    find: (request) =>
      (exact.get(request.host) ?? []).find((entry) => fits(entry.match, request)) ??
      others.find((entry) => hostFits(entry, request) && fits(entry.match, request)),
  };
}

function hostFits({ hostname }: Entry, { host }: SeenRequest): boolean {
  return hostname === undefined || hostMatches(hostname, host);
}

function entriesOf(route: HttpRoute, around: Surroundings): readonly Entry[] {
  const hostnames = servedHostnames(route, around);
  const rules = route.spec.rules ?? [];
  return hostnames.flatMap((hostname) =>
    rules.flatMap((rule, ruleIndex) =>
      (rule.matches ?? [{}]).map((match, matchIndex) => ({ route, rule, ruleIndex, match, matchIndex, hostname })),
    ),
  );
}

/** Empty when the route is attached nowhere; [undefined] when it serves any host. */
function servedHostnames(route: HttpRoute, around: Surroundings): readonly (string | undefined)[] {
  const found = new Set<string | undefined>();
  for (const parent of route.spec.parentRefs ?? []) {
    const attachment = attach(route, parent, around);
    if (attachment.kind !== 'attached') continue;
    for (const { hostnames } of attachment.listeners) {
      if (hostnames.length === 0) found.add(undefined);
      for (const hostname of hostnames) found.add(hostname);
    }
  }
  return [...found];
}

const pathRank = { Exact: 0, PathPrefix: 1, RegularExpression: 2 } as const;

/**
 * Longest host name, exact path, longest prefix, method, number of headers, number of query parameters, oldest route,
 * namespace and name, place in the route. Where expressions stand is left open by the specification: here last.
 */
function compare(a: Entry, b: Entry): number {
  return (
    (b.hostname ?? '').length - (a.hostname ?? '').length ||
    rankOf(a) - rankOf(b) ||
    (b.match.path?.value ?? '/').length - (a.match.path?.value ?? '/').length ||
    Number(b.match.method !== undefined) - Number(a.match.method !== undefined) ||
    (b.match.headers ?? []).length - (a.match.headers ?? []).length ||
    (b.match.queryParams ?? []).length - (a.match.queryParams ?? []).length ||
    compareText(a.route.metadata.creationTimestamp ?? '', b.route.metadata.creationTimestamp ?? '') ||
    compareText(nameOf(a.route), nameOf(b.route)) ||
    a.ruleIndex - b.ruleIndex ||
    a.matchIndex - b.matchIndex
  );
}

function rankOf({ match }: Entry): number {
  return pathRank[match.path?.type ?? 'PathPrefix'];
}

function nameOf({ metadata }: HttpRoute): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
