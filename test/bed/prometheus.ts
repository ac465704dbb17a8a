/**
 * Starts a real Prometheus for a test, scraping fast. Targets can be changed at any time; `stop` and `start` on the same
 * address, data kept, are an outage.
 *
 *   const prometheus = await startPrometheus({ pods: cluster });            // every annotated pod, see below
 *   prometheus.setTargets([{ address: '127.0.0.1:9000', labels: { job: 'web' } }]);
 *   await prometheus.query('sum(rate(http_requests_total[2s]))');
 *
 * A pod is scraped when its annotation `prometheus.io/scrape` is "true", at `prometheus.io/port` (else its first declared
 * port) and `prometheus.io/path`; its series carry `namespace`, `pod`, and every label of the pod (dashes as underscores).
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Child, startChild } from './child.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { followPods, type PodSource, type ScrapeTarget } from './pod-targets.ts';
import { missingProgram, program } from './programs.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface PrometheusOptions {
  targets?: ScrapeTarget[];
  /** Also scrape the annotated pods of this cluster. */
  pods?: PodSource;
  /** Go duration (default 250ms). */
  scrapeInterval?: string;
}

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Prometheus {
  readonly url: string;
  /** Replaces the targets named by hand; takes effect within 5 seconds, Prometheus' own pace of discovery. */
  setTargets(targets: ScrapeTarget[]): void;
  /** An instant query. @throws Error with Prometheus' own message. */
  query(expression: string): Promise<Sample[]>;
  /** Ends the process; address and data stay. */
  stopServer(): Promise<void>;
  /** Starts it again on the same address. Resolves when it is ready. */
  startServer(): Promise<void>;
  pids(): number[];
  stop(): Promise<void>;
}

const answerSchema = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .object({
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
    })
    .optional(),
});

/** Why Prometheus can't be started on this machine; undefined when it can. */
export function prometheusMissing(): string | undefined {
  return missingProgram(['prometheus']);
}

/** Starts Prometheus on a free port of 127.0.0.1; resolves when it answers. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const folder = makeTempDir('prometheus');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const targetsPath = join(folder, 'targets.json');
  const configPath = join(folder, 'prometheus.yml');
  const known: { given: ScrapeTarget[]; pods: ScrapeTarget[] } = { given: options.targets ?? [], pods: [] };
  const write = (): void => writeTargets(targetsPath, [...known.given, ...known.pods]);
  write();
  writeFileSync(configPath, JSON.stringify(configOf(options.scrapeInterval ?? '250ms', targetsPath), null, 2));

  const ended = new AbortController();
  const takePods = (pods: ScrapeTarget[]): void => {
    known.pods = pods;
    write();
  };
  const following = options.pods === undefined ? undefined : followPods(options.pods, takePods, ended.signal);
  let child: Child | undefined;
  const startServer = async (): Promise<void> => {
    const args = [
      `--config.file=${configPath}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--query.lookback-delta=10s',
      // Else targets that were found wait up to 5 seconds more.
      '--scrape.discovery-reload-interval=100ms',
      '--log.level=warn',
    ];
    const started = await startChild({ name: 'prometheus', command: program('prometheus'), args, logDir: folder });
    child = started;
    const ready = async (): Promise<boolean> => {
      started.assertRunning();
      return (await fetch(`${url}/-/ready`)).ok;
    };
    await eventually('Prometheus is ready', ready, { withinMs: 30_000 });
  };
  const stop = async (): Promise<void> => {
    ended.abort();
    await Promise.all([following, child?.stop(0)]);
    removeTempDir(folder);
  };
  await startServer().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url,
    setTargets(targets) {
      known.given = targets;
      write();
    },
    query: (expression) => query(url, expression),
    async stopServer() {
      await child?.stop(2_000);
    },
    startServer,
    pids: () => (child?.isRunning() ? [child.pid] : []),
    stop,
  };
}

async function query(url: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const answer = answerSchema.parse(await response.json());
  if (answer.data === undefined) throw new Error(`Prometheus: ${answer.error ?? answer.status}`);
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** Written aside and renamed: Prometheus never reads half a file. */
function writeTargets(path: string, targets: ScrapeTarget[]): void {
  const groups = targets.map(({ address, labels }) => ({ targets: [address], labels: labels ?? {} }));
  writeFileSync(`${path}.new`, JSON.stringify(groups));
  renameSync(`${path}.new`, path);
}

function configOf(interval: string, targetsPath: string): object {
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    scrape_configs: [
      { job_name: 'targets', honor_labels: true, file_sd_configs: [{ files: [targetsPath], refresh_interval: '1s' }] },
    ],
  };
}
