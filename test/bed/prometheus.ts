/**
 * Starts a real Prometheus for a test, scraping fast. Targets can be changed at any time; `stop` and `start` on the same
 * address, data kept, are an outage.
 *
 *   const prometheus = await startPrometheus({ pods: cluster });            // every annotated pod, see below
 *   await prometheus.setTargets([{ address: '127.0.0.1:9000', labels: { job: 'web' } }]);
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
import { missingProgram, program } from './programs.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface ScrapeTarget {
  /** host:port */
  address: string;
  labels?: Readonly<Record<string, string>>;
}

export interface PrometheusOptions {
  targets?: ScrapeTarget[];
  /** Also scrape the annotated pods of this cluster. */
  pods?: { server: string; caData: string; adminToken: string };
  /** Go duration (default 250ms). */
  scrapeInterval?: string;
}

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Prometheus {
  readonly url: string;
  /** Replaces the static targets; takes effect within 5 seconds, Prometheus' own pace of discovery. */
  setTargets(targets: ScrapeTarget[]): Promise<void>;
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
  writeTargets(targetsPath, options.targets ?? []);
  writeFileSync(configPath, JSON.stringify(configOf(options, folder, targetsPath), null, 2));

  let child: Child | undefined;
  const startServer = async (): Promise<void> => {
    const args = [
      `--config.file=${configPath}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
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
    await child?.stop(0);
    removeTempDir(folder);
  };
  await startServer().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url,
    async setTargets(targets) {
      writeTargets(targetsPath, targets);
      await fetch(`${url}/-/reload`, { method: 'POST' });
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

function configOf(options: PrometheusOptions, folder: string, targetsPath: string): object {
  const interval = options.scrapeInterval ?? '250ms';
  const jobs: object[] = [{ job_name: 'targets', file_sd_configs: [{ files: [targetsPath], refresh_interval: '1s' }] }];
  if (options.pods !== undefined) jobs.push(podsJob(options.pods, folder));
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    scrape_configs: jobs,
  };
}

function podsJob(cluster: NonNullable<PrometheusOptions['pods']>, folder: string): object {
  const caPath = join(folder, 'ca.crt');
  writeFileSync(caPath, Buffer.from(cluster.caData, 'base64'));
  const pod = '__meta_kubernetes_pod_';
  const annotation = `${pod}annotation_prometheus_io_`;
  return {
    job_name: 'pods',
    kubernetes_sd_configs: [
      {
        role: 'pod',
        api_server: cluster.server,
        authorization: { credentials: cluster.adminToken },
        tls_config: { ca_file: caPath },
      },
    ],
    relabel_configs: [
      { source_labels: [`${annotation}scrape`], regex: 'true', action: 'keep' },
      { source_labels: [`${pod}ip`], regex: '.+', action: 'keep' },
      { source_labels: [`${pod}phase`], regex: 'Running', action: 'keep' },
      // The annotated port takes the place of the declared ones (equal targets count once).
      { source_labels: [`${annotation}path`], regex: '(.+)', target_label: '__metrics_path__' },
      {
        source_labels: [`${pod}ip`, `${annotation}port`],
        regex: '(.+);(\\d+)',
        replacement: '$1:$2',
        target_label: '__address__',
      },
      { regex: `${pod}label_(.+)`, action: 'labelmap' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: [`${pod}name`], target_label: 'pod' },
    ],
  };
}
