/** The two small HTTP servers of the controller: metrics for Prometheus, health for the kubelet. */

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Text for a path, or undefined for 404. `status` defaults to 200. */
export type Answer = { readonly text: string; readonly status?: number; readonly type?: string } | undefined;

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves GET requests by `answer`; an exception of it is a 500 without detail. */
export async function serveText(
  port: number,
  address: string,
  answer: (path: string) => Promise<Answer>,
): Promise<Listening> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(response, { text: 'only GET\n', status: 405 });
    answer(path).then(
      (found) => send(response, found),
      () => send(response, { text: 'internal error\n', status: 500 }),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function send(response: ServerResponse, answer: Answer): void {
  const { text, status = 200, type = 'text/plain; charset=utf-8' } = answer ?? { text: 'not found\n', status: 404 };
  response.writeHead(status, { 'content-type': type }).end(text);
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
