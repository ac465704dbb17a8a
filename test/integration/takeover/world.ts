/** The cluster of a takeover: a real control plane with Argo's own CRDs, simulated pods, a backend for web metrics, and controllers started when told. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Kubelet, startKubelet } from '../../../sandbox/kubelet/kubelet.ts';
import { type Cluster, startCluster } from '../../bed/cluster.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../../e2e/controller-process.ts';
import { applyArgoCrds } from './argo-crds.ts';

/** Where Argo Rollouts is installed, and its Lease lies. */
export const argoNamespace = 'argo-rollouts';

export interface TakeoverWorld {
  readonly cluster: Cluster;
  /** Answers `{"ok": 1}`. */
  readonly backendUrl: string;
  /** Starts a Tidegate that serves Argo's resources; without an id those without the label. */
  startTidegate(instanceId: string | undefined): Promise<ControllerProcess>;
  stop(): Promise<void>;
}

export async function startWorld(argoFolder: string): Promise<TakeoverWorld> {
  const folder = makeTempDir('takeover');
  const backend = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok": 1}');
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const cluster = await startCluster();
  const controllers: ControllerProcess[] = [];
  let kubelet: Kubelet | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all(controllers.map((one) => one.stop({ graceMs: 3_000 })));
    await kubelet?.stop();
    await cluster.stop();
    backend.close();
    removeTempDir(folder);
  };
  try {
    await applyArgoCrds(cluster, argoFolder);
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: argoNamespace } });
    kubelet = await startKubelet({
      kubeconfigPath: cluster.kubeconfigPath,
      nodeName: 'node-1',
      addresses: 'none',
      startDelayMs: 50,
      drainMs: 100,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    cluster,
    backendUrl: `http://127.0.0.1:${(backend.address() as AddressInfo).port}/`,
    async startTidegate(instanceId) {
      const controller = await startController({
        name: `tidegate-${instanceId ?? 'all'}`,
        kubeconfigPath: cluster.kubeconfigPath,
        folder,
        flags: [
          '--api-group',
          'argoproj.io',
          '--lease-namespace',
          argoNamespace,
          ...(instanceId === undefined ? [] : ['--instance-id', instanceId]),
        ],
      });
      controllers.push(controller);
      return controller;
    },
    stop,
  };
}
