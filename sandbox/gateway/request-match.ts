/** Whether a request fits one match of a rule: path, method, headers and query, all of them. Pure. */

import type { Match, ValueMatch } from './kinds.ts';

export interface SeenRequest {
  readonly method: string;
  /** Without port, lower case. */
  readonly host: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export function fits(match: Match, request: SeenRequest): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (!pathFits(match.path, request.path)) return false;
  const headers = (match.headers ?? []).every((one) => valueFits(one, request.headers[one.name.toLowerCase()]));
  if (!headers) return false;
  return (match.queryParams ?? []).every((one) => valueFits(one, request.query.get(one.name) ?? undefined));
}

function pathFits(path: Match['path'], given: string): boolean {
  const { type = 'PathPrefix', value = '/' } = path ?? {};
  switch (type) {
    case 'Exact':
      return given === value;
    case 'PathPrefix':
      return hasPrefix(given, value);
    case 'RegularExpression':
      return fitsExpression(value, given);
  }
}

/** By whole elements: /a covers /a and /a/b, not /ab. A slash at the end of the prefix does not count. */
function hasPrefix(path: string, prefix: string): boolean {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === bare || path.startsWith(`${bare}/`);
}

function valueFits({ type, value }: ValueMatch, given: string | undefined): boolean {
  if (given === undefined) return false;
  return type === 'RegularExpression' ? fitsExpression(value, given) : given === value;
}

/** The whole text must match. An expression that JavaScript cannot read matches nothing. */
function fitsExpression(expression: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`).test(text);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** The path with the match's prefix replaced, for redirects and rewrites. */
export function withPrefixReplaced(path: string, match: Match, replacement: string): string {
  const prefix = (match.path?.value ?? '/').replace(/\/$/, '');
  const rest = path.slice(prefix.length);
  const joined = `${replacement.replace(/\/$/, '')}${rest.startsWith('/') || rest === '' ? rest : `/${rest}`}`;
  return joined === '' ? '/' : joined;
}
