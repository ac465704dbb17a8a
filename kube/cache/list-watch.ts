/**
 * Keeps a sink equal to what the server has, for ever: list, then watch, and after whatever goes wrong wait a little and
 * go on. It ends only when its signal aborts, and never throws.
 */

import type { Clock, KindRef, Log, ServedKind, Transport, WatchLine } from '../api.ts';
import { type BackOff, backOff } from '../back-off.ts';
import { sentenceOf } from '../client.ts';
import type { ApiFailure, Discovery } from '../discovery.ts';
import { textOf } from '../json.ts';
import { collectionPath, itemsOf } from '../resource-path.ts';
import { isOlder } from './resource-version.ts';
import type { EventType, RawObject } from './store.ts';

export interface ListWatchSink {
  /** A whole list arrived. */
  replace(items: readonly RawObject[]): void;
  event(type: EventType, object: RawObject): void;
  /** 'not-served': the CRD is absent, which is waited for. */
  state(state: 'synced' | 'not-served'): void;
}

export interface ListWatchMetrics {
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  readonly droppedEvents: number;
}

export interface ListWatchOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly kind: KindRef;
  /** '' = all namespaces. */
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: ListWatchSink;
  readonly random?: () => number;
  /** No line of a watch for so long means a dead connection; bookmarks come every minute. */
  readonly livenessMs?: number;
  readonly listTimeoutMs?: number;
}

export interface ListWatch {
  /** Resolves only after the signal has aborted, and then nothing is opened any more. */
  run(signal: AbortSignal): Promise<void>;
  metrics(): ListWatchMetrics;
  /** The sink holds everything up to this resourceVersion. */
  seenVersion(): string | undefined;
}

const pageSize = 500;
const listTimeoutMs = 60_000;
const livenessMs = 90_000;
/** A watch that lived so long was a good one: the next failure starts with a short wait again. */
const healthyMs = 30_000;
/** A watch that the server closes sooner than this, without an event, is a failure and not a normal end. */
const shortestWatchMs = 1_000;

interface Progress {
  /** Where the watch goes on; undefined = list first. */
  version: string | undefined;
  /** The newest version handed to the sink; unlike `version` it stays through a relist. */
  seen: string | undefined;
  listedBefore: boolean;
  lists: number;
  watches: number;
  failures: number;
  droppedEvents: number;
  readonly pause: BackOff;
  /** The last complaint, so that the same one is not logged at every try. */
  complaint: string | undefined;
}

export function listWatch(options: ListWatchOptions): ListWatch {
  const random = options.random ?? Math.random;
  const progress: Progress = {
    version: undefined,
    seen: undefined,
    listedBefore: false,
    lists: 0,
    watches: 0,
    failures: 0,
    droppedEvents: 0,
    pause: backOff({ firstMs: 800, maxMs: 30_000, random }),
    complaint: undefined,
  };
  return {
    async run(signal) {
      while (!signal.aborted) {
        const outcome = await roundTrip(options, progress, random, signal);
        if (outcome.kind === 'fine' || signal.aborted) continue;
        progress.failures += 1;
        complain(options, progress, outcome);
        const waitMs = Math.max(progress.pause.next(), outcome.retryAfterMs ?? 0);
        await options.clock.sleep(waitMs, signal);
      }
    },
    seenVersion: () => progress.seen,
    metrics: () => {
      const { lists, watches, failures, droppedEvents } = progress;
      return { lists, watches, failures, droppedEvents };
    },
  };
}

type Outcome =
  | { readonly kind: 'fine' }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs?: number; readonly quiet?: boolean };

const fine: Outcome = { kind: 'fine' };

