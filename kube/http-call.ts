/**
 * One HTTP exchange with the API server by node:http(s): deadline over the whole exchange, abort, one retry of a read
 * whose kept-alive connection the server had closed. Knows nothing of Kubernetes.
 */

import { request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent: Agent;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Rejects when no whole answer came within `timeoutMs`, on abort and on a broken connection; else gives any status. */
export async function exchange(call: HttpCall, timeoutMs: number): Promise<HttpAnswer> {
  const deadline = deadlineSignal(timeoutMs, call.signal);
  try {
    const response = await openResponse({ ...call, signal: deadline.signal });
    return { status: response.statusCode ?? 0, headers: response.headers, text: await readAll(response) };
  } catch (error) {
    throw abortReason(deadline.signal) ?? error;
  } finally {
    deadline.clear();
  }
}

/** Sends the request and resolves with the response when its headers are there; the body is the caller's to read. */
export function openResponse(call: HttpCall, attempt = 1): Promise<IncomingMessage> {
  const send = call.url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const request = send(call.url, {
      method: call.method,
      headers: call.headers,
      agent: call.agent,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    request.on('response', resolve);
    request.on('error', (error) => {
      const stale = request.reusedSocket && isReset(error) && call.method === 'GET' && attempt === 1;
      if (stale) openResponse(call, attempt + 1).then(resolve, reject);
      else reject(abortReason(call.signal) ?? error);
    });
    request.end(call.body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function isReset(error: Error & { code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** What aborted the call ("no answer within 10 s") says more than node's AbortError. */
function abortReason(signal: AbortSignal | undefined): Error | undefined {
  const reason: unknown = signal?.aborted ? signal.reason : undefined;
  return reason instanceof Error ? reason : undefined;
}

export interface Deadline {
  readonly signal: AbortSignal;
  clear(): void;
}

/** Aborts after `timeoutMs` or with `outer`, whichever comes first. `clear` lets go of timer and listener. */
export function deadlineSignal(timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
    Math.max(0, timeoutMs),
  );
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}
