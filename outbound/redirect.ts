/** Decides what a redirect may lead to: the same host and port, or the same host by TLS. Everything else is refused. */
import type { OutboundOutcome } from './outcome.ts';

/** One request on its way: what changes from one redirect to the next. */
export interface Hop {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly body: string | undefined;
}

export type NextHop =
  | { readonly kind: 'final' }
  | { readonly kind: 'hop'; readonly hop: Hop }
  | { readonly kind: 'refused'; readonly why: string };

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Another port is another server: it must not see the credentials, and a check of the first says nothing about it. */
function isSameServer(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false;
  if (from.protocol === to.protocol) return from.port === to.port;
  return from.protocol === 'http:' && to.protocol === 'https:';
}

/** 307 and 308 repeat the request; the others, after a request with a body, ask by GET as browsers do. */
export function nextHop(hop: Hop, answer: Extract<OutboundOutcome, { kind: 'response' }>): NextHop {
  const location = answer.headers['location'];
  if (!redirectStatuses.has(answer.status) || location === undefined) return { kind: 'final' };
  const to = URL.parse(location, hop.url.href);
  if (to === null || !isSameServer(hop.url, to)) {
    return {
      kind: 'refused',
      why: `${hop.url.host} redirects to another server${to === null ? '' : ` (${to.host})`}; name that address instead`,
    };
  }
  to.username = '';
  to.password = '';
  const repeats = answer.status === 307 || answer.status === 308;
  return { kind: 'hop', hop: repeats ? { ...hop, url: to } : { url: to, method: 'GET', body: undefined } };
}
