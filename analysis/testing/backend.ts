/** Small real HTTP servers on loopback for the tests of metrics backends, and an outbound client that may reach them. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { outboundClient } from '../../outbound/client.ts';
import type { MeasureContext } from '../provider.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Backend {
  readonly address: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

export type Handler = (request: SeenRequest, response: http.ServerResponse) => void;

export async function backend(handler: Handler): Promise<Backend> {
  const seen: SeenRequest[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(one);
      handler(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers every request alike. */
export function answering(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Handler {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

export function aContext(changes: Partial<MeasureContext> = {}): MeasureContext {
  return {
    outbound: outboundClient({ policy: { allow: ['127.0.0.0/8'] }, userAgent: 'tidegate-test' }),
    now: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    signal: new AbortController().signal,
    ...changes,
  };
}
