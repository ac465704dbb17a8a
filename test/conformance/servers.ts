/** Starts what the cases run against, with our definitions installed. */

import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { isJsonObject, textAt } from '../../crds/schema/json.ts';
import { systemClock } from '../../kube/clock.ts';
import { apiServer } from '../../sandbox/api-server/api-server.ts';
import { serveHttps } from '../../sandbox/api-server/https.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { seededRandom } from '../../sandbox/seeded-random.ts';
import { startWorkloads, workloadsAgent } from '../../sandbox/workloads/workloads.ts';
import { startCluster } from '../bed/cluster.ts';
import { httpsTarget } from './https-target.ts';
import type { Target, TargetRequest } from './target.ts';

export interface RunningServer {
  readonly target: Target;
  stop(): Promise<void>;
}

/** Other controllers than those of a case write to its objects too: they run only for the cases that need them. */
export type StartServer = (withControllers: boolean) => Promise<RunningServer>;

/** Commits that the sandbox keeps: few, so that the cases of forgotten history get there soon. */
export const historySize = 500;

/** A kube-apiserver that forgets its history after seconds, and perhaps a kube-controller-manager. */
export const startReal: StartServer = async (withControllers) => {
  const cluster = await startCluster({
    controllerManager: withControllers,
    apiServerFlags: ['--etcd-compaction-interval=5s'],
  });
  const target = httpsTarget({ server: cluster.server, caData: cluster.caData, token: cluster.adminToken });
  await installDefinitions(target);
  return { target, stop: () => cluster.stop() };
};

/** The sandbox's API server behind its socket, and perhaps its workload controllers. */
export const startSandbox: StartServer = async (withControllers) => {
  const random = seededRandom(7, 'conformance');
  const api = apiServer({ clock: systemClock, random, historySize: withControllers ? 5_000 : historySize });
  const served = await serveHttps(api);
  const target = httpsTarget({ server: served.url, caData: served.caData, token: served.adminToken });
  await installDefinitions(target);
  if (!withControllers) return { target, stop: () => served.close() };
  const caller = { user: 'system:kube-controller-manager', userAgent: workloadsAgent };
  const transport = memoryTransport(api, caller);
  const workloads = await startWorkloads({ transport, clock: systemClock });
  const stop = async (): Promise<void> => {
    await workloads.stop();
    transport.close();
    await served.close();
  };
  return { target, stop };
};

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const asked: Omit<TargetRequest, 'method' | 'path'> = {
  query: {},
  contentType: 'application/json',
  accept: 'application/json',
  userAgent: 'conformance/1.0',
};

/** Creates our definitions and waits until all are served. */
export async function installDefinitions(target: Target): Promise<void> {
  const manifests = crdManifests(tidegateDialect);
  for (const body of manifests) {
    const answer = await target.request({ ...asked, method: 'POST', path: definitions, body });
    if (answer.status !== 201)
      throw new Error(`a definition was refused: ${JSON.stringify(answer.body).slice(0, 500)}`);
  }
  for (const manifest of manifests) {
    const spec = isJsonObject(manifest['spec']) ? manifest['spec'] : {};
    const plural = textAt(isJsonObject(spec['names']) ? spec['names'] : {}, 'plural');
    await untilServed(target, `/apis/${textAt(spec, 'group')}/v1alpha1/${plural}`);
  }
}

async function untilServed(target: Target, path: string): Promise<void> {
  for (let waits = 0; waits < 500; waits++) {
    const { status } = await target.request({ ...asked, method: 'GET', path });
    if (status === 200) return;
    await target.wait();
  }
  throw new Error(`${path} is not served`);
}
