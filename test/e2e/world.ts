/**
 * The world of the end-to-end tests: real control plane, gateway, Prometheus and Git, simulated pods that answer real
 * requests, the controller as a process, and a tenant namespace with an account of its own.
 */

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import type { BedObject } from '../bed/api.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { AuditLevel } from '../bed/cluster-flags.ts';
import { eventually } from '../bed/eventually.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerOptions, type ControllerProcess, startController } from './controller-process.ts';
import { controllerObjects, tenantObjects } from './rights.ts';

export const worldParts = ['cluster', 'podRange', 'gateway', 'prometheus', 'git'] as const;
export const namespace = 'shop';
export const repository = 'apps';

export interface World {
  readonly bed: Bed<(typeof worldParts)[number]>;
  readonly kubelet: Kubelet;
  readonly folder: string;
  startController(options?: Partial<ControllerOptions>): Promise<ControllerProcess>;
  /** Reads one object as admin; undefined when it does not exist. */
  read(kind: Kind, name: string): Promise<Live | undefined>;
  list(kind: Kind): Promise<readonly Live[]>;
  /** Waits until an object of this kind satisfies the condition; gives it. */
  until(what: string, kind: Kind, name: string, check: (object: Live) => boolean, withinMs?: number): Promise<Live>;
  stop(): Promise<void>;
}

/** Where the processes' logs of the last run lie, for whoever looks into a failure. */
function keepLogs(folder: string): void {
  const kept = join(import.meta.dirname, '..', '..', '.test-output', 'e2e-logs', basename(folder));
  mkdirSync(kept, { recursive: true });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.log')))
    copyFileSync(join(folder, file), join(kept, file));
}

/** An object read back: only what the tests look at, loosely typed on purpose. */
export interface Live {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious: tests read many shapes
  readonly spec?: Readonly<Record<string, never>>;
  readonly status?: Readonly<Record<string, never>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** Collections in the tenant's namespace. */
export const paths = {
  Rollout: 'apis/tidegate.io/v1alpha1/namespaces/shop/rollouts',
  GitSync: 'apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs',
  Release: 'apis/tidegate.io/v1alpha1/namespaces/shop/releases',
  GitRevert: 'apis/tidegate.io/v1alpha1/namespaces/shop/gitreverts',
  RolloutRun: 'apis/tidegate.io/v1alpha1/namespaces/shop/rolloutruns',
  AnalysisRun: 'apis/tidegate.io/v1alpha1/namespaces/shop/analysisruns',
  ReplicaSet: 'apis/apps/v1/namespaces/shop/replicasets',
  Pod: 'api/v1/namespaces/shop/pods',
  ConfigMap: 'api/v1/namespaces/shop/configmaps',
  Service: 'api/v1/namespaces/shop/services',
  HTTPRoute: 'apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes',
  Event: 'apis/events.k8s.io/v1/namespaces/shop/events',
} as const;
export type Kind = keyof typeof paths;

/** `audit`: how much the API server's audit log says of each request. */
export async function startWorld(options: { readonly audit?: AuditLevel } = {}): Promise<World> {
  const folder = makeTempDir('e2e');
  const bed = await startBed({ with: worldParts, cluster: { audit: options.audit ?? 'Metadata' } });
  await bed.cluster.api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]));
  await bed.cluster.api.apply(...tenantObjects(namespace, bed.git.token), ...controllerObjects());
  const kubelet = await startKubelet({
    kubeconfigPath: bed.cluster.kubeconfigPath,
    nodeName: 'node-1',
    podCidr: bed.podRange.cidr,
    addresses: 'pod-range',
  });
  const controllers: ControllerProcess[] = [];
  const read = async (kind: Kind, name: string) => {
    const answer = await bed.cluster.api.request('GET', `/${paths[kind]}/${name}`);
    return answer.status === 200 ? (answer.body as Live) : undefined;
  };
  return {
    bed,
    kubelet,
    folder,
    read,
    list: async (kind) => ((await bed.cluster.api.get(`/${paths[kind]}`)) as { items: readonly Live[] }).items,
    until: (what, kind, name, check, withinMs = 60_000) =>
      eventually(
        what,
        async (saw) => {
          const object = await read(kind, name);
          saw(object?.status ?? object);
          return object && check(object) ? object : undefined;
        },
        { withinMs, everyMs: 100 },
      ),
    async startController(options = {}) {
      const kubeconfigPath =
        options.kubeconfigPath ?? (await bed.cluster.serviceAccountKubeconfig('tidegate', 'tidegate'));
      const started = await startController({ folder, ...options, kubeconfigPath });
      controllers.push(started);
      return started;
    },
    async stop() {
      await Promise.all(controllers.map((one) => one.stop({ graceMs: 3_000 }).catch(() => undefined)));
      await kubelet.stop();
      await bed.stop();
      keepLogs(folder);
      removeTempDir(folder);
    },
  };
}
