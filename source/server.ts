/** The server end of the contract: HTTP/1.1 with JSON on a Unix socket that only this user may open; bounded bodies, calls and times. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Handlers } from './calls.ts';
import { type CallName, calls, type Fault } from './contract.ts';

const MAX_BODY_BYTES = 2 * 1024 * 1024;
const BODY_TIMEOUT_MS = 10_000;
/** A handler that ignores its deadline is answered for this much later. */
const OVERDUE_MS = 1_000;
const BUSY_RETRY_MS = 2_000;

export interface ServerOptions {
  readonly socketPath: string;
  readonly handlers: Handlers;
  /** Calls at once; further ones are told to come back. */
  readonly maxCalls: number;
  /** No call may last longer, whatever it asks for. */
  readonly maxDeadlineMs: number;
  readonly signal: AbortSignal;
  /** Runs once it is sure that no other process serves, before the first call. */
  readonly prepare: () => Promise<void>;
}

/** Serves until the signal ends. Rejects when another process already serves the socket, and when the signal ended before it served. */
export async function serve(options: ServerOptions): Promise<Server> {
  await mkdir(dirname(options.socketPath), { recursive: true, mode: 0o700 });
  if (await isServed(options.socketPath)) throw new Error(`Another source process serves ${options.socketPath}.`);
  await rm(options.socketPath, { force: true });
  await options.prepare();
  options.signal.throwIfAborted();
  let running = 0;
  const server = createServer((request, response) => {
    if (running >= options.maxCalls) {
      reply(response, 200, {
        kind: 'unreachable',
        message: 'The source process has as many calls as it takes; try again soon.',
        retryAfterMs: BUSY_RETRY_MS,
      });
      return;
    }
    running += 1;
    answer(options, request, response)
      .catch((error: unknown) => {
        reply(response, 500, {
          kind: 'internal',
          message: `The source process failed: ${error instanceof Error ? error.message : 'unknown error'}.`,
        });
      })
      .finally(() => {
        running -= 1;
      });
  });
  server.requestTimeout = BODY_TIMEOUT_MS;
  server.headersTimeout = BODY_TIMEOUT_MS;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  // Before the first await of the start: whoever asked for the end meanwhile must not leave an orphan that serves for ever.
  options.signal.addEventListener('abort', stop, { once: true });
  await listen(server, options.socketPath);
  await chmod(options.socketPath, 0o600);
  if (options.signal.aborted) {
    stop();
    options.signal.throwIfAborted();
  }
  return server;
}

async function answer(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = /^\/v1\/([a-z]+)$/.exec(request.url ?? '')?.[1];
  if (request.method !== 'POST' || name === undefined || !isCall(name)) {
    reply(response, 404, {
      kind: 'refused',
      message: `The source process has no call ${request.method ?? ''} ${(request.url ?? '').slice(0, 100)}.`,
    });
    return;
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    reply(response, 413, { kind: 'too-large', message: `The call ${name} has more than ${MAX_BODY_BYTES} bytes.` });
    return;
  }
  reply(response, 200, await dispatch(options, name, body, response));
}

function isCall(name: string): name is CallName {
  return Object.hasOwn(calls, name);
}

async function dispatch(
  options: ServerOptions,
  name: CallName,
  body: string,
  response: ServerResponse,
): Promise<unknown> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the caller has gone')));
  switch (name) {
    case 'ping':
      return within(options, calls.ping.request, body, gone.signal, options.handlers.ping);
    case 'sync':
      return within(options, calls.sync.request, body, gone.signal, options.handlers.sync);
    case 'render':
      return within(options, calls.render.request, body, gone.signal, options.handlers.render);
    case 'compare':
      return within(options, calls.compare.request, body, gone.signal, options.handlers.compare);
    case 'merge':
      return within(options, calls.merge.request, body, gone.signal, options.handlers.merge);
    case 'push':
      return within(options, calls.push.request, body, gone.signal, options.handlers.push);
  }
}

interface Schema<R> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: R }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

async function within<R extends { deadlineMs: number }>(
  options: ServerOptions,
  schema: Schema<R>,
  body: string,
  gone: AbortSignal,
  handler: (request: R, signal: AbortSignal) => Promise<unknown>,
): Promise<unknown> {
  const parsed = schema.safeParse(jsonOf(body));
  if (!parsed.success) {
    // Only field names: a message that quotes values could quote a token.
    const issue = parsed.error.issues[0];
    return {
      kind: 'refused',
      message: `The call is not as the contract says: field ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? 'invalid'}.`,
      why: 'invalid call',
    } satisfies Fault & { why: string };
  }
  const deadlineMs = Math.min(parsed.data.deadlineMs, options.maxDeadlineMs);
  const deadline = AbortSignal.timeout(deadlineMs);
  const overdue = new Promise<Fault>((resolve) => {
    const timer = setTimeout(
      () => resolve({ kind: 'timeout', message: `The call was not done within ${deadlineMs} ms.` }),
      deadlineMs + OVERDUE_MS,
    );
    timer.unref();
    gone.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
  return Promise.race([handler(parsed.data, AbortSignal.any([deadline, gone, options.signal])), overdue]);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // Not JSON: the schema refuses what stands for it, with a sentence of its own.
    return error instanceof SyntaxError ? undefined : null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  });
  response.end(text);
}

function listen(server: Server, socketPath: string): Promise<void> {
  // The socket appears with the permissions of the umask: nobody else may connect in the moment before chmod.
  const umask = process.umask(0o177);
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.removeListener('error', reject);
      resolve();
    });
  }).finally(() => process.umask(umask));
}

/** Whether somebody accepts connections there; a socket left behind by a killed process does not. */
function isServed(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
