/**
 * The one way out to the API server: authentication, connection pools, deadlines, the write gate, classification of
 * answers, request metrics and a fault hook for tests. Raw JSON in and out.
 */

import type { IncomingMessage } from 'node:http';
import type {
  ApiRequest,
  ApiResult,
  Identity,
  JsonObject,
  Leadership,
  Pool,
  Transport,
  WatchLine,
  WatchRequest,
} from './api.ts';
import { classify, retryAfterMs } from './classify.ts';
import type { Access, Connection } from './connection.ts';
import { deadlineSignal, exchange, type HttpCall, openResponse } from './http-call.ts';
import { parseJsonObject, textOf } from './json.ts';
import { connectionPools } from './pools.ts';
import { type RequestLabel, requestLabel } from './request-label.ts';
import { watchLines } from './watch-stream.ts';

/** One finished request; `code` is the HTTP status, 0 when there was no answer. */
export interface RequestMetric extends RequestLabel {
  readonly code: number;
  readonly ms: number;
}

/** A fault for tests: `before` the request is not sent at all, `after` it is carried out and its answer is lost. */
export interface Fault {
  readonly at: 'before' | 'after';
  readonly result: ApiResult<JsonObject>;
}

export interface TransportOptions {
  readonly connection: Connection;
  /** "tidegate-controller/0.1.0": tells the processes apart in audit logs. */
  readonly userAgent: string;
  /**
   * Asked right before each write outside the lease pool. No leadership, or one that may not write: the write is not sent
   * and answered `conflict` with reason NotLeader. Absent: writes are not gated (CLI, tests, a sandbox).
   */
  readonly gate?: () => Leadership | undefined;
  readonly onRequest?: (metric: RequestMetric) => void;
  readonly fault?: (request: ApiRequest) => Fault | undefined;
}

export interface ApiTransport extends Transport {
  /** Ends all connections. */
  close(): void;
}

/**
 * Deadlines when the caller names none. Writes stay below lease duration minus renew deadline (15 s - 10 s), so that
 * one sent while the gate was open has ended when another process may take the lease.
 */
const defaultTimeoutMs: Readonly<Record<Pool, number>> = { lease: 5_000, write: 4_500, read: 10_000, watch: 90_000 };
const longestGatedWriteMs = 4_500;
/** The API server sends the headers of a watch at once, long before the first event. */
const openTimeoutMs = 30_000;

export function transport(options: TransportOptions): ApiTransport {
  const caller = makeCaller(options);
  return {
    send: (request) => send(caller, request),
    watch: (request) => watch(caller, request),
    close: () => caller.pools.close(),
  };
}

interface Caller extends TransportOptions {
  readonly base: URL;
  readonly pools: ReturnType<typeof connectionPools>;
}

function makeCaller(options: TransportOptions): Caller {
  const base = new URL(options.connection.server);
  return { ...options, base, pools: connectionPools(base, options.connection.proxyUrl) };
}

async function send(caller: Caller, request: ApiRequest): Promise<ApiResult<JsonObject>> {
  const fault = caller.fault?.(request);
  if (fault?.at === 'before') return fault.result;
  let result = await sendOnce(caller, request);
  // 401 means that nothing was done, so asking again with fresh credentials is safe for writes too.
  if (result === 'unauthenticated') {
    caller.connection.renew();
    result = await sendOnce(caller, request);
  }
  if (fault !== undefined) return fault.result;
  if (result !== 'unauthenticated') return result;
  const right = 'authenticate: the credentials were not accepted';
  return { kind: 'forbidden', message: 'the API server did not accept the credentials of this process', right };
}

async function sendOnce(caller: Caller, request: ApiRequest): Promise<ApiResult<JsonObject> | 'unauthenticated'> {
  const startMs = performance.now();
  const label = requestLabel(request);
  let code = 0;
  try {
    const access = await accessFor(caller, request.as);
    const leadership = caller.gate?.();
    const gated = isGated(caller, request);
    if (gated && leadership?.mayWrite() !== true) return notLeader(request);
    const signal = gated ? either(request.signal, leadership?.signal) : request.signal;
    const answer = await exchange(httpCall(caller, request, access, signal), timeoutOf(request, gated));
    code = answer.status;
    if (code === 401 && request.as === undefined) return 'unauthenticated';
    return classify(request, { status: code, retryAfter: answer.headers['retry-after'], text: answer.text });
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    return { kind: 'unknown', cause: new Error(`${request.method} ${request.path}: ${reasonOf(cause)}`, { cause }) };
  } finally {
    caller.onRequest?.({ ...label, code, ms: performance.now() - startMs });
  }
}

/** Whether a request is a write that the gate decides about. */
export function isGated(caller: Pick<TransportOptions, 'gate'>, request: ApiRequest): boolean {
  return caller.gate !== undefined && request.method !== 'GET' && request.pool !== 'lease';
}