/** One list when it is needed, then one watch until it ends. A bug in here must not end the loop either. */
async function roundTrip(
  options: ListWatchOptions,
  progress: Progress,
  random: () => number,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const resolved = await options.discovery.resolve(options.kind);
    if (resolved.kind === 'failed') return failed(resolved.failure);
    // What discovery remembers of a kind that is not there is short-lived, and shared by all kinds and namespaces of the group.
    if (resolved.kind === 'not-served') return notServed(options, progress, resolved.message);
    if (progress.version === undefined) {
      const listed = await list(options, progress, resolved.served, signal);
      if (listed.kind === 'failed') return listed;
    }
    return await watch(options, progress, resolved.served, random, signal);
  } catch (error) {
    progress.version = undefined;
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

function failed(failure: ApiFailure): Outcome {
  const why = sentenceOf(failure);
  return failure.kind === 'busy'
    ? { kind: 'failed', why, retryAfterMs: failure.retryAfterMs }
    : { kind: 'failed', why };
}

function notServed(options: ListWatchOptions, progress: Progress, why: string): Outcome {
  progress.version = undefined;
  options.sink.state('not-served');
  return { kind: 'failed', why, quiet: true };
}

/**
 * The first list may come from the server's cache (resourceVersion 0: cheap, perhaps a little old); a later one must not
 * be older than what was seen, so it asks for the present. An expired continue token starts over in one piece.
 */
async function list(
  options: ListWatchOptions,
  progress: Progress,
  served: ServedKind,
  signal: AbortSignal,
): Promise<Outcome> {
  const { labelSelector, fieldSelector } = options;
  const path = collectionPath(served, options.namespace);
  const items: RawObject[] = [];
  let paged = true;
  let next: string | undefined;
  for (;;) {
    const first = next === undefined && !progress.listedBefore;
    const query = {
      labelSelector,
      fieldSelector,
      limit: paged ? String(pageSize) : undefined,
      continue: next,
      resourceVersion: first ? '0' : undefined,
    };
    const result = await options.transport.send({
      method: 'GET',
      path,
      query,
      pool: 'read',
      timeoutMs: options.listTimeoutMs ?? listTimeoutMs,
      signal,
    });
    if (result.kind === 'gone') {
      items.length = 0;
      progress.listedBefore = true;
      if (next === undefined && !first) return failed(result);
      paged = next === undefined;
      next = undefined;
      continue;
    }
    if (result.kind === 'not-found') {
      options.discovery.forget(options.kind.group);
      return notServed(options, progress, result.message);
    }
    if (result.kind !== 'ok') return failed(result);
    for (const item of itemsOf(served, result.object)) items.push(item);
    next = textOf(result.object, 'metadata', 'continue') || undefined;
    if (next !== undefined) continue;
    progress.version = textOf(result.object, 'metadata', 'resourceVersion');
    if (progress.version === undefined) return { kind: 'failed', why: `the list at ${path} has no resourceVersion` };
    progress.lists += 1;
    progress.listedBefore = true;
    options.sink.replace(items);
    progress.seen = progress.version;
    options.sink.state('synced');
    return fine;
  }
}

async function watch(
  options: ListWatchOptions,
  progress: Progress,
  served: ServedKind,
  random: () => number,
  signal: AbortSignal,
): Promise<Outcome> {
  if (signal.aborted) return fine;
  const { labelSelector, fieldSelector } = options;
  const query = {
    labelSelector,
    fieldSelector,
    resourceVersion: progress.version,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(Math.round(300 + 300 * random())),
  };
  const path = collectionPath(served, options.namespace);
  const startMs = options.clock.monotonicMs();
  const healthy = (): boolean => options.clock.monotonicMs() - startMs >= healthyMs;
  let events = 0;
  progress.watches += 1;
  for await (const line of options.transport.watch({
    path,
    query,
    signal,
    timeoutMs: options.livenessMs ?? livenessMs,
  })) {
    if (signal.aborted) return fine;
    if (line.kind === 'error') {
      if (healthy()) progress.pause.reset();
      return watchFailed(options, progress, line);
    }
    events += 1;
    if (healthy()) forgive(options, progress);
    take(options, progress, line);
  }
  if (events > 0 || options.clock.monotonicMs() - startMs >= shortestWatchMs) {
    forgive(options, progress);
    return fine;
  }
  return signal.aborted ? fine : { kind: 'failed', why: 'the server closed the watch at once' };
}

type GoodLine = Exclude<WatchLine, { kind: 'error' }>;

function take(options: ListWatchOptions, progress: Progress, line: GoodLine): void {
  const version = line.kind === 'bookmark' ? line.resourceVersion : line.object.metadata.resourceVersion;
  if (isOlder(version, progress.version)) {
    progress.droppedEvents += 1;
    return;
  }
  if (line.kind === 'event') options.sink.event(line.type, line.object);
  progress.version = version ?? progress.version;
  progress.seen = progress.version;
}

/** 410: the version is too old to go on from. 404: the kind went away. A garbled line lost an event. All else goes on where it was. */
function watchFailed(
  options: ListWatchOptions,
  progress: Progress,
  line: Extract<WatchLine, { kind: 'error' }>,
): Outcome {
  if (line.code === 410 || line.code === 404 || line.garbled === true) progress.version = undefined;
  if (line.code === 404) options.discovery.forget(options.kind.group);
  const why = line.code === 0 ? line.message : `${line.code}: ${line.message}`;
  return { kind: 'failed', why, ...(line.retryAfterMs === undefined ? {} : { retryAfterMs: line.retryAfterMs }) };
}

function forgive(options: ListWatchOptions, progress: Progress): void {
  progress.pause.reset();
  if (progress.complaint === undefined) return;
  progress.complaint = undefined;
  options.log.info('watch works again', { kind: options.kind.kind, namespace: options.namespace });
}

/** A lost connection is routine; only what lasts is worth a line, and the same thing only once. */
function complain(options: ListWatchOptions, progress: Progress, outcome: Extract<Outcome, { kind: 'failed' }>): void {
  const fields = { kind: options.kind.kind, namespace: options.namespace, why: outcome.why };
  const lasting = progress.pause.tries() >= 2;
  if (outcome.quiet === true || !lasting || progress.complaint === outcome.why) {
    options.log.debug('watch interrupted', fields);
    return;
  }
  progress.complaint = outcome.why;
  options.log.warn('watch keeps failing', fields);
}
