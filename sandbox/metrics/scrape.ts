/**
 * Reads the pages of all targets at fixed moments and keeps what they say: `up` per target, and staleness markers as soon
 * as a series or a whole target is gone.
 */

import { Agent, get } from 'node:http';
import { readExposition } from './exposition.ts';
import { labelKey, type Labels, metricName } from './labels.ts';
import type { SeriesStore } from './series-store.ts';
import type { Instant } from './sample-list.ts';

/** Time for timestamps and for the pace of scrapes; `sleep` is in milliseconds of `now`. */
export interface MetricsClock {
  now(): Instant;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Target {
  /** Of the page, e.g. http://127.0.0.1:40123/metrics */
  readonly url: string;
  /** Put onto every series unless the page says otherwise; `job` and `instance` have defaults. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ScraperOptions {
  readonly store: SeriesStore;
  readonly targets: () => readonly Target[];
  readonly clock: MetricsClock;
  readonly intervalMs: number;
  /** Samples older than this are forgotten. */
  readonly keepMs: number;
}

const answerTimeoutMs = 5_000;
const maxPageBytes = 16 * 1024 * 1024;

type Seen = ReadonlyMap<string, Labels>;

/** Runs until the signal aborts. Rounds that are late are left out, not made up for. */
export async function scrapeUntil(options: ScraperOptions, signal: AbortSignal): Promise<void> {
  const { clock, intervalMs, store, keepMs } = options;
  const agent = new Agent({ keepAlive: true });
  let before: ReadonlyMap<string, Seen> = new Map();
  let next = clock.now();
  while (!signal.aborted) {
    const now = clock.now();
    before = await scrapeRound(options, agent, before, now, signal);
    store.forget(now - keepMs);
    next = Math.max(next + intervalMs, clock.now());
    await clock.sleep(next - clock.now(), signal);
    // A sleep of nothing must not keep everything else from running.
    if (next <= now) await new Promise((resolve) => setImmediate(resolve));
  }
  agent.destroy();
}

async function scrapeRound(
  { store, targets }: ScraperOptions,
  agent: Agent,
  before: ReadonlyMap<string, Seen>,
  now: Instant,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Seen>> {
  const after = new Map<string, Seen>();
  const scraped = targets().map(async (target) => {
    const labels = { job: 'targets', instance: new URL(target.url).host, ...target.labels };
    const page = await readPage(target.url, agent, signal);
    if (!signal.aborted) after.set(labelKey(labels), record(store, labels, page, now));
  });
  await Promise.all(scraped);
  if (signal.aborted) return before;
  for (const [target, series] of before) {
    const still = after.get(target);
    for (const [key, labels] of series) if (still?.has(key) !== true) store.append(labels, now, null);
  }
  return after;
}

/** What the target has given this time; nothing but `up` when its page could not be read. */
function record(store: SeriesStore, target: Labels, page: string | undefined, now: Instant): Seen {
  const read = page === undefined ? undefined : readExposition(page);
  const samples = read?.kind === 'samples' ? read.samples : [];
  const seen = new Map<string, Labels>();
  const keep = (labels: Labels, t: Instant, v: number): void => {
    store.append(labels, t, v);
    seen.set(labelKey(labels), labels);
  };
  keep({ ...target, [metricName]: 'up' }, now, read?.kind === 'samples' ? 1 : 0);
  keep({ ...target, [metricName]: 'scrape_samples_scraped' }, now, samples.length);
  for (const { labels, v, t } of samples) keep({ ...target, ...labels }, t ?? now, v);
  return seen;
}

/** Undefined when there is none: refused, too slow, too large, another status. */
function readPage(url: string, agent: Agent, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    const call = get(url, { agent, signal: deadline, headers: { accept: 'text/plain' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxPageBytes) response.destroy();
      });
      response.once('end', () => resolve(response.statusCode === 200 ? text : undefined));
      response.once('close', () => resolve(undefined));
      response.once('error', () => resolve(undefined));
    });
    call.once('error', () => resolve(undefined));
  });
}
