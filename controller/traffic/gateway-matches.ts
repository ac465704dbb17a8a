/** What a header or mirror route matches on top of the rule that it copies: Gateway API matches, or the reason why it can't be said. */

import type { GatewayRouteKind } from '../../crds/schema/gateway-routes.ts';
import type { StringMatch } from '../../crds/schema/canary-steps.ts';
import type { HeaderMatch, RuleMatch } from './gateway-route.ts';
import type { ManagedRoute } from './router.ts';

/** `text`: a clause that ends a sentence. */
export interface Unsayable {
  readonly kind: 'unsayable';
  readonly text: string;
}

type Wish = { readonly path?: StringMatch; readonly method?: StringMatch; readonly headers: readonly HeaderMatch[] };

/** Every combination of a match of the rule and a match of the route; those that no request can fulfil are left out. */
export function joinedMatches(
  kind: GatewayRouteKind,
  source: readonly RuleMatch[] | undefined,
  route: ManagedRoute,
): readonly RuleMatch[] | Unsayable {
  const bare: RuleMatch = kind === 'HTTPRoute' ? { path: { type: 'PathPrefix', value: '/' } } : {};
  const matches = source === undefined || source.length === 0 ? [bare] : source;
  const joined: RuleMatch[] = [];
  for (const wish of wishesOf(route)) {
    if ('kind' in wish) return wish;
    if (kind !== 'HTTPRoute' && (wish.path ?? wish.method) !== undefined)
      return unsayable(`a ${kind} matches neither method nor path of a request: match headers`);
    for (const match of matches) {
      const one = join(match, wish);
      if (one !== undefined && 'kind' in one) return one;
      if (one !== undefined) joined.push(one);
    }
  }
  return joined;
}

function wishesOf(route: ManagedRoute): readonly (Wish | Unsayable)[] {
  if (route.kind === 'header') {
    const headers = route.match.map(({ headerName, headerValue = {} }) => headerMatch(headerName, headerValue));
    const broken = headers.find((one) => 'kind' in one);
    return [broken ?? { headers: headers.filter((one) => 'name' in one) }];
  }
  return route.match.map(({ path, method, headers: wanted = {} }) => {
    const headers = Object.entries(wanted).map(([name, value]) => headerMatch(name, value));
    const broken = headers.find((one) => 'kind' in one);
    return (
      broken ?? {
        ...(path === undefined ? {} : { path }),
        ...(method === undefined ? {} : { method }),
        headers: headers.filter((one) => 'name' in one),
      }
    );
  });
}

/** Gateway API has no prefix match of headers; an anchored expression says the same. */
function headerMatch(name: string, { exact, prefix, regex }: StringMatch): HeaderMatch | Unsayable {
  if (exact !== undefined) return { type: 'Exact', name, value: exact };
  if (prefix !== undefined) return { type: 'RegularExpression', name, value: `^${escaped(prefix)}.*` };
  if (regex !== undefined) return { type: 'RegularExpression', name, value: regex };
  return unsayable(`header ${name} has no value to match: set exact, prefix or regex`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function join(match: RuleMatch, wish: Wish): RuleMatch | Unsayable | undefined {
  const headers = joinHeaders(match.headers ?? [], wish.headers);
  const method = joinMethod(match, wish.method);
  const path = joinPath(match.path, wish.path);
  if (headers === undefined || method === undefined || path === undefined) return undefined;
  if ('kind' in method) return method;
  if ('kind' in path) return path;
  return { ...match, ...path, ...method, ...(headers.length === 0 ? {} : { headers }) };
}

/** A header stands once in a match: a rule that asks for another value of it is never reached by this route. */
function joinHeaders(own: readonly HeaderMatch[], wanted: readonly HeaderMatch[]): readonly HeaderMatch[] | undefined {
  const same = (one: HeaderMatch, other: HeaderMatch) => one.name.toLowerCase() === other.name.toLowerCase();
  const clash = wanted.some((want) =>
    own.some((one) => same(one, want) && (one.value !== want.value || (one.type ?? 'Exact') !== want.type)),
  );
  return clash ? undefined : [...own, ...wanted.filter((want) => !own.some((one) => same(one, want)))];
}

function joinMethod(
  match: RuleMatch,
  wanted: StringMatch | undefined,
): Pick<RuleMatch, 'method'> | Unsayable | undefined {
  if (wanted === undefined) return {};
  if (wanted.exact === undefined)
    return unsayable('Gateway API matches a method only by its exact name: use method.exact');
  return match.method === undefined || match.method === wanted.exact ? { method: wanted.exact } : undefined;
}

/** The narrower of both paths, when one lies within the other. */
function joinPath(
  own: RuleMatch['path'],
  wanted: StringMatch | undefined,
): Pick<RuleMatch, 'path'> | Unsayable | undefined {
  if (wanted === undefined) return {};
  const { type = 'PathPrefix', value = '/' } = own ?? {};
  const isAll = type === 'PathPrefix' && value === '/';
  if (wanted.regex !== undefined) {
    if (isAll) return { path: { type: 'RegularExpression', value: wanted.regex } };
    return unsayable(`its path is an expression and the rule's is ${type} ${value}: match a path by exact or prefix`);
  }
  if (type === 'RegularExpression') return unsayable('the rule matches its path by an expression: match headers only');
  const [kind, path] =
    wanted.exact === undefined ? (['PathPrefix', wanted.prefix ?? '/'] as const) : (['Exact', wanted.exact] as const);
  const next = { path: { type: kind, value: path } };
  if (type === 'Exact') return value === path || (kind === 'PathPrefix' && isWithin(value, path)) ? {} : undefined;
  if (isWithin(path, value)) return next;
  return kind === 'PathPrefix' && isWithin(value, path) ? {} : undefined;
}

/** Gateway API compares prefixes by whole elements of the path. */
function isWithin(path: string, prefix: string): boolean {
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === base || path.startsWith(`${base}/`);
}

function unsayable(text: string): Unsayable {
  return { kind: 'unsayable', text };
}
