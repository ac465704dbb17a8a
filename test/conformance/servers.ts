/** Starts what the cases run against, with our definitions installed. */

import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { textAt, isJsonObject } from '../../crds/schema/json.ts';
import { startCluster } from '../bed/cluster.ts';
import { httpsTarget } from './https-target.ts';
import { valueAt } from './run-case.ts';
import type { Target, TargetRequest } from './target.ts';

export interface RunningServer {
  readonly target: Target;
  stop(): Promise<void>;
}

/** Other controllers than those of a case write to its objects too; they run only for the cases that need them. */
export async function startReal(withControllers: boolean): Promise<RunningServer> {
  const cluster = await startCluster({
    controllerManager: withControllers,
    apiServerFlags: ['--etcd-compaction-interval=2s'],
  });
  const target = httpsTarget({ server: cluster.server, caData: cluster.caData, token: cluster.adminToken });
  await installDefinitions(target);
  return { target, stop: () => cluster.stop() };
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const asked: Omit<TargetRequest, 'method' | 'path'> = {
  query: {},
  contentType: 'application/json',
  accept: 'application/json',
  userAgent: 'conformance/1.0',
};

/** Creates the nine definitions and waits until all are served. */
export async function installDefinitions(target: Target): Promise<void> {
  const manifests = crdManifests(tidegateDialect);
  for (const body of manifests) {
    const answer = await target.request({ ...asked, method: 'POST', path: definitions, body });
    if (answer.status !== 201)
      throw new Error(`a definition was refused: ${JSON.stringify(answer.body).slice(0, 500)}`);
  }
  for (const manifest of manifests) {
    const spec = isJsonObject(manifest['spec']) ? manifest['spec'] : {};
    const plural = String(valueAt(spec, ['names', 'plural']));
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
