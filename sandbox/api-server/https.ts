/**
 * The server on a socket: loopback only, TLS, a bearer token for every request. Turns HTTP requests into calls and replies
 * into JSON, streams watches, and passes on to a node what only the node has.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeServerTls, type ServerTls } from './certificate.ts';
import type { ApiReply, ApiServer } from './contract.ts';
import { forward } from './forward.ts';
import { readCall } from './http-call.ts';
import { numberAt } from './json-access.ts';
import { wantedOf } from './output.ts';
import { StatusError } from './status-error.ts';
import { streamWatch } from './watch-stream.ts';
import { yamlText } from './yaml-text.ts';

export interface HttpsOptions {
  /** 0 or absent: any free one. */
  readonly port?: number;
  readonly tls?: ServerTls;
}

export interface HttpsServer {
  readonly url: string;
  /** The certificate to trust, PEM in base64 as a kubeconfig has it. */
  readonly caData: string;
  readonly adminToken: string;
  /** Ends every connection, also the watches. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Resolves when requests are answered. */
export async function serveHttps(api: ApiServer, options: HttpsOptions = {}): Promise<HttpsServer> {
  const tls = options.tls ?? (await makeServerTls());
  const server = createServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    answer(api, request, response).catch((error: unknown) => fail(response, error));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${portOf(server)}`,
    caData: Buffer.from(tls.cert).toString('base64'),
    adminToken: api.adminToken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function answer(api: ApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const user = api.authenticate(token);
  if (user === undefined) {
    request.resume();
    return send(response, refusal(new StatusError(401, 'Unauthorized', 'Unauthorized')));
  }
  const call = await readCall(request, user);
  const reply = call instanceof StatusError ? refusal(call) : api.handle(call);
  switch (reply.kind) {
    case 'object':
      return send(response, reply, isYamlWanted(request.headers.accept ?? ''));
    case 'text':
      return send(response, reply);
    case 'watch':
      return streamWatch(response, reply.open);
    case 'forward':
      return forward(reply.url, response);
  }
}

type Whole = Extract<ApiReply, { kind: 'object' | 'text' }>;

function refusal(error: StatusError): Whole {
  return { kind: 'object', status: error.code, body: error.status };
}

function isYamlWanted(accept: string): boolean {
  try {
    return wantedOf(accept).yaml;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

function send(response: ServerResponse, reply: Whole, yaml = false): void {
  if (reply.kind === 'text') {
    response.writeHead(reply.status, { 'content-type': 'text/plain; charset=utf-8' }).end(reply.text);
    return;
  }
  for (const warning of reply.warnings ?? []) {
    response.appendHeader('Warning', `299 - ${JSON.stringify(warning)}`);
  }
  const retryAfter = numberAt(reply.body, 'details', 'retryAfterSeconds');
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  response.writeHead(reply.status, {
    'content-type': yaml ? 'application/yaml' : contentType(reply.body.kind),
    'cache-control': 'no-cache, private',
  });
  response.end(yaml ? yamlText(reply.body) : `${JSON.stringify(reply.body)}\n`);
}

/** Clients of the aggregated discovery look at the type to learn which form they got. */
function contentType(kind: unknown): string {
  if (kind !== 'APIGroupDiscoveryList') return 'application/json';
  return 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
}

/** A bug in the server, or a client that went away: the client, if there, gets a 500. */
function fail(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (response.headersSent) response.destroy();
  else send(response, refusal(new StatusError(500, 'InternalError', `Internal error occurred: ${message}`)));
}
