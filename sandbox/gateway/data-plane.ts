/** Carries one HTTP request through the gateway: reads it, forwards it as planned, sends the answer back, counts it. */

import { Agent, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { modifiedHeaders, redirectLocation, rewritten, timeoutOf } from './filters.ts';
import { forward, NoAnswer, passedOn, withForwarded } from './forward.ts';
import type { Counted, RequestCounts } from './request-counts.ts';
import type { SeenRequest } from './request-match.ts';
import type { Copy, Plan, TrafficPlan } from './traffic-plan.ts';

export interface DataPlaneOptions {
  readonly plan: TrafficPlan;
  readonly counts: RequestCounts;
}

export interface DataPlane {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

interface Exchange extends DataPlaneOptions {
  readonly agent: Agent;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of real time, like the durations that pods report: work does not get slower where a demo's clock runs faster. */
  readonly startMs: number;
}

const maxBodyBytes = 10 * 1024 * 1024;
/** What proxies count for a client that left before it was answered. */
const clientGone = 499;

export function dataPlane(options: DataPlaneOptions): DataPlane {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, keepAliveMsecs: 1_000 });
  return {
    handle(request, response) {
      const exchange = { ...options, agent, request, response, startMs: performance.now() };
      carry(exchange).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    },
    close: () => agent.destroy(),
  };
}

async function carry(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const body = await bodyOf(request);
  const seen = seenRequest(request);
  const plan = exchange.plan.of(seen);
  if (body === undefined)
    return finish(exchange, 413, `the body is larger than ${maxBodyBytes} bytes\n`, {}, plan.counted);
  switch (plan.kind) {
    case 'answer':
      return finish(exchange, plan.code, `${plan.why}\n`, {}, plan.counted);
    case 'redirect': {
      const location = redirectLocation(plan.redirect, seen, plan.entry.match, request.socket.localPort ?? 80);
      return finish(exchange, plan.redirect.statusCode ?? 302, '', { location }, plan.counted);
    }
    case 'forward':
      return carryOn(exchange, plan, seen, body);
    default:
      response.destroy();
  }
}

function finish(
  { request, response, counts, startMs }: Exchange,
  code: number,
  text: string,
  headers: OutgoingHttpHeaders,
  counted: Counted,
): void {
  counts.count(counted, code, (performance.now() - startMs) / 1000);
  response.writeHead(code, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text), ...headers });
  response.end(request.method === 'HEAD' ? undefined : text);
}

type Forward = Extract<Plan, { kind: 'forward' }>;

async function carryOn(exchange: Exchange, plan: Forward, seen: SeenRequest, body: Buffer): Promise<void> {
  const { request, response, agent, counts } = exchange;
  const { endpoint, entry, filters, counted } = plan;
  const to = rewritten(seen.path, request.headers.host ?? '', entry.match, filters);
  const query = (request.url ?? '').split('?').slice(1).join('?');
  const own = withForwarded(passedOn(request.headers), request.socket.remoteAddress ?? '', request.headers.host ?? '');
  const headers = { ...modifiedHeaders(own, filters, 'requestHeaderModifier'), host: to.host };
  const path = query === '' ? to.path : `${to.path}?${query}`;
  const outgoing = { method: seen.method, path, headers, body, timeoutMs: timeoutOf(entry.rule) };
  const left = new AbortController();
  response.once('close', () => left.abort());
  for (const copy of plan.mirrors) void sendCopy(agent, copy, outgoing, counts);
  let upstream: IncomingMessage;
  try {
    upstream = await forward(agent, { ...outgoing, endpoint }, left.signal);
  } catch (error) {
    const code = left.signal.aborted ? clientGone : error instanceof NoAnswer ? 504 : 502;
    const why = error instanceof Error ? error.message : String(error);
    return finish(exchange, code, `pod ${endpoint.pod} did not answer: ${why}\n`, {}, counted);
  }
  // Counted before it is sent, so that whoever has the answer finds it in the count.
  const code = upstream.statusCode ?? 502;
  counts.count(counted, code, (performance.now() - exchange.startMs) / 1000);
  response.writeHead(code, modifiedHeaders(passedOn(upstream.headers), filters, 'responseHeaderModifier'));
  upstream.once('error', () => response.destroy());
  upstream.pipe(response);
}

/** The answer to a copy is read and forgotten, and so is its failure: the client must not feel the mirror. */
async function sendCopy(
  agent: Agent,
  { endpoint, counted }: Copy,
  outgoing: Omit<Parameters<typeof forward>[1], 'endpoint'>,
  counts: RequestCounts,
): Promise<void> {
  counts.mirrored(counted);
  const answer = await forward(agent, { ...outgoing, endpoint }, new AbortController().signal).catch(() => undefined);
  answer?.once('error', () => undefined).resume();
}

function seenRequest(request: IncomingMessage): SeenRequest {
  const url = new URL(request.url ?? '/', 'http://gateway');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  return { method: request.method ?? 'GET', host, path: url.pathname, query: url.searchParams, headers };
}

/** Whole, because a copy and a second try need it again. Undefined when it is too large; the rest is read and dropped. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes <= maxBodyBytes) chunks.push(part);
  }
  return bytes > maxBodyBytes ? undefined : Buffer.concat(chunks);
}
