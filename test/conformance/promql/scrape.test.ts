/** The same page read by the sandbox and by a real Prometheus: the same series, and gone when the target is gone. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../kube/clock.ts';
import { type Metrics, startMetrics } from '../../../sandbox/metrics/metrics.ts';
import type { Target } from '../../../sandbox/metrics/scrape.ts';
import { eventually } from '../../bed/eventually.ts';
import { type Prometheus, prometheusMissing, startPrometheus } from '../../bed/prometheus.ts';

const missing = prometheusMissing();

const page = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{code="200",path="/a \\"b\\" \\\\ {c}"} 1.5e+03
http_requests_total{code="500",} 0
spaces   {  a = "b" , c="d" }   7
# a comment
this line is no sample
`;
const good = page.replace(/^this .*\n/m, '');

const labels = { job: 'web', pod: 'web-1', code: 'of the target' };
const everything = '{job="web",__name__!~"scrape_.*|up"}';

describe.skipIf(missing !== undefined)(`scraping${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let real: Prometheus;
  let ours: Metrics;
  let server: Server;
  let text = good;
  const targets: Target[] = [];

  beforeAll(async () => {
    server = createServer((_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(text));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    targets.push({ url: `http://${address}/metrics`, labels });
    ours = await startMetrics({ targets: () => targets, clock: systemClock, scrapeIntervalMs: 250 });
    real = await startPrometheus({ targets: [{ address, labels }] });
  });

  afterAll(async () => {
    await Promise.all([real?.stop(), ours?.stop()]);
    server?.closeAllConnections();
    server?.close();
  });

  const both = (query: string): Promise<readonly unknown[]> =>
    Promise.all([ours.url, real.url].map((url) => resultOf(url, query)));

  const alike = (what: string, query: string, wanted: (result: unknown[]) => boolean): Promise<unknown> =>
    eventually(
      what,
      async (saw) => {
        const [own, other] = await both(query);
        saw({ own, other });
        if (!wanted(own as unknown[]) || !wanted(other as unknown[])) return false;
        expect(own).toEqual(other);
        return true;
      },
      { withinMs: 20_000 },
    );

  it('gives the same series with the same labels and values', async () => {
    await alike('both have read the page', everything, (result) => result.length === 3);
    await alike('both say it is up', 'up', (result) => result.length === 1);
  });

  it('takes nothing of a page with a garbled line', async () => {
    text = page;
    await alike('both say it is down', 'up == 0', (result) => result.length === 1);
    await alike('all series have ended', everything, (result) => result.length === 0);
  });

  it('ends the series of a target that is gone', async () => {
    text = good;
    await alike('both have read the page', everything, (result) => result.length === 3);
    targets.length = 0;
    real.setTargets([]);
    await alike('nothing is left', `${everything} or up`, (result) => result.length === 0);
  });
});

/** Metric and value, without times, in a fixed order. */
async function resultOf(url: string, query: string): Promise<unknown> {
  const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const body = (await answer.json()) as {
    readonly data: {
      readonly result: readonly { readonly metric: object; readonly value: readonly [number, string] }[];
    };
  };
  const rows = body.data.result.map(({ metric, value }) => ({
    metric: Object.fromEntries(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    value: value[1],
  }));
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
