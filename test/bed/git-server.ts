/**
 * A Git host for a test: bare repositories served over HTTP(S) by `git http-backend`, with accounts, faults on command,
 * and pushes that can be held back to make races happen for certain.
 *
 *   const git = await startGitServer();
 *   await git.createRepository('shop', { 'app/deploy.yaml': '...' });
 *   git.url('shop')                                  // http://127.0.0.1:PORT/shop.git
 *   git.token                                        // reads and writes; as bearer or as basic password of any user name
 *   git.readToken                                    // reads only: a push is answered 403
 *   const bad = await git.commit('shop', 'main', { 'app/deploy.yaml': '...' });
 *   await git.setFault('unreachable'); ... await git.setFault(undefined);
 *   const held = git.holdNext('shop', 'push'); await held.arrived; ...; held.release();
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority, makeServerPair } from './certificates.ts';
import { runGitBackend } from './git-backend.ts';
import { type RepositoryStore, repositoryStore } from './git-repository.ts';
import { missingProgram } from './programs.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

/**
 * What goes wrong: `unreachable` refuses connections; `hang` takes requests and never answers; `500`, `503`, `401`
 * answer so; `cut` breaks off in the middle of an answer; `lost-answer` carries a push out and then breaks off.
 */
export type GitFault = 'unreachable' | 'hang' | '500' | '503' | '401' | 'cut' | 'lost-answer';

/** The three kinds of requests that can be held: the tip is told, objects are read, a push is sent. */
export type GitRequestKind = 'advertise' | 'fetch' | 'push';

export interface HeldRequest {
  /** Settles when the request has come and is being held. */
  readonly arrived: Promise<void>;
  release(): void;
}

export interface GitRequestRecord {
  atMs: number;
  repository: string;
  kind: GitRequestKind;
  status: number;
}

export interface GitServer extends RepositoryStore {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly token: string;
  readonly readToken: string;
  /** The authority's certificate file when served over TLS. */
  readonly caPath: string | undefined;
  url(repository: string): string;
  setFault(fault: GitFault | undefined): Promise<void>;
  /** Holds the next request of this kind until released. */
  holdNext(repository: string, kind: GitRequestKind): HeldRequest;
  /** Every request answered so far. */
  requests(): GitRequestRecord[];
  stop(): Promise<void>;
}

export interface GitServerOptions {
  tls?: boolean;
  /** Reading needs no account (default false). */
  anonymousRead?: boolean;
}

interface Hold {
  repository: string;
  kind: GitRequestKind;
  arrive: () => void;
  released: Promise<void>;
}

const WRITE_TOKEN = 'bed-write-token';
const READ_TOKEN = 'bed-read-token';

/** Why the Git server can't be started on this machine; undefined when it can. */
export function gitServerMissing(): string | undefined {
  return missingProgram(['git', 'openssl']);
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const folder = makeTempDir('git');
  const root = join(folder, 'repositories');
  mkdirSync(root);
  const store = repositoryStore(root);
  const holds: Hold[] = [];
  const records: GitRequestRecord[] = [];
  let fault: GitFault | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = parseTarget(request);
    if (target === undefined) return answer(response, 404, 'no such path');
    response.once('close', () => records.push({ ...target, atMs: Date.now(), status: response.statusCode }));
    if (fault === 'hang') return;
    if (fault === '500' || fault === '503' || fault === '401')
      return answer(response, Number(fault), 'fault on command');
    const account = accountOf(request, options.anonymousRead ?? false, target.writes);
    if (account.kind === 'refused') return answer(response, account.status, account.why);
    await passHold(holds, target);
    await runGitBackend(request, response, { root, user: account.user, cut: cutOf(fault, target.kind) });
  };
  const listener: RequestListener = (request, response) => {
    handle(request, response).catch((error: unknown) => answer(response, 500, String(error)));
  };
  const tls = options.tls === true ? await tlsFiles(folder) : undefined;
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const port = await listen(server, 0);
  const baseUrl = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;

  return {
    ...store,
    baseUrl,
    token: WRITE_TOKEN,
    readToken: READ_TOKEN,
    caPath: tls?.caPath,
    url: (repository) => `${baseUrl}/${repository}.git`,
    async setFault(next) {
      fault = next;
      if (next === 'unreachable') await close(server);
      else if (!server.listening) await listen(server, port);
      // Requests left hanging by the fault before are let go.
      if (next === undefined) server.closeAllConnections();
    },
    holdNext(repository, kind) {
      const arrived = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.push({ repository, kind, arrive: arrived.resolve, released: released.promise });
      return { arrived: arrived.promise, release: released.resolve };
    },
    requests: () => [...records],
    async stop() {
      await close(server);
      removeTempDir(folder);
    },
  };
}

async function tlsFiles(folder: string): Promise<{ cert: string; key: string; caPath: string }> {
  const authority = await makeAuthority(folder);
  const pair = await makeServerPair(folder, authority, 'git-host', ['DNS:localhost', 'IP:127.0.0.1']);
  return { cert: pair.certificate, key: pair.key, caPath: authority.certificatePath };
}

function parseTarget(
  request: IncomingMessage,
): { repository: string; kind: GitRequestKind; writes: boolean } | undefined {
  const url = new URL(request.url ?? '/', 'http://git');
  const match = /^\/([A-Za-z0-9._/-]+)\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(url.pathname);
  const [, repository, service] = match ?? [];
  if (repository === undefined) return undefined;
  if (service === 'git-receive-pack') return { repository, kind: 'push', writes: true };
  if (service === 'git-upload-pack') return { repository, kind: 'fetch', writes: false };
  return { repository, kind: 'advertise', writes: url.searchParams.get('service') === 'git-receive-pack' };
}

type Account = { kind: 'known'; user: string } | { kind: 'refused'; status: 401 | 403; why: string };

/** A token counts as bearer token and as the password of any user name, as on the usual hosts. */
function accountOf(request: IncomingMessage, anonymousRead: boolean, writes: boolean): Account {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
  const basic = scheme.toLowerCase() === 'basic' ? Buffer.from(value, 'base64').toString() : undefined;
  const token = basic === undefined ? value : basic.slice(basic.indexOf(':') + 1);
  if (token === WRITE_TOKEN) return { kind: 'known', user: basic?.split(':')[0] || 'writer' };
  const reader = token === READ_TOKEN || (anonymousRead && token === '');
  if (!reader) return { kind: 'refused', status: 401, why: 'authentication required' };
  return writes
    ? { kind: 'refused', status: 403, why: 'this account may only read' }
    : { kind: 'known', user: 'reader' };
}

async function passHold(holds: Hold[], target: { repository: string; kind: GitRequestKind }): Promise<void> {
  const at = holds.findIndex((hold) => hold.repository === target.repository && hold.kind === target.kind);
  if (at < 0) return;
  const [hold] = holds.splice(at, 1);
  hold?.arrive();
  await hold?.released;
}

function cutOf(fault: GitFault | undefined, kind: GitRequestKind): 'cut' | 'lost-answer' | undefined {
  if (fault === 'cut') return 'cut';
  return fault === 'lost-answer' && kind === 'push' ? 'lost-answer' : undefined;
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {};
  response.writeHead(status, { 'content-type': 'text/plain', ...challenge }).end(`${text}\n`);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(bound === null || typeof bound === 'string' ? port : bound.port);
    });
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
