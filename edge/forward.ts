/** Sends hints to every controller replica, since edge does not know which one leads; the others answer and do nothing. */

import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { Clock, Log } from '../kube/api.ts';
import { type Hint, hintPath } from './hint.ts';

export interface ForwardOptions {
  /** URLs of controllers. A name with several addresses, as a headless Service has it, means all of them. */
  readonly controllers: readonly string[];
  /** The shared token, read anew for each batch, so that it can be changed without a restart. */
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Once aborted, nothing is tried a second time; what is left is still sent once. */
  readonly signal: AbortSignal;
}

const attempts = 3;
const firstPauseMs = 500;
const timeoutMs = 5_000;

/** Never rejects: a hint that does not arrive is told in the log, and the branch is looked at when its interval is over. */
export async function forwardHints(hints: readonly Hint[], options: ForwardOptions): Promise<void> {
  try {
    const token = await options.token();
    await Promise.all(options.controllers.map((controller) => toController(controller, hints, token, options)));
  } catch (cause) {
    options.log.warn('the token for hints could not be read', { error: cause });
  }
}

async function toController(
  controller: string,
  hints: readonly Hint[],
  token: string,
  options: ForwardOptions,
): Promise<void> {
  const url = new URL(hintPath, controller);
  const addresses = await addressesOf(url, options.log);
  await Promise.all(
    addresses.flatMap((address) => hints.map((hint) => persist(() => post(url, address, hint, token), url, options))),
  );
}

async function addressesOf(url: URL, log: Log): Promise<readonly { address: string; family: number }[]> {
  try {
    return await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true });
  } catch (cause) {
    log.warn('the controller has no address', { controller: url.host, error: cause });
    return [];
  }
}

async function persist(send: () => Promise<number>, url: URL, { clock, log, signal }: ForwardOptions): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const answer = await send().catch((cause: unknown) => (cause instanceof Error ? cause.message : String(cause)));
    if (answer === 202) return;
    log.warn('a controller did not take a hint', { controller: url.host, answer, attempt });
    // Asking again helps only where the controller was not there or had no time.
    if ((typeof answer === 'number' && answer < 500) || signal.aborted) return;
    if (attempt < attempts) await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal);
  }
}

/** Resolves to the status. */
function post(url: URL, to: { address: string; family: number }, hint: Hint, token: string): Promise<number> {
  const body = JSON.stringify(hint);
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        timeout: timeoutMs,
        agent: false,
        lookup: (_host, { all }, found) =>
          all === true ? found(null, [{ ...to }]) : found(null, to.address, to.family),
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sending.once('timeout', () => sending.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sending.once('error', reject);
    sending.end(body);
  });
}
