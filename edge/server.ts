/** The public door of edge: POST /hooks takes signed webhooks, answers at once and hands hints on a moment later; GET /healthz is for probes. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../kube/api.ts';
import { repositoryKey } from '../crds/schema/repository-key.ts';
import type { Hint } from './hint.ts';
import { coalescing, rateLimit, seenDeliveries } from './limits.ts';
import { readPayload } from './payload.ts';
import { readBody } from './read-body.ts';
import { deliveryId, verifyWebhook } from './webhook.ts';

export interface EdgeOptions {
  readonly port: number;
  readonly address: string;
  /** The secrets of the webhook, any of which may have signed; read anew for each request. */
  readonly secrets: () => Promise<readonly string[]>;
  readonly forward: (hints: readonly Hint[]) => void;
  readonly log: Log;
  readonly monotonicMs: () => number;
  readonly perMinute?: number;
  readonly burst?: number;
  readonly windowMs?: number;
}

export interface Edge {
  readonly port: number;
  close(): Promise<void>;
}

export const maxWebhookBytes = 1024 * 1024;
const rememberedDeliveries = 10_000;
const replayWindowMs = 600_000;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Rejects when the port is taken. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const take = webhookTaker(options);
  const server = createServer((request, response) => {
    answerTo(request, take).then(
      (answer) => send(request, response, answer),
      (cause: unknown) => {
        options.log.warn('a webhook could not be read', { error: cause });
        send(request, response, { status: 500, text: 'The webhook could not be read; send it again.' });
      },
    );
  });
  // Nobody may hold a connection by sending slowly.
  server.requestTimeout = 15_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 500;
  const { port, address } = options;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      take.flush();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Taker {
  take(request: IncomingMessage): Promise<Answer>;
  flush(): void;
}

function webhookTaker(options: EdgeOptions): Taker {
  const { secrets, log, monotonicMs } = options;
  const rate = rateLimit(options.perMinute ?? 300, options.burst ?? 100, monotonicMs);
  const deliveries = seenDeliveries(rememberedDeliveries, replayWindowMs, monotonicMs);
  const waiting = coalescing(options.windowMs ?? 300, options.forward);
  return {
    flush: () => waiting.flush(),
    async take(request) {
      const source = request.socket.remoteAddress ?? 'unknown';
      const wait = rate.waitSeconds(source);
      if (wait !== undefined) {
        const headers = { 'retry-after': String(wait) };
        return { status: 429, text: `Too many webhooks from ${source}; try again in ${wait} s.`, headers };
      }
      const body = await readBody(request, maxWebhookBytes);
      if (body === undefined) return { status: 413, text: `The body is longer than ${maxWebhookBytes} bytes.` };
      const verified = verifyWebhook(request.headers, body, await secrets());
      if (verified.kind === 'refused') {
        log.warn('a webhook was refused', { source, why: verified.message });
        return { status: 401, text: `Refused: ${verified.message}.` };
      }
      const payload = readPayload(body.toString('utf8'));
      if (payload.kind === 'wrong') return { status: 400, text: payload.message };
      if (payload.kind === 'nothing') return { status: 202, text: payload.message };
      if (isRepeated(request, body, deliveries)) return { status: 202, text: 'This delivery was here before.' };
      for (const hint of payload.hints) waiting.add(hint);
      const told = payload.hints.map(({ repository, branch }) => `${repositoryKey(repository)} ${branch}`);
      log.info('webhook taken', { source, branches: [...new Set(told)] });
      return { status: 202, text: 'Taken.' };
    },
  };
}

/**
 * The id of a delivery is not signed, so the body of a numbered delivery counts too: whoever records one can't send it
 * again under another number. Our own short payload has no number and may repeat.
 */
function isRepeated(request: IncomingMessage, body: Buffer, deliveries: ReturnType<typeof seenDeliveries>): boolean {
  const id = deliveryId(request.headers);
  if (id === undefined) return false;
  const digest = createHash('sha256').update(body).digest('hex');
  const isNewId = deliveries.isNew(id);
  const isNewBody = deliveries.isNew(`body:${digest}`);
  return !isNewId || !isNewBody;
}

async function answerTo(request: IncomingMessage, taker: Taker): Promise<Answer> {
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/healthz' && request.method === 'GET') return { status: 200, text: 'ok' };
  if (path !== '/hooks') return { status: 404, text: 'Webhooks go to /hooks.' };
  if (request.method !== 'POST') return { status: 405, text: 'Webhooks are sent by POST.' };
  return taker.take(request);
}

function send(request: IncomingMessage, response: ServerResponse, { status, text, headers }: Answer): void {
  const close = request.complete ? {} : { connection: 'close' };
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...close, ...headers })
    .end(`${text}\n`, () => {
      if (!request.complete) request.destroy();
    });
}
