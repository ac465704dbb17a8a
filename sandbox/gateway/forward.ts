/** Sends one request to one endpoint over kept connections. */

import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import type { Endpoint } from './endpoints.ts';

export interface Outgoing {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** How long the answer may take to begin; default 30 s. */
  readonly timeoutMs?: number | undefined;
}

const usualTimeoutMs = 30_000;

/** The endpoint did not answer in time. */
export class NoAnswer extends Error {}

/** Rejects when the endpoint can't be reached, does not answer in time, or the signal aborts. */
export async function forward(agent: Agent, outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await sendOnce(agent, outgoing, signal);
  } catch (error) {
    // The endpoint closed a kept connection just when it was to be used: nothing was read of the request.
    if (error instanceof DeadConnection) return sendOnce(agent, outgoing, signal);
    throw error;
  }
}

class DeadConnection extends Error {}

function sendOnce(agent: Agent, outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage> {
  const { endpoint, method, path, headers, body, timeoutMs = usualTimeoutMs } = outgoing;
  return new Promise((resolve, reject) => {
    const call = httpRequest({
      agent,
      host: endpoint.host,
      port: endpoint.port,
      method,
      path,
      headers: { ...headers, 'content-length': body.length },
      timeout: timeoutMs,
      signal,
    });
    call.once('response', resolve);
    call.once('timeout', () => call.destroy(new NoAnswer(`no answer within ${timeoutMs / 1000} s`)));
    call.once('error', (error: NodeJS.ErrnoException) => {
      const dead = call.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      reject(dead ? new DeadConnection(error.message) : error);
    });
    call.end(body);
  });
}

/** Headers that belong to one connection and are not passed on. */
const perConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function passedOn(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !perConnection.has(name) && !named.includes(name)),
  );
}

export function withForwarded(headers: OutgoingHttpHeaders, client: string, host: string): OutgoingHttpHeaders {
  const before = headers['x-forwarded-for'];
  return {
    ...headers,
    'x-forwarded-for': before === undefined ? client : `${String(before)}, ${client}`,
    'x-forwarded-host': headers['x-forwarded-host'] ?? host,
    'x-forwarded-proto': headers['x-forwarded-proto'] ?? 'http',
  };
}
