/**
 * Serves the logs of this node's pods to the API server, as a kubelet does: GET /containerLogs/<namespace>/<pod>/<container>
 * with `follow`, `tailLines`, `sinceSeconds`, `timestamps` and `limitBytes`. On loopback only.
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LogLine, LogLines } from './log-lines.ts';

export interface LogServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface LogServerOptions {
  find(namespace: string, pod: string, container: string): LogLines | undefined;
  now(): number;
}

export async function startLogServer(options: LogServerOptions): Promise<LogServer> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [root, namespace, pod, container] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const lines = root === 'containerLogs' ? options.find(namespace ?? '', pod ?? '', container ?? '') : undefined;
    if (request.method !== 'GET' || lines === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end(`no log is kept of ${url.pathname}\n`);
      return;
    }
    serve(response, lines, url.searchParams, options.now());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(response: ServerResponse, lines: LogLines, query: URLSearchParams, nowMs: number): void {
  const stamped = query.get('timestamps') === 'true';
  const show = (line: LogLine): string => `${stamped ? `${new Date(line.at).toISOString()} ` : ''}${line.text}\n`;
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  const text = wanted(lines.kept(), query, nowMs).map(show).join('');
  const limit = Number(query.get('limitBytes') ?? Number.POSITIVE_INFINITY);
  response.write(Number.isFinite(limit) ? Buffer.from(text).subarray(0, limit) : text);
  if (query.get('follow') !== 'true') {
    response.end();
    return;
  }
  const stop = lines.follow(
    (line) => response.write(show(line)),
    () => response.end(),
  );
  response.once('close', stop);
}

function wanted(lines: readonly LogLine[], query: URLSearchParams, nowMs: number): readonly LogLine[] {
  const since = query.get('sinceSeconds');
  const recent = since === null ? lines : lines.filter((line) => line.at >= nowMs - Number(since) * 1000);
  const tail = query.get('tailLines');
  if (tail === null) return recent;
  return Number(tail) === 0 ? [] : recent.slice(-Number(tail));
}
