/** The controller's end of the source contract: JSON over a Unix socket. A dead, hung or garbled source process becomes a fault, never an exception. */
import { request as httpRequest } from 'node:http';
import type { z } from 'zod';
import { type CallName, calls, type Fault, type Source } from './contract.ts';

/** The server cuts a call at its deadline and says so; the client waits this much longer before it gives up by itself. */
const GRACE_MS = 2_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface SourceClientOptions {
  readonly socketPath: string;
  /** How long past the call's own deadline the client waits for the server's answer. */
  readonly graceMs?: number;
}

type Answer<N extends CallName> = z.infer<(typeof calls)[N]['answer']>;
type Request<N extends CallName> = z.infer<(typeof calls)[N]['request']>;

/** A client for the source process that listens on `socketPath`. Holds no connection open between calls. */
export function sourceClient(options: SourceClientOptions): Source {
  const call = async <N extends CallName>(name: N, request: Request<N>, signal?: AbortSignal): Promise<Answer<N>> => {
    const deadline = AbortSignal.timeout(request.deadlineMs + (options.graceMs ?? GRACE_MS));
    const either = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    const where = 'repository' in request ? withoutUserInfo(request.repository) : 'the source process';
    try {
      const body = await post(options.socketPath, `/v1/${name}`, JSON.stringify(request), either);
      const parsed = calls[name].answer.safeParse(JSON.parse(body));
      if (parsed.success) return parsed.data as Answer<N>;
      return failed({
        kind: 'internal',
        message: `The source process gave an answer to ${name} of ${where} that its contract does not know.`,
      });
    } catch (error) {
      if (deadline.aborted) {
        return failed({
          kind: 'timeout',
          message: `The source process did not answer ${name} of ${where} within ${request.deadlineMs} ms.`,
        });
      }
      return failed({
        kind: 'unreachable',
        message: `The source process gave no answer to ${name} of ${where}: ${reasonOf(error)}.`,
      });
    }
  };
  return {
    ping: (request, signal) => call('ping', request, signal),
    sync: (request, signal) => call('sync', request, signal),
    render: (request, signal) => call('render', request, signal),
    compare: (request, signal) => call('compare', request, signal),
    merge: (request, signal) => call('merge', request, signal),
    push: (request, signal) => call('push', request, signal),
  };
}

// `timeout`, `unreachable` and `internal` are members of every answer union; the compiler cannot see that through the generic name.
function failed<N extends CallName>(fault: Fault): Answer<N> {
  return fault as Answer<N>;
}

function withoutUserInfo(repository: string): string {
  return repository.replace(/\/\/[^/@]*@/, '//');
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof SyntaxError) return 'its answer is not JSON';
  return error instanceof Error ? error.message : 'unknown error';
}

function post(socketPath: string, path: string, body: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = httpRequest({ socketPath, path, method: 'POST', headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES)
          response.destroy(new Error(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      response.on('error', reject);
      response.on('aborted', () => reject(new Error('it closed the connection')));
    });
    call.on('error', reject);
    call.end(body);
  });
}
