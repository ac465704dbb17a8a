/** The port on which edge says that a branch may have moved. It takes only who knows the shared token, and only makes a look earlier. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hint, hintPath, isSameSecret, maxHintBytes } from '../../edge/hint.ts';
import { readBody } from '../../edge/read-body.ts';
import type { Listening } from './http.ts';

export interface HintsOptions {
  readonly port: number;
  readonly address: string;
  /** Read anew for each request, so that it can be changed without a restart. */
  readonly token: () => Promise<string>;
  /** Called for each hint; does nothing where this process does not lead. */
  readonly hint: (hint: Hint) => void;
}

/** Answers 202 whether it leads or not: edge sends every hint to every replica. Rejects when the port is taken. */
export async function serveHints(options: HintsOptions): Promise<Listening> {
  const server = createServer((request, response) => {
    const done = (status: number): void => {
      response.writeHead(status, request.complete ? {} : { connection: 'close' }).end(() => {
        if (!request.complete) request.destroy();
      });
    };
    take(request, options).then(done, () => done(500));
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 100;
  const { port, address } = options;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The status of the answer. */
async function take(request: IncomingMessage, options: HintsOptions): Promise<number> {
  if (request.url !== hintPath) return 404;
  if (request.method !== 'POST') return 405;
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!isSameSecret(given, await options.token())) return 401;
  const body = await readBody(request, maxHintBytes);
  if (body === undefined) return 413;
  const hint = hintOf(body.toString('utf8'));
  if (hint === undefined) return 400;
  options.hint(hint);
  return 202;
}

function hintOf(text: string): Hint | undefined {
  try {
    return Hint.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
