/** Opens the metrics and health ports that the settings ask for. */

import type { ControllerConfig } from '../config.ts';
import { type HealthView, healthAnswer } from './health.ts';
import { type Listening, serveText } from './http.ts';
import type { Metrics } from './metrics.ts';

export interface ServersView extends HealthView {
  readonly metrics: Metrics;
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Resolves to a function that closes them. Rejects when a port is taken. */
export async function startServers(
  config: Pick<ControllerConfig, 'metricsPort' | 'healthPort' | 'listenAddress'>,
  view: ServersView,
): Promise<() => Promise<void>> {
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
  return async () => void (await Promise.all(open.map((server) => server.close())));
}
