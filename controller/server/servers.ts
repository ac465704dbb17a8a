/** Opens the ports for metrics, health and hints that the settings ask for. */

import { readFile } from 'node:fs/promises';
import type { Hint } from '../../edge/hint.ts';
import type { ControllerConfig } from '../config.ts';
import { type HealthView, healthAnswer } from './health.ts';
import { type Listening, serveText } from './http.ts';
import { serveHints } from './hints.ts';
import type { Metrics } from './metrics.ts';

export interface ServersView extends HealthView {
  readonly metrics: Metrics;
  /** A branch may have moved; does nothing where this process does not lead. */
  hint(hint: Hint): void;
}

type ServerConfig = Pick<
  ControllerConfig,
  'metricsPort' | 'healthPort' | 'listenAddress' | 'hintPort' | 'hintTokenFile'
>;

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Resolves to a function that closes them. Rejects when a port is taken or the token for hints is missing. */
export async function startServers(config: ServerConfig, view: ServersView): Promise<() => Promise<void>> {
  const open: Listening[] = [];
  if (config.metricsPort !== 0) {
    open.push(
      await serveText(config.metricsPort, config.listenAddress, async (path) =>
        path === '/metrics' ? { text: await view.metrics.text(), type: metricsType } : undefined,
      ),
    );
  }
  if (config.healthPort !== 0) {
    open.push(
      await serveText(config.healthPort, config.listenAddress, (path) => Promise.resolve(healthAnswer(view, path))),
    );
  }
  if (config.hintPort !== 0) open.push(await hints(config, config.hintPort, view));
  return async () => void (await Promise.all(open.map((server) => server.close())));
}

async function hints(config: ServerConfig, port: number, view: ServersView): Promise<Listening> {
  const { hintTokenFile: file, listenAddress: address } = config;
  if (file === undefined)
    throw new Error(
      '--hint-port needs --hint-token-file: the file with the token that edge and the controllers share.',
    );
  const token = async () => (await readFile(file, 'utf8')).trim();
  if ((await token()) === '') throw new Error(`${file} of --hint-token-file is empty.`);
  return serveHints({ port, address, token, hint: (hint) => view.hint(hint) });
}
