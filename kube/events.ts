/**
 * Writes Kubernetes events (events.k8s.io/v1) in the background: a repeated event becomes a series on the first one, the
 * queue is bounded, and what does not fit is dropped and counted. Never blocks and never throws.
 */

import { randomUUID } from 'node:crypto';
import type { ApiResult, Clock, EventDraft, EventRecorder, JsonObject, Transport } from './api.ts';
import { microTime } from './lease-record.ts';

export interface EventsOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** "tidegate.io/controller". */
  readonly reportingController: string;
  /** Name of the pod or host. */
  readonly reportingInstance: string;
  readonly maxQueued?: number;
}

export interface BackgroundEvents extends EventRecorder {
  /** Sends until the signal aborts, then what is queued for a moment more. */
  run(signal: AbortSignal): Promise<void>;
  metrics(): EventMetrics;
}

export interface EventMetrics {
  readonly sent: number;
  readonly dropped: number;
  readonly failed: number;
  readonly queued: number;
}

/** An event that was stored, and how often it happened since. */
interface Series {
  readonly path: string;
  count: number;
  lastAt: number;
  sentCount: number;
  sentAtMs: number;
}

const maxQueued = 1_000;
const maxSeries = 4_096;
/** A repeat within this time joins the series, as in client-go. */
const seriesMs = 6 * 60_000;
/** The count of a series is written at most this often. */
const seriesWriteMs = 10_000;
const maxNoteLength = 1_024;
const idleMs = 1_000;
const lastFlushMs = 2_000;

export function eventRecorder(options: EventsOptions): BackgroundEvents {
  const { clock } = options;
  const queue: EventDraft[] = [];
  const series = new Map<string, Series>();
  const counts = { sent: 0, dropped: 0, failed: 0 };
  let wake = new AbortController();
  const count = (result: ApiResult<JsonObject>): void => {
    if (result.kind === 'ok') counts.sent += 1;
    else counts.failed += 1;
  };
  const flush = async (): Promise<void> => {
    for (let draft = queue.shift(); draft !== undefined; draft = queue.shift()) {
      const repeated = repeat(series, draft, clock.monotonicMs());
      if (repeated === undefined) count(await create(options, series, draft));
    }
    for (const [key, one] of series) {
      if (one.count > one.sentCount && clock.monotonicMs() - one.sentAtMs >= seriesWriteMs) {
        count(await writeSeries(options, one));
      }
      if (clock.monotonicMs() - one.sentAtMs >= seriesMs && one.count === one.sentCount) series.delete(key);
    }
  };
  return {
    record(draft) {
      if (queue.length >= (options.maxQueued ?? maxQueued)) counts.dropped += 1;
      else queue.push(draft);
      wake.abort();
    },
    async run(signal) {
      while (!signal.aborted) {
        await flush();
        wake = new AbortController();
        if (queue.length === 0) await clock.sleep(sleepMs(series), AbortSignal.any([signal, wake.signal]));
      }
      await Promise.race([flush(), clock.sleep(lastFlushMs, new AbortController().signal)]);
    },
    metrics: () => ({ ...counts, queued: queue.length }),
  };
}

/** Without a series to finish there is nothing to wake up for. */
function sleepMs(series: ReadonlyMap<string, Series>): number {
  for (const one of series.values()) if (one.count > one.sentCount) return idleMs;
  return seriesMs;
}

function keyOfDraft(draft: EventDraft): string {
  return [draft.regarding.uid, draft.type, draft.reason, draft.message].join('\0');
}

/** The series that this draft joins, or undefined when it is a new event. */
function repeat(series: Map<string, Series>, draft: EventDraft, nowMs: number): Series | undefined {
  const known = series.get(keyOfDraft(draft));
  if (known === undefined || nowMs - known.sentAtMs >= seriesMs) return undefined;
  known.count += 1;
  known.lastAt = draft.at;
  return known;
}

async function create(
  options: EventsOptions,
  series: Map<string, Series>,
  draft: EventDraft,
): Promise<ApiResult<JsonObject>> {
  const namespace = draft.regarding.namespace || 'default';
  const name = `${draft.regarding.name.slice(0, 200)}.${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const collection = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const body = eventBody(options, draft, namespace, name);
  const result = await options.transport.send({ method: 'POST', path: collection, pool: 'write', body });
  if (result.kind === 'ok') {
    const sentAtMs = options.clock.monotonicMs();
    series.set(keyOfDraft(draft), {
      path: `${collection}/${name}`,
      count: 1,
      lastAt: draft.at,
      sentCount: 1,
      sentAtMs,
    });
    const [oldest] = series.keys();
    if (series.size > maxSeries && oldest !== undefined) series.delete(oldest);
  }
  return result;
}

function eventBody(options: EventsOptions, draft: EventDraft, namespace: string, name: string): object {
  const { apiVersion, kind, uid } = draft.regarding;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace },
    eventTime: microTime(draft.at),
    reportingController: options.reportingController,
    reportingInstance: options.reportingInstance.slice(0, 128),
    action: draft.reason,
    reason: draft.reason,
    type: draft.type,
    note: draft.message.length > maxNoteLength ? `${draft.message.slice(0, maxNoteLength - 1)}…` : draft.message,
    regarding: { apiVersion, kind, uid, name: draft.regarding.name, namespace: draft.regarding.namespace || undefined },
  };
}

/** Counts as tried also when it fails: an event is not worth a storm of repeats. */
async function writeSeries(options: EventsOptions, one: Series): Promise<ApiResult<JsonObject>> {
  one.sentCount = one.count;
  one.sentAtMs = options.clock.monotonicMs();
  return options.transport.send({
    method: 'PATCH',
    path: one.path,
    pool: 'write',
    contentType: 'application/merge-patch+json',
    body: { series: { count: one.count, lastObservedTime: microTime(one.lastAt) } },
  });
}
