/** A simulated Prometheus on loopback: scrapes targets by a clock and answers queries of the grammar in GRAMMAR.md. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiAnswer, type ApiData } from './http-api.ts';
import { type MetricsClock, scrapeUntil, type Target } from './scrape.ts';
import { type SeriesStore, seriesStore } from './series-store.ts';

export interface MetricsOptions {
  /** Asked for at every round. */
  readonly targets: () => readonly Target[];
  readonly clock: MetricsClock;
  /** Milliseconds of the clock between two rounds. */
  readonly scrapeIntervalMs: number;
  /** Default: chosen by the system. */
  readonly port?: number;
  /** Samples to begin with; for tests. */
  readonly store?: SeriesStore;
}

export interface Metrics {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  stop(): Promise<void>;
}

/** How long samples are kept: longer than any window of a canary's checks, and bounded. */
const keepMs = 15 * 60_000;
const maxFormBytes = 1024 * 1024;

/** Resolves when it listens. Rejects when the port is taken. */
export async function startMetrics(options: MetricsOptions): Promise<Metrics> {
  const { targets, clock, scrapeIntervalMs, store = seriesStore() } = options;
  const stop = new AbortController();
  const data: ApiData = { store, now: () => clock.now() };
  const server = createServer((request, response) => {
    handle(request, response, data).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0);
  const scraping = scrapeUntil({ store, targets, clock, intervalMs: scrapeIntervalMs, keepMs }, stop.signal);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      stop.abort();
      await Promise.all([scraping, close(server)]);
    },
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, data: ApiData): Promise<void> {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://metrics');
  if (url.pathname === '/-/ready' || url.pathname === '/-/healthy') {
    send(response, 200, 'text/plain', 'Prometheus Server is Ready.\n');
    return;
  }
  const form = method === 'POST' ? await formOf(request) : '';
  if (form === undefined) {
    send(response, 413, 'text/plain', `the form is larger than ${maxFormBytes} bytes\n`);
    return;
  }
  // A form goes before the query, as Go reads them.
  const parameters = new URLSearchParams([...new URLSearchParams(form), ...url.searchParams]);
  const answer = apiAnswer({ method, path: url.pathname, parameters }, data);
  if (answer === undefined) send(response, 404, 'text/plain', '404 page not found\n');
  else if (method !== 'GET' && method !== 'POST') send(response, 405, 'text/plain', 'Method Not Allowed\n');
  else send(response, answer.status, 'application/json', JSON.stringify(answer.body));
}

async function formOf(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    if (text.length <= maxFormBytes) text += String(chunk);
  }
  return text.length > maxFormBytes ? undefined : text;
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
