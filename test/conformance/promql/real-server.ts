/** A real Prometheus that scrapes nothing and holds exactly the given samples. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../../bed/child.ts';
import { eventually } from '../../bed/eventually.ts';
import { freePort } from '../../bed/free-port.ts';
import { program } from '../../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import type { PromqlServer } from './compare.ts';
import { writeRequest } from './remote-write.ts';
import type { GivenSeries } from './samples.ts';

/** Resolves when all samples can be queried. */
export async function startRealServer(
  series: readonly GivenSeries[],
): Promise<PromqlServer & { stop(): Promise<void> }> {
  const folder = makeTempDir('promql');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configPath = join(folder, 'prometheus.yml');
  writeFileSync(configPath, 'scrape_configs: []\n');
  const args = [
    `--config.file=${configPath}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    // The samples are of a fixed day, which may be long ago.
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=warn',
  ];
  let child: Child | undefined;
  const stop = async (): Promise<void> => {
    await child?.stop(0);
    removeTempDir(folder);
  };
  try {
    const started = await startChild({ name: 'prometheus', command: program('prometheus'), args, logDir: folder });
    child = started;
    await eventually(
      'Prometheus is ready',
      async () => {
        started.assertRunning();
        return (await fetch(`${url}/-/ready`)).ok;
      },
      { withinMs: 30_000 },
    );
    await write(url, series);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask: (path, form) => askOver(url, path, form), stop };
}

async function write(url: string, series: readonly GivenSeries[]): Promise<void> {
  const body = writeRequest(series);
  const headers = {
    'content-encoding': 'snappy',
    'content-type': 'application/x-protobuf',
    'x-prometheus-remote-write-version': '0.1.0',
  };
  const answer = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body: new Uint8Array(body) });
  if (!answer.ok) throw new Error(`Prometheus refused the samples: ${answer.status} ${await answer.text()}`);
}

async function askOver(
  url: string,
  path: string,
  form: Readonly<Record<string, string>>,
): ReturnType<PromqlServer['ask']> {
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(form) });
  const body: unknown = await answer.json();
  return { status: answer.status, body };
}
