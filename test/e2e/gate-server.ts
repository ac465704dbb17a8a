/** A small HTTP service that plays gates and a step plugin: checks signatures as its own code would, and answers what a test says. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Question {
  readonly path: string;
  readonly key: string;
  readonly isSigned: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface GateAnswer {
  readonly status: number;
  readonly body?: object;
}

export interface GateServer {
  readonly url: string;
  /** What is answered on a path from now on; 403 without. */
  answer(path: string, give: (question: Question) => GateAnswer): void;
  /** All questions on a path so far, in order. */
  questions(path: string): readonly Question[];
  stop(): Promise<void>;
}

/** Whoever asks without a valid signature is answered 401. */
export async function startGateServer(secret: string): Promise<GateServer> {
  const answers = new Map<string, (question: Question) => GateAnswer>();
  const asked: Question[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const key = String(request.headers['idempotency-key']);
      const body = JSON.parse(text) as Question['body'];
      const question = { path, key, body, isSigned: isSigned(request, secret, text) };
      asked.push(question);
      const { status, body: said } = question.isSigned
        ? (answers.get(path)?.(question) ?? { status: 403 })
        : { status: 401 };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(said === undefined ? '' : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (path, give) => void answers.set(path, give),
    questions: (path) => asked.filter((one) => one.path === path),
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The signature is over time, key and body, and no older than a minute. */
function isSigned(request: IncomingMessage, secret: string, body: string): boolean {
  const { 'x-tidegate-timestamp': at, 'x-tidegate-signature': signature, 'idempotency-key': key } = request.headers;
  if (typeof at !== 'string' || typeof signature !== 'string' || typeof key !== 'string') return false;
  if (Math.abs(Date.now() / 1000 - Number(at)) > 60) return false;
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(`${at}.${key}.${body}`).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
