/**
 * An API server that misbehaves on demand, for tests: a loopback HTTP server whose answers the test writes by hand, with
 * a record of what was asked and helpers for lists and watches of one kind.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { JsonObject } from '../api.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

export interface ScriptedServer {
  readonly url: string;
  /** Everything asked so far. */
  readonly asked: readonly Asked[];
  /** Connections accepted so far. */
  connections(): number;
  close(): Promise<void>;
}

/** `answer` is called with every request when its body is there; what it does not answer hangs. */
export async function scriptedServer(answer: (asked: Asked) => void): Promise<ScriptedServer> {
  const all: Asked[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://server');
      const { method = '', headers, socket } = request;
      const asked = { method, path: url.pathname, query: url.searchParams, headers, body, response, socket };
      all.push(asked);
      answer(asked);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: all,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export function sendJson(asked: Asked, code: number, body: object, headers: Record<string, string> = {}): void {
  asked.response.writeHead(code, { 'content-type': 'application/json', ...headers });
  asked.response.end(JSON.stringify(body));
}

/** A Status as the API server sends it with an error. */
export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}

export function isWatch(asked: Asked): boolean {
  return asked.query.get('watch') === 'true';
}

/** Begins the answer of a watch; the lines follow by `sendEvent`. */
export function openWatch(asked: Asked): void {
  asked.response.writeHead(200, { 'content-type': 'application/json' });
  asked.response.flushHeaders();
}

export function sendEvent(asked: Asked, type: string, object: object): void {
  asked.response.write(`${JSON.stringify({ type, object })}\n`);
}

/** A ConfigMap as the server would store it. */
export function map(
  name: string,
  resourceVersion: number,
  more: { uid?: string; data?: string; namespace?: string } = {},
): JsonObject {
  const { uid = `uid-${name}`, data = '', namespace = 'shop' } = more;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, uid, resourceVersion: String(resourceVersion) },
    data: { value: data },
  };
}

export function listBody(resourceVersion: number, items: readonly JsonObject[], next?: string): object {
  const metadata = { resourceVersion: String(resourceVersion), ...(next === undefined ? {} : { continue: next }) };
  return {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata,
    items: items.map(({ apiVersion: _a, kind: _k, ...rest }) => rest),
  };
}
