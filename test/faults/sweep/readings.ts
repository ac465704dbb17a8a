/** Stands in for Prometheus where only the reading matters: 60 % errors for a revision whose image is a bad one, none otherwise. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Readings {
  readonly url: string;
  close(): Promise<void>;
}

/** The query of the app names the pod template hash; `isBad` tells of a hash. */
export async function startReadings(isBad: (podHash: string) => boolean, nowMs: () => number): Promise<Readings> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.once('end', () => {
      const inUrl = new URL(request.url ?? '/', 'http://readings').searchParams.get('query');
      const query = inUrl ?? new URLSearchParams(body).get('query') ?? '';
      const value = isBad(/hash="([^"]*)"/.exec(query)?.[1] ?? '') ? '0.6' : '0';
      const data = { resultType: 'vector', result: [{ metric: {}, value: [nowMs() / 1000, value] }] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'success', data }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
