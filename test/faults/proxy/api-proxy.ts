/**
 * Stands between a controller process and its API server. Every write is shown to a judge, who lets it through, drops it
 * before the server sees it, or lets the server carry it out and keeps the answer back; `cut` is the moment the
 * controller is dead: nothing that it still had under way reaches the server from then on.
 */

import { createServer, type Server } from 'node:https';
import { Agent, request as send } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { JsonObject } from '../../../crds/schema/json.ts';

export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: JsonObject;
}

/** What becomes of one write; the promise of `after` is awaited once its fate is sealed, before anything else passes. */
export interface Fate {
  readonly kind: 'deliver' | 'drop' | 'swallow';
  readonly after?: () => Promise<void>;
}

export interface ApiProxyOptions {
  readonly upstream: { readonly server: string; readonly caData: string };
  readonly tls: { readonly key: string; readonly cert: string };
  readonly judge: (seen: SeenRequest) => Fate;
}

export interface ApiProxy {
  readonly url: string;
  /** The proxy's certificate, PEM in base64. */
  readonly caData: string;
  /** Ends every connection and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

interface Proxy extends ApiProxyOptions {
  readonly base: URL;
  readonly agent: Agent;
  readonly sockets: Set<Socket>;
  isCut: boolean;
}

export async function startApiProxy(options: ApiProxyOptions): Promise<ApiProxy> {
  const ca = Buffer.from(options.upstream.caData, 'base64').toString();
  const proxy: Proxy = {
    ...options,
    base: new URL(options.upstream.server),
    agent: new Agent({ keepAlive: true, ca }),
    sockets: new Set(),
    isCut: false,
  };
  const server = createServer(options.tls, (request, response) => {
    handle(proxy, request, response).catch((error: unknown) => response.destroy(asError(error)));
  });
  server.on('connection', (socket: Socket) => {
    if (proxy.isCut) return void socket.destroy();
    proxy.sockets.add(socket);
    socket.once('close', () => proxy.sockets.delete(socket));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    caData: Buffer.from(options.tls.cert).toString('base64'),
    cut: () => {
      proxy.isCut = true;
      for (const socket of proxy.sockets) socket.destroy();
    },
    mend: () => {
      proxy.isCut = false;
    },
    close: () => closeAll(proxy, server),
  };
}

async function closeAll(proxy: Proxy, server: Server): Promise<void> {
  for (const socket of proxy.sockets) socket.destroy();
  proxy.agent.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

async function handle(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') return forward(proxy, request, undefined, (answer) => pass(answer, response), response);
  const body = await bodyOf(request);
  if (proxy.isCut) return void response.destroy();
  const fate = proxy.judge(seenRequest(request, body));
  if (fate.kind === 'drop') {
    await fate.after?.();
    return void response.destroy();
  }
  await forward(
    proxy,
    request,
    body,
    async (answer) => {
      if (fate.kind === 'deliver') {
        await pass(answer, response);
        await fate.after?.();
        return;
      }
      await drained(answer);
      await fate.after?.();
      response.destroy();
    },
    response,
  );
}

function seenRequest(request: IncomingMessage, body: Buffer): SeenRequest {
  const url = new URL(request.url ?? '/', 'https://api');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    contentType: request.headers['content-type'] ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    body: body.length === 0 ? {} : (JSON.parse(body.toString()) as JsonObject),
  };
}

/** Sends the request on with its headers; resolves when `take` is done with the answer. */
function forward(
  proxy: Proxy,
  request: IncomingMessage,
  body: Buffer | undefined,
  take: (answer: IncomingMessage) => Promise<void>,
  response: ServerResponse,
): Promise<void> {
  const { base, agent } = proxy;
  const { method = 'GET', url: path = '/' } = request;
  const headers = { ...request.headers, host: base.host };
  return new Promise((resolve, reject) => {
    const onward = send({ host: base.hostname, port: base.port, method, path, headers, agent }, (answer) => {
      take(answer).then(resolve, reject);
    });
    onward.once('error', reject);
    // A reader that goes away ends its watch upstream; a write that is under way is carried out all the same.
    if (method === 'GET') response.once('close', () => onward.destroy());
    onward.end(body);
  });
}

function pass(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.once('error', () => response.destroy());
    answer.pipe(response);
  });
}

async function drained(answer: IncomingMessage): Promise<void> {
  for await (const chunk of answer) void chunk;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
