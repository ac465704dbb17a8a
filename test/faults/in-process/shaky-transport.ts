/**
 * The way from a controller to the API server in a run: every request takes a moment of virtual time, and the faults of the
 * plan strike on it.
 */

import type {
  ApiRequest,
  ApiResult,
  Clock,
  JsonObject,
  Leadership,
  Transport,
  WatchLine,
  WatchRequest,
} from '../../../kube/api.ts';
import { requestLabel } from '../../../kube/request-label.ts';
import { isGated, notLeader } from '../../../kube/transport.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Roles } from '../plan/roles.ts';
import { writeIdentity } from '../plan/write-identity.ts';
import { endSoon, never, type ProcessLife } from './process-life.ts';
import type { Trouble } from './trouble.ts';
import type { Views } from './views.ts';

export interface ShakyParts {
  /** Carries requests out at once; nothing strikes there. */
  readonly inner: Transport;
  /** The way of what is still under way when the process is dead. */
  readonly afterwards: Transport;
  readonly worldClock: Clock;
  readonly life: ProcessLife;
  readonly gate: () => Leadership | undefined;
  readonly trouble: Trouble;
  readonly roles: Roles;
  readonly views: Views;
  /** How long a request or a line of a watch is on its way, milliseconds. */
  readonly latencyMs: () => number;
  /** Told of each request right before it is carried out. */
  readonly seen: (request: ApiRequest) => void;
  /** What comes in is frozen, so that a write into a cache throws. */
  readonly frozen: boolean;
  /** Somebody else changes the object of this request, or makes the one that it is to make. */
  readonly touch: (request: ApiRequest) => void;
}

const unheard = new AbortController().signal;
const defaultTimeoutMs = { lease: 5_000, write: 4_500, read: 10_000, watch: 90_000 };

export function shakyTransport(parts: ShakyParts): Transport {
  const line: Line = { ...parts, busyFor: { left: 0 } };
  return { send: (request) => send(line, request), watch: (request) => watch(line, request) };
}

interface Line extends ShakyParts {
  readonly busyFor: { left: number };
}

async function send(line: Line, request: ApiRequest): Promise<ApiResult<JsonObject>> {
  const { life, gate } = line;
  if (life.isSealed()) return never();
  if (isGated({ gate }, request) && gate()?.mayWrite() !== true) return notLeader(request);
  const identity = identityOf(line, request);
  const faults = identity === undefined ? [] : line.trouble.atWrite(identity);
  await life.clock.sleep(line.latencyMs(), unheard);
  if (request.signal?.aborted === true) return lost(request, 'given up');
  if (line.busyFor.left > 0 && identity !== undefined) {
    line.busyFor.left -= 1;
    return { kind: 'busy', retryAfterMs: 1_000 };
  }
  for (const fault of faults.filter(({ kind }) => kind.endsWith('-watch'))) line.views.strike(fault);
  const fault = faults.find(({ kind }) => !kind.endsWith('-watch'));
  return fault === undefined ? carriedOut(line, request) : struck(line, request, fault);
}

function carriedOut(line: Line, request: ApiRequest): Promise<ApiResult<JsonObject>> {
  const { signal: _signal, ...rest } = request;
  line.seen(request);
  const result = line.inner.send(rest);
  return line.frozen ? result.then(frozen) : result;
}

function frozen(result: ApiResult<JsonObject>): ApiResult<JsonObject> {
  if (result.kind === 'ok') freeze(result.object);
  return result;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

function identityOf(line: Line, request: ApiRequest): string | undefined {
  return writeIdentity(
    {
      method: request.method,
      path: request.path,
      query: request.query ?? {},
      contentType: request.contentType ?? 'application/json',
      body: request.body as JsonObject | undefined,
    },
    line.roles,
  );
}

async function struck(line: Line, request: ApiRequest, fault: PlannedFault): Promise<ApiResult<JsonObject>> {
  const { life } = line;
  const die = (): Promise<never> => {
    life.end();
    return never();
  };
  const timeoutMs = request.timeoutMs ?? defaultTimeoutMs[request.pool];
  switch (fault.kind) {
    case 'before-commit':
      if (fault.crash) return die();
      return lost(request, 'connection reset');
    case 'reply-lost':
      await carriedOut(line, request);
      if (fault.crash) return die();
      await life.clock.sleep(timeoutMs, request.signal ?? unheard);
      return lost(request, 'no answer in time');
    case 'after-reply': {
      const result = await carriedOut(line, request);
      if (fault.crash) void endSoon(life);
      return result;
    }
    case 'ambiguous':
      await carriedOut(line, request);
      return lost(request, 'status 504: the server did not answer in time');
    case 'conflict':
      line.touch(request);
      return carriedOut(line, request);
    case 'busy':
      line.busyFor.left = (fault.times ?? 1) - 1;
      return { kind: 'busy', retryAfterMs: 1_000 };
    case 'late':
      void arriveLate(line, request, (fault.crash ? 0 : timeoutMs) + (fault.ms ?? 1_000));
      if (fault.crash) return die();
      await life.clock.sleep(timeoutMs, request.signal ?? unheard);
      return lost(request, 'no answer in time');
    default:
      return carriedOut(line, request);
  }
}

/** The connection was given up or its process is dead, and the request reaches the server all the same. */
async function arriveLate(line: Line, request: ApiRequest, afterMs: number): Promise<void> {
  await line.worldClock.sleep(afterMs, unheard);
  await carriedOut({ ...line, inner: line.afterwards }, request);
}

function lost(request: ApiRequest, why: string): ApiResult<JsonObject> {
  return { kind: 'unknown', cause: new Error(`${request.method} ${request.path}: ${why}`) };
}

async function* watch(line: Line, request: WatchRequest): AsyncGenerator<WatchLine, void> {
  const { life, views } = line;
  if (life.isSealed()) await never();
  await life.clock.sleep(line.latencyMs(), unheard);
  const { group, resource } = requestLabel({ method: 'GET', path: request.path });
  const view = views.open(group === '' ? resource : `${resource}.${group}`);
  if (view.isExpired) return yield { kind: 'error', code: 410, message: 'too old resource version' };
  const signal = request.signal === undefined ? view.ended : AbortSignal.any([request.signal, view.ended]);
  let seenAtMs = -1;
  try {
    for await (const one of line.inner.watch({ ...request, signal })) {
      // What came in together is read together.
      if (life.clock.monotonicMs() !== seenAtMs) await life.clock.sleep(line.latencyMs(), unheard);
      await view.whenShown(life.clock);
      seenAtMs = life.clock.monotonicMs();
      if (line.frozen && one.kind === 'event') freeze(one.object);
      yield one;
    }
    if (view.ended.aborted) yield { kind: 'error', code: 0, message: 'connection reset' };
  } finally {
    view.close();
  }
}
