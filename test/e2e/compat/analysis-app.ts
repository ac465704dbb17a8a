/** Analysis in a scenario: a small HTTP backend whose answer the scenario chooses, and templates that ask it. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import type { BedObject } from '../../bed/api.ts';
import { eventually } from '../../bed/eventually.ts';
import { type App, at, type Live } from './app.ts';
import { textAt } from './text-at.ts';

/** good: 99; bad: 10; odd: 50, which is neither; wait: no answer until another is chosen; error: status 500. */
export type Answer = 'good' | 'bad' | 'odd' | 'wait' | 'error';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly at: number;
}

export interface Backend {
  readonly url: string;
  /** From now on, and for those that wait. */
  readonly answer: (answer: Answer) => void;
  readonly asked: () => readonly Asked[];
  readonly close: () => Promise<void>;
}

const rates: Readonly<Record<'good' | 'bad' | 'odd', number>> = { good: 99, bad: 10, odd: 50 };

export async function answering(first: Answer): Promise<Backend> {
  let now = first;
  let waiting: (() => void)[] = [];
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers, at: Date.now() });
    const reply = (): void => {
      if (now === 'wait') {
        waiting.push(reply);
        return;
      }
      response.statusCode = now === 'error' ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      const isPrometheus = request.url?.startsWith('/api/v1/query') === true;
      const good = now === 'error' ? {} : isPrometheus ? vectorOf(rates[now]) : { data: { rate: rates[now] } };
      response.end(JSON.stringify(now === 'error' ? { error: 'broken' } : good));
    };
    reply();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rate`,
    answer(next) {
      now = next;
      const held = waiting;
      waiting = [];
      for (const reply of held) reply();
    },
    asked: () => asked,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Runs a scenario with a backend, and closes it whatever happens. */
export async function withBackend(first: Answer, play: (backend: Backend) => Promise<void>): Promise<void> {
  const backend = await answering(first);
  try {
    await play(backend);
  } finally {
    await backend.close();
  }
}

/** The answer of Prometheus to a query with one series. */
function vectorOf(value: number): object {
  const result = [{ metric: {}, value: [Math.floor(Date.now() / 1000), String(value)] }];
  return { status: 'success', data: { resultType: 'vector', result } };
}

/** A metric that passes from 90 on and fails below 20. */
export function rateMetric(url: string, more: JsonObject = {}): JsonObject {
  return {
    name: 'rate',
    successCondition: 'result >= 90',
    failureCondition: 'result < 20',
    provider: { web: { url, jsonPath: '{$.data.rate}', timeoutSeconds: 60 } },
    ...more,
  };
}

/** A template with that metric alone; `spec` is laid over it. */
export function template(name: string, url: string, metric: JsonObject = {}, spec: JsonObject = {}): BedObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: { metrics: [rateMetric(url, metric)], ...spec },
  };
}

/** The analysis of a strategy by one template. */
export function promotedBy(templateName: string, more: JsonObject = {}): JsonObject {
  return { templates: [{ templateName }], ...more };
}

export const runs = 'apis/argoproj.io/v1alpha1/analysisruns';

/** Waits for a run in this phase. */
export function untilRun(app: App, name: string, phase: string | RegExp, withinMs = 60_000): Promise<Live> {
  return eventually(
    `AnalysisRun ${name} ${String(phase)}`,
    async (saw) => {
      const run = await app.read(runs, name);
      saw(run?.['status'] ?? 'absent');
      return new RegExp(phase).test(textAt(run, 'status.phase') || 'none') ? run : undefined;
    },
    { withinMs, everyMs: 100 },
  );
}

/** The result of the metric with this name. */
export function resultOf(run: JsonObject | undefined, metric: string): JsonObject {
  const all = at(run, 'status.metricResults');
  const list: readonly Json[] = Array.isArray(all) ? all : [];
  return (list.find((one) => at(one as JsonObject, 'name') === metric) ?? {}) as JsonObject;
}

/** Waits for something about the app that no single object says. */
export function untilSo(what: string, check: () => Promise<boolean>, withinMs = 60_000): Promise<true> {
  return eventually(what, async () => ((await check()) ? (true as const) : undefined), { withinMs, everyMs: 100 });
}

/** Reasons of the events about objects of a kind, in order of their names' appearance. */
export async function reasonsAbout(app: App, kind: string): Promise<readonly string[]> {
  const events = await app.list('apis/events.k8s.io/v1/events');
  return events.filter((one) => at(one, 'regarding.kind') === kind).map((one) => textAt(one, 'reason'));
}
