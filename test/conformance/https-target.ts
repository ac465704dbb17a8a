/** A server behind HTTPS: the real one, or the sandbox as clients see it. */

import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Json } from '../../crds/schema/json.ts';
import type { OpenWatch, Target, TargetAnswer, TargetRequest } from './target.ts';

export interface HttpsTargetOptions {
  readonly server: string;
  /** PEM in base64. */
  readonly caData: string;
  readonly token: string;
}

const ANSWER_WITHIN_MS = 20_000;
const WAIT_MS = 40;

export function httpsTarget(options: HttpsTargetOptions): Target {
  const ca = Buffer.from(options.caData, 'base64');
  const send = (request: TargetRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const url = new URL(request.path, options.server);
      for (const [key, value] of Object.entries(request.query)) url.searchParams.set(key, value);
      const token = request.token ?? options.token;
      const body = request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
      const headers = {
        accept: request.accept,
        'user-agent': request.userAgent,
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(request.contentType === '' ? {} : { 'content-type': request.contentType }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      };
      const call = httpsRequest(url, { method: request.method, ca, headers, timeout: ANSWER_WITHIN_MS }, resolve);
      call.once('timeout', () => call.destroy(new Error(`${request.method} ${url.pathname}: no answer`)));
      call.once('error', reject);
      call.end(body);
    });
  return {
    request: async (request) => whole(await send(request)),
    watch: async (request) => {
      const answer = await send(request);
      return answer.statusCode === 200 ? streaming(answer) : refused(await whole(answer));
    },
    wait: () => new Promise((resolve) => setTimeout(resolve, WAIT_MS)),
  };
}

async function whole(answer: IncomingMessage): Promise<TargetAnswer> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode ?? 0, body: parsed(text) };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function refused(answer: TargetAnswer): OpenWatch {
  return { refused: answer, events: () => [], ended: () => true, close: () => undefined };
}

function streaming(answer: IncomingMessage): OpenWatch {
  const events: Json[] = [];
  let rest = '';
  let ended = false;
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.filter((line) => line !== '').map(parsed));
  });
  const end = (): void => {
    ended = true;
  };
  answer.once('end', end).once('close', end).once('error', end);
  return { events: () => events, ended: () => ended, close: () => answer.destroy() };
}
