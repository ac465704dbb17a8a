/**
 * The API server of this process without a socket: the transport of the sandbox's own parts and of runs with virtual
 * time. Answers mean the same as over HTTP; nothing waits on timers or I/O.
 */

import type { ApiRequest, ApiResult, Identity, JsonObject, Transport, WatchLine, WatchRequest } from '../kube/api.ts';
import { deepFreeze } from '../kube/cache/strip.ts';
import { classify } from '../kube/classify.ts';
import { parseJsonObject } from '../kube/json.ts';
import { requestLabel } from '../kube/request-label.ts';
import { type ApiTransport, isGated, notLeader, type TransportOptions } from '../kube/transport.ts';
import { parsedWatchLine } from '../kube/watch-stream.ts';
import type { ApiCall, ApiReply, ApiServer, Caller } from './api-server/contract.ts';
import { lineQueue } from './line-queue.ts';

/** As with the transport over HTTP; `freeze` makes everything that is read immutable, to find who writes into it. */
export interface MemoryTransportOptions extends Pick<TransportOptions, 'gate' | 'onRequest' | 'fault'> {
  readonly freeze?: boolean;
}

interface Line extends MemoryTransportOptions {
  readonly server: ApiServer;
  readonly caller: Caller;
  readonly closed: AbortSignal;
}

/** Objects that are read are the server's own: they must not be changed. Requests with a tenant's token are that tenant's. */
export function memoryTransport(server: ApiServer, caller: Caller, options: MemoryTransportOptions = {}): ApiTransport {
  const closing = new AbortController();
  const line: Line = { ...options, server, caller, closed: closing.signal };
  return {
    send: (request) => send(line, request),
    watch: (request) => watch(line, request),
    close: () => closing.abort(),
  } satisfies Transport & ApiTransport;
}

async function send(line: Line, request: ApiRequest): Promise<ApiResult<JsonObject>> {
  // The caller goes on before anything is done, as it would with a socket between.
  await Promise.resolve();
  const fault = line.fault?.(request);
  if (fault?.at === 'before') return fault.result;
  if (isGated(line, request) && line.gate?.()?.mayWrite() !== true) return notLeader(request);
  const result = answerTo(line, request);
  return fault === undefined ? result : fault.result;
}

function answerTo(line: Line, request: ApiRequest): ApiResult<JsonObject> {
  const why = line.closed.aborted
    ? 'the transport is closed'
    : request.signal?.aborted === true
      ? 'given up'
      : undefined;
  if (why !== undefined) return unknown(request, why);
  const reply = ask(line, request);
  const status = 'status' in reply ? reply.status : 200;
  line.onRequest?.({ ...requestLabel(request), code: status, ms: 0 });
  if (reply.kind === 'object') {
    if (status < 200 || status >= 300) return classify(request, { status, text: JSON.stringify(reply.body) });
    return { kind: 'ok', object: line.freeze === true ? deepFreeze(reply.body) : reply.body };
  }
  if (reply.kind === 'text') return classify(request, { status, text: reply.text });
  if (reply.kind === 'watch') reply.open({ line: () => undefined, end: () => undefined })();
  return unknown(request, `the answer is a ${reply.kind}, not an object`);
}

function unknown(request: ApiRequest, why: string): ApiResult<JsonObject> {
  return { kind: 'unknown', cause: new Error(`${request.method} ${request.path}: ${why}`) };
}

function ask(line: Line, request: ApiRequest): ApiReply {
  const caller = callerOf(line, request.as);
  if (caller === undefined) return unauthorized;
  return line.server.handle(callOf(request, caller));
}

const unauthorized: ApiReply = {
  kind: 'object',
  status: 401,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  },
};

function callerOf(line: Line, as: Identity | undefined): Caller | undefined {
  if (as === undefined) return line.caller;
  const user = line.server.authenticate(as.token);
  return user === undefined ? undefined : { ...line.caller, user };
}

/** The body goes through JSON, so that server and caller never hold the same object. */
function callOf(request: ApiRequest, caller: Caller): ApiCall {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) query[name] = value;
  const body = request.body === undefined ? undefined : parseJsonObject(JSON.stringify(request.body));
  return {
    caller,
    method: request.method,
    path: request.path,
    query,
    contentType: request.body === undefined ? '' : (request.contentType ?? 'application/json'),
    accept: 'application/json',
    ...(body === undefined ? {} : { body }),
  };
}

/**
 * Ends when the server ends it, when the signal aborts, or when the reader stops. A server in this process cannot fall
 * silent, so there is no liveness timer.
 */
async function* watch(line: Line, request: WatchRequest): AsyncGenerator<WatchLine, void> {
  const asked: ApiRequest = { ...request, method: 'GET', pool: 'watch', query: { ...request.query, watch: 'true' } };
  await Promise.resolve();
  if (isAborted(request.signal)) return;
  if (line.closed.aborted) return yield { kind: 'error', code: 0, message: 'the transport is closed' };
  const reply = ask(line, asked);
  const code = reply.kind === 'object' || reply.kind === 'text' ? reply.status : 200;
  line.onRequest?.({ ...requestLabel(asked), code, ms: 0 });
  if (reply.kind !== 'watch') return yield refusedWatch(reply, code);
  const queue = lineQueue<JsonObject>();
  const end = reply.open({ line: (one) => queue.push(one), end: () => queue.end() });
  const stop = (): void => queue.end();
  request.signal?.addEventListener('abort', stop, { once: true });
  line.closed.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const next = await queue.next();
      if (isAborted(request.signal)) return;
      if (next === undefined) break;
      const read = parsedWatchLine(line.freeze === true ? deepFreeze(next) : next);
      yield read;
      if (read.kind === 'error') return;
    }
    if (line.closed.aborted) yield { kind: 'error', code: 0, message: 'the transport is closed' };
  } finally {
    request.signal?.removeEventListener('abort', stop);
    line.closed.removeEventListener('abort', stop);
    end();
  }
}

/** A question of its own each time: the state changes while a watch waits. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function refusedWatch(reply: Exclude<ApiReply, { kind: 'watch' }>, code: number): WatchLine {
  const said = reply.kind === 'object' ? reply.body.message : undefined;
  const message = typeof said === 'string' ? said : `the API server answered the watch with ${code}`;
  return { kind: 'error', code, message };
}
