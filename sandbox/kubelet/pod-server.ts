/**
 * The HTTP server that stands for one container: answers with who it is and which configuration it runs with, fails a set
 * share of its requests, counts all of them, and exports the counts at /metrics.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../kube/api.ts';
import type { RequestCounter } from './request-counter.ts';

export interface Answer {
  readonly pod: string;
  readonly namespace: string;
  readonly hash: string;
  readonly version: string;
  readonly image: string;
  readonly config: Readonly<Record<string, string>>;
}

export interface PodServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly answer: Answer;
  readonly counter: RequestCounter;
  readonly errorPct: number;
  readonly latencyMs: number;
  /** Times are its: latency, durations, and how long a close waits. */
  readonly clock: Clock;
  /** A line for the log of each request of a user. */
  readonly log?: (line: string) => void;
  /** Whether a readiness probe passes now. */
  ready(): boolean;
}

export interface PodServer {
  readonly url: string;
  /** Takes no new connections, lets answers under way end, then closes all. */
  readonly close: () => Promise<void>;
}

const probeAgent = 'kube-probe/';
const closeAfterMs = 2_000;
const never = new AbortController().signal;

/** Rejects when the address cannot be listened on. */
export async function podServer(options: PodServerOptions): Promise<PodServer> {
  let served = 0;
  let closing = false;
  const server = createServer((request, response) => {
    // Whoever still asks a server that is on its way out must not come back on this connection.
    response.once('finish', () => {
      if (closing) request.socket.end();
    });
    if (request.url === '/metrics') return reply(response, 200, options.counter.text(), 'text/plain; version=0.0.4');
    // Who it is, for whoever only wants to look: not a user's request, so not counted.
    if (request.url === '/about') return reply(response, 200, JSON.stringify(options.answer), 'application/json');
    if (request.headers['user-agent']?.startsWith(probeAgent)) {
      return reply(response, options.ready() ? 200 : 503, 'probe\n', 'text/plain');
    }
    served += 1;
    serve(options, request, response, failsNow(served, options.errorPct));
  });
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port, options.host);
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}`,
    close: () => {
      closing = true;
      return close(server, options.clock);
    },
  };
}

/** Spreads the failures evenly, so that a share of 20 % is exactly one in five. */
export function failsNow(served: number, errorPct: number): boolean {
  return Math.floor((served * errorPct) / 100) > Math.floor(((served - 1) * errorPct) / 100);
}

function serve(options: PodServerOptions, request: IncomingMessage, response: ServerResponse, fails: boolean): void {
  const { clock } = options;
  const startMs = clock.monotonicMs();
  const code = fails ? 500 : 200;
  request.resume();
  const answer = (): void => {
    // Counted before it is sent, so that whoever has the answer finds it in the count.
    const tookMs = clock.monotonicMs() - startMs;
    options.counter.count(code, tookMs / 1000);
    options.log?.(`${request.method} ${request.url} ${code} ${tookMs.toFixed(1)}ms`);
    reply(response, code, `${JSON.stringify(options.answer)}\n`, 'application/json');
  };
  if (options.latencyMs > 0) void clock.sleep(options.latencyMs, never).then(answer);
  else answer();
}

function reply(response: ServerResponse, code: number, body: string, contentType: string): void {
  response.writeHead(code, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const closed = new AbortController();
    void clock.sleep(closeAfterMs, closed.signal).then(() => server.closeAllConnections());
    server.close(() => {
      closed.abort();
      resolve();
    });
    server.closeIdleConnections();
  });
}
