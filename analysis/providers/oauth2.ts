/** OAuth 2 client credentials (RFC 6749, 4.4): fetches the token that a metric's backend wants, and keeps it while it is good. */

import { z } from 'zod';
import type { ProviderAuthentication } from '../../crds/schema/provider-auth.ts';
import type { OutboundOutcome } from '../../outbound/outcome.ts';
import type { Instant, MeasureContext, Missing } from '../provider.ts';
import { badStatus, noAnswer } from './http-outcome.ts';

type OAuth2 = NonNullable<ProviderAuthentication['oauth2']>;
export type TokenOutcome = { readonly kind: 'token'; readonly token: string } | Missing;

/** Tokens by what was asked for; only in memory. */
export interface Tokens {
  fetch(settings: OAuth2, context: Pick<MeasureContext, 'outbound' | 'now' | 'signal'>): Promise<TokenOutcome>;
}

const Answer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() });

const timeoutMs = 10_000;
const longestKeptMs = 3_600_000;
/** A token is not used in its last moments: the measurement takes time too. */
const spareMs = 30_000;
const mostKept = 1_000;
const server = 'the token server';

export function oauth2Tokens(): Tokens {
  const kept = new Map<string, { readonly token: string; readonly until: Instant }>();
  return {
    fetch: async (settings, context) => {
      const id = JSON.stringify(settings);
      const known = kept.get(id);
      if (known !== undefined && context.now < known.until) return { kind: 'token', token: known.token };
      kept.delete(id);
      const answer = await ask(settings, context);
      if (answer.kind !== 'token') return answer;
      if (kept.size >= mostKept) kept.clear();
      const lifeMs = Math.min(longestKeptMs, (answer.expiresIn ?? 0) * 1000 - spareMs);
      if (lifeMs > 0) kept.set(id, { token: answer.token, until: context.now + lifeMs });
      return { kind: 'token', token: answer.token };
    },
  };
}

type Asked = { readonly kind: 'token'; readonly token: string; readonly expiresIn: number | undefined } | Missing;

/** The client's name and secret go into the header; servers that refuse that take them in the form. */
async function ask(settings: OAuth2, context: Pick<MeasureContext, 'outbound' | 'now' | 'signal'>): Promise<Asked> {
  const first = await send(settings, context, 'header');
  const isRefused = first.kind === 'response' && (first.status === 400 || first.status === 401);
  return tokenOf(isRefused ? await send(settings, context, 'form') : first, context.now);
}

function send(
  { tokenUrl = '', clientId = '', clientSecret = '', scopes = [] }: OAuth2,
  { outbound, signal }: Pick<MeasureContext, 'outbound' | 'signal'>,
  place: 'header' | 'form',
): Promise<OutboundOutcome> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  if (place === 'form') {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  }
  // RFC 6749, 2.3.1: both are form-encoded before they become basic credentials.
  const credentials = {
    kind: 'basic',
    username: encodeURIComponent(clientId),
    password: encodeURIComponent(clientSecret),
  } as const;
  return outbound.send({
    url: tokenUrl,
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    ...(place === 'header' ? { credentials } : {}),
    timeoutMs,
    signal,
  });
}

function tokenOf(outcome: OutboundOutcome, now: Instant): Asked {
  if (outcome.kind !== 'response') return noAnswer(outcome, server);
  // What it says may repeat the secret in ways that nobody masks, so only its status is shown.
  const bad = badStatus(outcome, server, now);
  if (bad !== undefined) return bad;
  let json: unknown;
  try {
    json = JSON.parse(outcome.body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parsed = Answer.safeParse(json);
  if (!parsed.success) return { kind: 'misconfigured', why: `${server} answered without an access_token` };
  return { kind: 'token', token: parsed.data.access_token, expiresIn: parsed.data.expires_in };
}
