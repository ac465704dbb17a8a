/** The sandbox's API server without its socket, and a clock that goes on when a case waits. */

import type { Json, JsonObject } from '../../crds/schema/json.ts';
import type { ApiCall, ApiReply, ApiServer, ServerClock } from '../../sandbox/api-server/contract.ts';
import type { OpenWatch, Target, TargetAnswer, TargetRequest } from './target.ts';

export interface SteppedClock extends ServerClock {
  /** Lets time pass and runs what is due, in order. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly until: number;
  wake(): void;
}

/** A clock that stands still but for `advance`. */
export function steppedClock(from: number): SteppedClock {
  let now = from;
  let sleepers: readonly Sleeper[] = [];
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const sleeper: Sleeper = { until: now + ms, wake: resolve };
      sleepers = [...sleepers, sleeper];
      const leave = (): void => {
        sleepers = sleepers.filter((each) => each !== sleeper);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  return {
    now: () => now,
    sleep,
    async advance(ms) {
      now += ms;
      const due = sleepers.filter((each) => each.until <= now).toSorted((a, b) => a.until - b.until);
      sleepers = sleepers.filter((each) => !due.includes(each));
      for (const sleeper of due) {
        sleeper.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Some hundred of these are longer than any history is kept. */
const STEP_MS = 2_000;

/** Requests as the admin. Bodies that are no JSON and bearer tokens need a socket. */
export function inProcessTarget(server: ApiServer, clock: SteppedClock): Target {
  return {
    request: (request) => Promise.resolve(answerOf(server.handle(callOf(request)))),
    watch: (request) => Promise.resolve(watchOf(server.handle(callOf(request)))),
    wait: () => clock.advance(STEP_MS),
  };
}

function callOf(request: TargetRequest): ApiCall {
  const { method, path, query, contentType, accept, userAgent, body } = request;
  const caller = { user: 'kubernetes-admin', userAgent };
  // As over a socket: the server never shares objects with its clients.
  const sent = body === undefined ? {} : { body: copyOf(body) };
  return { caller, method, path, query, contentType, accept, ...sent };
}

function copyOf<T extends Json>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function answerOf(reply: ApiReply): TargetAnswer {
  switch (reply.kind) {
    case 'object':
      return { status: reply.status, body: copyOf(reply.body) };
    case 'text':
      return { status: reply.status, body: reply.text };
    case 'forward':
      return { status: 307, body: reply.url };
    case 'watch': {
      const lines: JsonObject[] = [];
      const close = reply.open({ line: (line) => void lines.push(copyOf(line)), end: () => undefined });
      close();
      return { status: 200, body: lines };
    }
  }
}

function watchOf(reply: ApiReply): OpenWatch {
  if (reply.kind === 'object' && reply.status === 200) {
    const read = copyOf(reply.body);
    return { events: () => [read], ended: () => true, close: () => undefined };
  }
  if (reply.kind !== 'watch') {
    return { refused: answerOf(reply), events: () => [], ended: () => true, close: () => undefined };
  }
  const events: Json[] = [];
  let ended = false;
  const close = reply.open({
    line: (line) => void events.push(copyOf(line)),
    end: () => {
      ended = true;
    },
  });
  return { events: () => events, ended: () => ended, close };
}
