/** What an HTTP outcome other than a usable answer means for a measurement; shared wording of all HTTP backends. */
import type { OutboundOutcome } from '../../outbound/outcome.ts';
import type { Instant, Missing } from '../provider.ts';

export type Response = Extract<OutboundOutcome, { kind: 'response' }>;

/** A request that got no answer. Refusals and bodies over the cap will not pass by themselves, the others may. */
export function noAnswer(outcome: Exclude<OutboundOutcome, { kind: 'response' }>, backend: string): Missing {
  switch (outcome.kind) {
    case 'refused':
    case 'too-large':
      return { kind: 'misconfigured', why: `${backend} can't be asked: ${outcome.why}` };
    case 'unreachable':
    case 'timeout':
    case 'cancelled':
      return { kind: 'unavailable', why: `${backend} did not answer: ${outcome.why}` };
  }
}

/**
 * A status that every backend uses alike, or undefined for 2xx. `detail` is the backend's own sentence when it gave one.
 * 429 and 5xx may pass (Retry-After is honoured); all others want a person. `check` is where credentials are set.
 */
export function badStatus(
  response: Response,
  backend: string,
  now: Instant,
  detail?: string,
  check = 'authentication and headers',
): Missing | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const said = detail === undefined || detail === '' ? '' : `: ${shortened(detail)}`;
  if (status === 401 || status === 403) {
    return {
      kind: 'misconfigured',
      why: `${backend} refused the credentials (HTTP ${status})${said}; check ${check}`,
    };
  }
  if (status === 429 || status >= 500) {
    return { kind: 'unavailable', why: `${backend} answered HTTP ${status}${said}`, ...retryAfter(response, now) };
  }
  if (status === 404) return { kind: 'misconfigured', why: `${backend} has nothing at this address (HTTP 404)${said}` };
  return { kind: 'misconfigured', why: `${backend} answered HTTP ${status}${said}` };
}

/** Keeps a foreign sentence on one line and short. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}

/** `Retry-After` as seconds or as a date. */
function retryAfter(response: Response, now: Instant): { readonly retryAfterMs?: number } {
  const header = response.headers['retry-after'];
  if (header === undefined) return {};
  if (/^\d{1,9}$/.test(header)) return { retryAfterMs: Number(header) * 1000 };
  const at = Date.parse(header);
  return Number.isNaN(at) ? {} : { retryAfterMs: Math.max(0, at - now) };
}

/** True for what looks like a page for people: a login form or an error page of a proxy. */
export function isPage(response: Response): boolean {
  const type = response.headers['content-type'] ?? '';
  return type.includes('text/html') || /^\s*<(!doctype|html)/i.test(response.body);
}
