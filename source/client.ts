/** The controller's end of the source contract: JSON over a Unix socket. A dead, hung or garbled source process becomes a fault, never an exception. */
import { request as httpRequest } from 'node:http';
import type { z } from 'zod';
import { type CallName, calls, type Source } from './contract.ts';

/** The server cuts a call at its deadline and says so; the client waits this much longer before it gives up by itself. */
const GRACE_MS = 2_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface SourceClientOptions {
  readonly socketPath: string;
  /** How long past the call's own deadline the client waits for the server's answer. */
  readonly graceMs?: number;
}

/** The faults that this end makes by itself; each is a member of every answer. */
type OwnFault =
  | { kind: 'unreachable'; message: string }
  | { kind: 'timeout'; message: string }
  | { kind: 'internal'; message: string };

/** A client for the source process that listens on `socketPath`. Holds no connection open between calls. */
export function sourceClient(options: SourceClientOptions): Source {
  const call = async <A>(
    name: CallName,
    answer: z.ZodType<A>,
    request: { deadlineMs: number; repository?: string },
    signal?: AbortSignal,
  ): Promise<A | OwnFault> => {
    const deadline = AbortSignal.timeout(request.deadlineMs + (options.graceMs ?? GRACE_MS));
    const either = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    const what = request.repository === undefined ? name : `${name} of ${withoutUserInfo(request.repository)}`;
    try {
      const body = await post(options.socketPath, `/v1/${name}`, JSON.stringify(request), either);
      const parsed = answer.safeParse(JSON.parse(body));
      if (parsed.success) return parsed.data;
      return {
        kind: 'internal',
        message: `The source process answered ${what} with something its contract does not know.`,
      };
    } catch (error) {
      if (deadline.aborted) {
        return {
          kind: 'timeout',
          message: `The source process did not answer ${what} within ${request.deadlineMs} ms.`,
        };
      }
      return { kind: 'unreachable', message: `The source process gave no answer to ${what}: ${reasonOf(error)}.` };
    }
  };
  return {
    ping: (request, signal) => call('ping', calls.ping.answer, request, signal),
    sync: (request, signal) => call('sync', calls.sync.answer, request, signal),
    render: (request, signal) => call('render', calls.render.answer, request, signal),
    compare: (request, signal) => call('compare', calls.compare.answer, request, signal),
    merge: (request, signal) => call('merge', calls.merge.answer, request, signal),
    push: (request, signal) => call('push', calls.push.answer, request, signal),
  };
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
