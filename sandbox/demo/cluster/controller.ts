/** The real controller as a child process, with its source process as its own child, on the demo's clock. */

import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RunningChild, root, startNode } from './child.ts';
import { controllerNamespace } from './shop-objects.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

export function startController(
  cluster: Pick<SimulatedCluster, 'clockFrom' | 'rate' | 'prometheusUrl'>,
  kubeconfigPath: string,
  folder: string,
): RunningChild {
  const dataDir = dataDirIn(folder);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const flags: Readonly<Record<string, string>> = {
    kubeconfig: kubeconfigPath,
    'data-dir': dataDir,
    'lease-namespace': controllerNamespace,
    // Nobody needs them here, and a fixed port might be taken.
    'metrics-port': '0',
    'health-port': '0',
    'listen-address': '127.0.0.1',
    // Prometheus and the repository of the demo are on this machine, which tenants may not name otherwise.
    'allow-address': '127.0.0.0/8',
    'allow-file-repositories': 'true',
    'prometheus-address': cluster.prometheusUrl,
    'cluster-id': 'demo',
    'clock-from': String(cluster.clockFrom),
    'clock-rate': String(cluster.rate),
    'log-level': 'info',
    // A demo that is killed leaves no controller behind.
    'end-with-stdin': 'true',
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return startNode('controller', [join(root, 'controller', 'main.ts'), 'controller', ...args], folder);
}

function dataDirIn(folder: string): string {
  return join(folder, 'controller');
}

/** True once its source process listens. */
export function hasSourceSocket({ logPath }: RunningChild): boolean {
  return existsSync(join(dataDirIn(dirname(logPath)), 'source.sock'));
}
