/**
 * The rules that header and mirror steps put into a Gateway API route: one copy of each weighted rule per managed route, named,
 * ahead of all others. Which rule wins depends on how specific it is, so a copy keeps all that its source matches.
 */

import type { GatewayRouteKind } from '../../crds/schema/gateway-routes.ts';
import { joinedMatches } from './gateway-matches.ts';
import type { BackendRef, RouteRule } from './gateway-route.ts';
import type { WeightedRule } from './gateway-rules.ts';
import type { ManagedRoute } from './router.ts';

/** Source: the limits of Gateway API's CRDs. */
const maxRules = 16;
const maxMatches = 64;

/** Why the rules can't be made; `text` is a clause about the route. */
export interface NoRules {
  readonly kind: 'no-rules';
  readonly text: string;
}

export interface Source {
  readonly weighted: WeightedRule;
  /** Its backends with the weights they are about to get. */
  readonly backends: readonly BackendRef[];
}

export function managedRules(
  kind: GatewayRouteKind,
  sources: readonly Source[],
  routes: readonly ManagedRoute[],
): readonly RouteRule[] | NoRules {
  const rules: RouteRule[] = [];
  for (const route of routes) {
    let copies = 0;
    for (const source of sources) {
      const rule = copyFor(kind, source, route, copies);
      if (rule === undefined) continue;
      if ('kind' in rule) return rule;
      rules.push(rule);
      copies += 1;
    }
  }
  return rules;
}

function copyFor(
  kind: GatewayRouteKind,
  source: Source,
  route: ManagedRoute,
  copies: number,
): RouteRule | NoRules | undefined {
  const { rule } = source.weighted;
  const where = `managed route ${route.name} on rule ${rule.name ?? source.weighted.index}`;
  const matches = joinedMatches(kind, rule.matches, route);
  if ('kind' in matches) return { kind: 'no-rules', text: `can not take ${where}: ${matches.text}` };
  if (matches.length === 0) return undefined;
  if (matches.length > maxMatches)
    return {
      kind: 'no-rules',
      text: `would need ${matches.length} matches for ${where}; allowed are ${maxMatches}, so match less or split the rule`,
    };
  const name = copies === 0 ? route.name : `${route.name}-${copies}`;
  const copy = { ...rule, name, matches };
  const { canary } = source.weighted;
  if (route.kind === 'header') return { ...copy, backendRefs: [{ ...canary, weight: 1 }] };
  return {
    ...copy,
    backendRefs: source.backends,
    filters: [...(rule.filters ?? []), mirrorFilter(canary, route.percentage)],
  };
}

/** Without `percent` everything is mirrored, which every version of Gateway API understands. */
function mirrorFilter({ group = '', kind = 'Service', name, namespace, port }: BackendRef, percent: number) {
  const backendRef = {
    group,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(port === undefined ? {} : { port }),
  };
  return { type: 'RequestMirror', requestMirror: { backendRef, ...(percent === 100 ? {} : { percent }) } };
}

/** A clause about a route that would have too many rules. */
export function tooManyRules(rules: number): string | undefined {
  return rules <= maxRules
    ? undefined
    : `would need ${rules} rules with the managed routes; allowed are ${maxRules}, so split the route`;
}

/** True when `live` are these rules in this order. A server that keeps no names of rules gives them back without. */
export function areThere(live: readonly RouteRule[], wanted: readonly RouteRule[]): boolean {
  const unnamed = ({ name: _name, ...rest }: RouteRule) => rest;
  return (
    live.length === wanted.length &&
    wanted.every((rule, at) => covers(live[at], live[at]?.name === undefined ? unnamed(rule) : rule))
  );
}

/** The server's CRDs keep no percentage of a mirror (before Gateway API 1.3), so that it would copy everything. */
export function lostPercent(live: readonly RouteRule[], wanted: readonly RouteRule[]): boolean {
  const text = JSON.stringify(wanted);
  return (
    text.includes('"percent":') &&
    live.length > 0 &&
    areThere(live, JSON.parse(text, withoutPercent) as RouteRule[]) &&
    !areThere(live, wanted)
  );
}

function withoutPercent(key: string, value: unknown): unknown {
  return key === 'percent' ? undefined : value;
}

/** True when `live` says all that `wanted` says: the API server adds defaults. */
function covers(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(live) && live.length === wanted.length && wanted.every((one, at) => covers(live[at], one));
  if (typeof wanted !== 'object' || wanted === null) return live === wanted;
  if (typeof live !== 'object' || live === null) return false;
  return Object.entries(wanted).every(([key, value]) => covers((live as Record<string, unknown>)[key], value));
}
