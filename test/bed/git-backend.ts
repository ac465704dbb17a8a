/** Hands one HTTP request to `git http-backend` by the CGI rules and its answer back. */
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { cleanGitEnv } from './git-repository.ts';

export interface BackendOptions {
  /** Folder of the repositories. */
  root: string;
  /** The account, which the hooks see as REMOTE_USER. */
  user: string;
  /** Break the connection off: `cut` in the middle of the answer, `lost-answer` instead of it, when the work is done. */
  cut: 'cut' | 'lost-answer' | undefined;
}

/** Runs the backend; resolves when the answer has been sent or broken off. */
export async function runGitBackend(
  request: IncomingMessage,
  response: ServerResponse,
  options: BackendOptions,
): Promise<void> {
  const child = spawn('git', ['http-backend'], { env: cgiEnv(request, options), stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
  // A backend that refuses early doesn't read the whole request.
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const output = Buffer.concat(chunks);
  if (options.cut === 'lost-answer') {
    response.destroy();
    return;
  }
  const end = output.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`git http-backend answered nothing (exit code ${code}): ${complaint}`);
  const body = output.subarray(end + 4);
  writeHead(response, output.subarray(0, end).toString('latin1'), body.length);
  if (options.cut === undefined) response.end(body);
  else response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

function writeHead(response: ServerResponse, head: string, length: number): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const [name = '', ...rest] = line.split(':');
    const value = rest.join(':').trim();
    if (name.toLowerCase() === 'status') status = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
  response.setHeader('content-length', length);
  response.writeHead(status);
}

function cgiEnv(request: IncomingMessage, options: BackendOptions): NodeJS.ProcessEnv {
  const url = new URL(request.url ?? '/', 'http://git');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const length = header('content-length');
  return {
    ...cleanGitEnv,
    GIT_PROJECT_ROOT: options.root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: header('content-type'),
    ...(length === '' ? {} : { CONTENT_LENGTH: length }),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    REMOTE_USER: options.user,
    REMOTE_ADDR: '127.0.0.1',
  };
}