function timeoutOf(request: ApiRequest, gated: boolean): number {
  const wantedMs = request.timeoutMs ?? defaultTimeoutMs[request.pool];
  return gated ? Math.min(wantedMs, longestGatedWriteMs) : wantedMs;
}

/** What a write is answered that the gate kept here. */
export function notLeader(request: ApiRequest): ApiResult<JsonObject> {
  const message = `${request.method} ${request.path} was not sent: this process does not hold the lease any more`;
  return { kind: 'conflict', message, reason: 'NotLeader' };
}

function either(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return AbortSignal.any([first, second]);
}

/** node's AggregateError of several addresses has an empty message. */
function reasonOf(error: Error & { code?: string }): string {
  return error.message || error.code || error.name;
}

/**
 * With a tenant's token the process's own headers and client certificate stay out: the API server takes whichever
 * credential it can verify first, and that must not be ours.
 */
async function accessFor(caller: Caller, as: Identity | undefined): Promise<Access> {
  const own = await caller.connection.access();
  if (as === undefined) return own;
  if (as.token === '') throw new Error('the token to act with is empty; the call would be anonymous');
  const { cert: _cert, key: _key, ...tls } = own.tls;
  return { headers: { authorization: `Bearer ${as.token}` }, tls };
}

function httpCall(caller: Caller, request: ApiRequest, access: Access, signal: AbortSignal | undefined): HttpCall {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return {
    url: urlOf(caller.base, request),
    method: request.method,
    headers: { ...commonHeaders(caller, access), ...bodyHeaders(request, body) },
    agent: caller.pools.agent(request.pool, access.tls),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function commonHeaders(caller: Caller, access: Access): Record<string, string> {
  return { accept: 'application/json', 'user-agent': caller.userAgent, ...access.headers };
}

function bodyHeaders(request: ApiRequest, body: string | undefined): Record<string, string> {
  if (body === undefined) return {};
  return {
    'content-type': request.contentType ?? 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
}

function urlOf(base: URL, request: Pick<ApiRequest, 'path' | 'query'>): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}${request.path}`;
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

async function* watch(caller: Caller, request: WatchRequest): AsyncGenerator<WatchLine, void> {
  const asked: ApiRequest = { ...request, method: 'GET', pool: 'watch', query: { ...request.query, watch: 'true' } };
  const idleMs = request.timeoutMs ?? defaultTimeoutMs.watch;
  const startMs = performance.now();
  const idle = idleTimer(Math.min(idleMs, openTimeoutMs), request.signal);
  let code = 0;
  let response: IncomingMessage | undefined;
  try {
    const access = await accessFor(caller, request.as);
    response = await openResponse(httpCall(caller, asked, access, idle.signal));
    code = response.statusCode ?? 0;
    idle.restart(idleMs);
    caller.onRequest?.({ ...requestLabel(asked), code, ms: performance.now() - startMs });
    if (code !== 200) yield await refusedWatch(caller, request, response);
    else yield* watchLines(response, () => idle.restart(idleMs));
  } catch (error) {
    if (code === 0) caller.onRequest?.({ ...requestLabel(asked), code, ms: performance.now() - startMs });
    if (request.signal?.aborted === true) return;
    const why = idle.signal.aborted ? idle.signal.reason : error;
    yield { kind: 'error', code: 0, message: why instanceof Error ? reasonOf(why) : String(why) };
  } finally {
    idle.clear();
    response?.destroy();
  }
}

interface IdleTimer {
  readonly signal: AbortSignal;
  restart(afterMs: number): void;
  clear(): void;
}

function idleTimer(idleMs: number, outer: AbortSignal | undefined): IdleTimer {
  const controller = new AbortController();
  const start = (ms: number): NodeJS.Timeout =>
    setTimeout(() => controller.abort(new Error(`the server sent nothing for ${ms / 1000} s`)), ms);
  let currentMs = idleMs;
  let timer = start(idleMs);
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    restart: (ms) => {
      if (ms === currentMs) {
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      currentMs = ms;
      timer = start(ms);
    },
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

const refusalTimeoutMs = 5_000;

async function refusedWatch(caller: Caller, request: WatchRequest, response: IncomingMessage): Promise<WatchLine> {
  const code = response.statusCode ?? 0;
  if (code === 401 && request.as === undefined) caller.connection.renew();
  const deadline = deadlineSignal(refusalTimeoutMs, undefined);
  deadline.signal.addEventListener('abort', () => response.destroy());
  let text = '';
  try {
    for await (const chunk of response) text += String(chunk);
  } finally {
    deadline.clear();
  }
  const body = parseJsonObject(text);
  const message = textOf(body, 'message') ?? `the API server answered the watch with ${code}`;
  const wait = response.headers['retry-after'];
  return { kind: 'error', code, message, ...(wait === undefined ? {} : { retryAfterMs: retryAfterMs(wait, body) }) };
}
