/** What a rule does to its requests: headers and paths changed, redirects, how long a backend may take. Pure. */

import type { OutgoingHttpHeaders } from 'node:http';
import type { Filter, HeaderModifier, Match, PathModifier, RedirectFilter, Rule } from './kinds.ts';
import { type SeenRequest, withPrefixReplaced } from './request-match.ts';

/** The reason why a request that meets these filters must be answered 500; undefined when all are known. */
export function unknownFilter(filters: readonly Filter[]): string | undefined {
  const found = filters.find((one) => one.type === 'ExtensionRef');
  return found && 'a filter of type ExtensionRef, which the simulated gateway does not have';
}

/** The headers after all modifiers of one direction. Names are lower case. */
export function modifiedHeaders(
  headers: OutgoingHttpHeaders,
  filters: readonly Filter[],
  direction: 'requestHeaderModifier' | 'responseHeaderModifier',
): OutgoingHttpHeaders {
  let result = headers;
  for (const filter of filters) {
    const modifier = filter[direction];
    if (modifier !== undefined) result = modified(result, modifier);
  }
  return result;
}

function modified(headers: OutgoingHttpHeaders, modifier: HeaderModifier): OutgoingHttpHeaders {
  const result = { ...headers };
  for (const { name, value } of modifier.set ?? []) result[name.toLowerCase()] = value;
  for (const { name, value } of modifier.add ?? []) {
    const before = result[name.toLowerCase()];
    result[name.toLowerCase()] = before === undefined ? value : `${String(before)},${value}`;
  }
  for (const name of modifier.remove ?? []) delete result[name.toLowerCase()];
  return result;
}

/** Path and host name after rewrites. */
export function rewritten(
  path: string,
  host: string,
  match: Match,
  filters: readonly Filter[],
): { readonly path: string; readonly host: string } {
  const found = filters.find((one) => one.urlRewrite !== undefined)?.urlRewrite;
  return { path: modifiedPath(path, match, found?.path), host: found?.hostname ?? host };
}

function modifiedPath(path: string, match: Match, modifier: PathModifier | undefined): string {
  if (modifier === undefined) return path;
  return modifier.type === 'ReplaceFullPath'
    ? (modifier.replaceFullPath ?? '/')
    : withPrefixReplaced(path, match, modifier.replacePrefixMatch ?? '/');
}

/** Where to send the client. Without scheme and port the request's own are kept; `ownPort` is the gateway's. */
export function redirectLocation(
  redirect: RedirectFilter,
  request: SeenRequest,
  match: Match,
  ownPort: number,
): string {
  const scheme = redirect.scheme ?? 'http';
  const usual = scheme === 'https' ? 443 : 80;
  const port = redirect.port ?? (redirect.scheme === undefined ? ownPort : usual);
  const path = modifiedPath(request.path, match, redirect.path);
  const query = request.query.size === 0 ? '' : `?${request.query.toString()}`;
  return `${scheme}://${redirect.hostname ?? request.host}${port === usual ? '' : `:${port}`}${path}${query}`;
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** The shorter of a rule's timeouts, in milliseconds: with one attempt per request both mean the same. Undefined: none. */
export function timeoutOf({ timeouts }: Rule): number | undefined {
  const given = [timeouts?.request, timeouts?.backendRequest].map((text) =>
    [...(text ?? '').matchAll(/(\d+)(ms|h|m|s)/g)].reduce(
      (sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0),
      0,
    ),
  );
  const least = Math.min(...given.map((ms) => (ms === 0 ? Number.POSITIVE_INFINITY : ms)));
  return Number.isFinite(least) ? least : undefined;
}
