/**
 * Carries out calls of HTTP services beside the workers: at most one per key, each with a deadline and a signature, and keeps
 * the answers until newer ones take their place. What it holds is lost with the process; the calls then come again.
 */

import { createHmac } from 'node:crypto';
import type { Clock } from '../../kube/api.ts';
import type { Outbound, OutboundOutcome } from '../../outbound/outcome.ts';
import type { AwsQuestion } from './aws-question.ts';
import type { Call, CallAnswer, CallTarget } from './calls.ts';

/** Where a call goes. `why`: the end of a sentence on what is missing. */
export type Addressed =
  | {
      readonly kind: 'ok';
      readonly url: string;
      readonly timeoutMs: number;
      readonly outbound: Outbound;
      /** Key of the signature; undefined: not signed. */
      readonly signingKey?: string;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** The Rollout that asks. */
export interface CallFrom {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** What is asked by HTTP at one address. */
export type HttpTarget = Exclude<CallTarget, { kind: 'aws' }>;

export interface CallerParts {
  /** Finds address and key; a rejection counts as no answer. */
  readonly address: (target: HttpTarget, from: CallFrom, signal: AbortSignal) => Promise<Addressed>;
  /** Asks AWS; absent: it is never asked. A rejection counts as no answer. */
  readonly aws?: ((question: AwsQuestion, signal: AbortSignal) => Promise<CallAnswer>) | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** Ends all calls, as the leadership ends. */
  readonly signal: AbortSignal;
}

export interface Caller {
  /** Returns at once; does nothing when the call is under way or answered. */
  start(call: Call, from: CallFrom): void;
  /** Open and answered calls of one Rollout. */
  answers(uid: string): ReadonlyMap<string, CallAnswer>;
  /** The Rollout is gone. */
  forget(uid: string): void;
  /** Called when a call was started and when it was answered. */
  onChange(wake: (from: CallFrom) => void): void;
}

/** Answers per Rollout; those that status still needs are the newest. */
const maxAnswers = 64;
/** More is not read of an answer. */
const maxBytes = 65_536;
/** On top of the service's own time: to read a Secret. */
const prepareMs = 10_000;
/** For all requests of one question to AWS. */
const awsMs = 60_000;

export function caller(parts: CallerParts): Caller {
  const known = new Map<string, Map<string, CallAnswer>>();
  let wake: (from: CallFrom) => void = () => undefined;
  const put = (uid: string, key: string, answer: CallAnswer): void => {
    const own = known.get(uid) ?? new Map<string, CallAnswer>();
    known.set(uid, own);
    own.delete(key);
    own.set(key, answer);
    for (const [old, { kind }] of own) {
      if (own.size <= maxAnswers) break;
      if (kind !== 'open') own.delete(old);
    }
  };
  return {
    start(call, from) {
      if (known.get(from.uid)?.has(call.key)) return;
      put(from.uid, call.key, { kind: 'open' });
      wake(from);
      void carryOut(parts, call, from)
        .catch((): CallAnswer => ({ kind: 'none', why: 'the call ended with an unexpected error' }))
        .then((answer) => {
          if (!known.has(from.uid) || parts.signal.aborted) return;
          put(from.uid, call.key, answer);
          wake(from);
        });
    },
    answers: (uid) => new Map(known.get(uid) ?? []),
    forget: (uid) => void known.delete(uid),
    onChange(given) {
      wake = given;
    },
  };
}

async function carryOut(parts: CallerParts, call: Call, from: CallFrom): Promise<CallAnswer> {
  const { target } = call;
  if (target.kind === 'aws') return askAws(parts, target.question);
  const preparing = AbortSignal.any([parts.signal, AbortSignal.timeout(prepareMs)]);
  const addressed = await parts.address(target, from, preparing);
  if (addressed.kind === 'refused') return { kind: 'none', why: addressed.why };
  const body = JSON.stringify(call.request);
  const outcome = await addressed.outbound.send({
    url: addressed.url,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'idempotency-key': call.key,
      ...signatureHeaders(addressed.signingKey, { key: call.key, body, atMs: parts.clock.now() }),
    },
    body,
    timeoutMs: addressed.timeoutMs,
    maxBytes,
    signal: parts.signal,
  });
  return answerOf(outcome);
}

function askAws({ aws, signal }: CallerParts, question: AwsQuestion): Promise<CallAnswer> {
  if (aws === undefined) return Promise.resolve({ kind: 'none', why: 'this controller does not ask AWS' });
  return aws(question, AbortSignal.any([signal, AbortSignal.timeout(awsMs)]));
}

function answerOf(outcome: OutboundOutcome): CallAnswer {
  if (outcome.kind !== 'response') return { kind: 'none', why: outcome.why };
  const { status, headers, body } = outcome;
  return { kind: 'response', status, type: headers['content-type'] ?? '', body };
}

export interface Signed {
  readonly key: string;
  readonly body: string;
  readonly atMs: number;
}

/**
 * `X-Tidegate-Timestamp` (epoch seconds) and `X-Tidegate-Signature`: `sha256=` and the hexadecimal HMAC-SHA256 of
 * `<timestamp>.<idempotency key>.<body>`. None without a key.
 */
export function signatureHeaders(signingKey: string | undefined, { key, body, atMs }: Signed): Record<string, string> {
  if (signingKey === undefined) return {};
  const at = String(Math.floor(atMs / 1000));
  const digest = createHmac('sha256', signingKey).update(`${at}.${key}.${body}`).digest('hex');
  return { 'x-tidegate-timestamp': at, 'x-tidegate-signature': `sha256=${digest}` };
}
