/**
 * The stage of the adoption tests: one real control plane, a gateway that splits real requests, pods that answer them, and the
 * controller as a process with its own rights. Every case has a namespace of its own, and cases run beside each other.
 */

import { crdManifests } from '../../../crds/manifests.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { BedObject } from '../../bed/api.ts';
import { startBed } from '../../bed/bed.ts';
import type { Cluster } from '../../bed/cluster.ts';
import type { Gateway } from '../../bed/gateway.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { startController } from '../controller-process.ts';
import { controllerObjects } from '../rights.ts';

export const adoptParts = ['cluster', 'podRange', 'pods', 'gateway'] as const;

export interface Stage {
  readonly cluster: Pick<Cluster, 'api' | 'kubeconfigPath' | 'server' | 'caData' | 'adminToken' | 'kubectl'>;
  readonly gateway: Pick<Gateway, 'url' | 'parentRef'>;
  /** Ends the controller; it does not come back. */
  stopController(): Promise<void>;
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const folder = makeTempDir('adopt');
  // A pod that leaves serves on until the gateway knows.
  const bed = await startBed({ with: adoptParts, pods: { drain: '10s' } });
  const { api } = bed.cluster;
  await api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]), ...controllerObjects());
  const controller = await startController({
    folder,
    kubeconfigPath: await bed.cluster.serviceAccountKubeconfig('tidegate', 'tidegate'),
    // A machine that stands still for a moment must not cost the only controller its lead.
    leaseDurationMs: 60_000,
  });
  const stopController = () => controller.stop({ graceMs: 3_000 });
  return {
    cluster: bed.cluster,
    gateway: bed.gateway,
    stopController,
    folder,
    async stop() {
      await stopController().catch(() => undefined);
      await bed.stop();
      removeTempDir(folder);
    },
  };
}
