/**
 * One world of the sweep: the sandbox, a real repository, and the real controller as a process behind the proxy, with a
 * gate before every push. Everything it starts, it ends.
 */

import { join } from 'node:path';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { makeServerTls } from '../../../sandbox/api-server/certificate.ts';
import type { ApiServer } from '../../../sandbox/api-server/contract.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { type RepositoryStore, repositoryStore } from '../../bed/git-repository.ts';
import { writeKubeconfig } from '../../bed/kubeconfig.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { startController } from '../../e2e/controller-process.ts';
import { controllerObjects, tenantObjects } from '../../e2e/rights.ts';
import { type ApiProxy, type Fate, type SeenRequest, startApiProxy } from '../proxy/api-proxy.ts';
import { type PushMoment, type RefMove, startGitGate } from '../proxy/git-gate.ts';
import { type ClusterState, clusterState, textAt } from '../in-process/cluster-state.ts';
import { type App, appNamespace, filesOf } from './app.ts';
import { startReadings } from './readings.ts';

export interface WorldOptions {
  /** The built program `tidegate.mjs`. */
  readonly program: string;
  readonly seed: number;
  readonly judge: (seen: SeenRequest) => Fate;
  readonly onPush: (moment: PushMoment, moves: readonly RefMove[]) => Promise<boolean>;
}

export interface ProcessWorld {
  readonly api: ApiServer;
  /** What is stored. */
  readonly state: ClusterState;
  readonly app: App;
  readonly git: RepositoryStore;
  readonly now: () => number;
  write(method: string, path: string, body: object, contentType?: string): void;
  /** SIGKILL, then a new process: as if the lease had run out meanwhile. */
  crash(options: { readonly emptyDisk: boolean }): Promise<void>;
  stop(): Promise<void>;
}

export const repository = 'apps';
/** How much faster than real time the rollouts of a sweep see time pass. */
const rate = 15;
const admin = { user: 'kubernetes-admin', userAgent: 'sweep' };
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/tidegate/leases/tidegate-controller';

export async function startProcessWorld(options: WorldOptions): Promise<ProcessWorld> {
  const folder = makeTempDir('sweep');
  const stops: (() => Promise<unknown>)[] = [async () => removeTempDir(folder)];
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    const sandbox = await startSandbox({ rate, seed: options.seed });
    stops.push(() => sandbox.stop());
    const state = clusterState(sandbox.api);
    const access = accessTo(sandbox.api);
    for (const object of [...controllerObjects(), ...tenantObjects(appNamespace, 'unused')]) access.create(object);
    const readings = await startReadings(
      (podHash) => isBad(state, podHash),
      () => sandbox.clock.now(),
    );
    stops.push(() => readings.close());
    const git = repositoryStore(join(folder, 'git'));
    const app: App = { repositoryUrl: `file://${join(folder, 'git', `${repository}.git`)}`, readingsUrl: readings.url };
    await git.createRepository(repository, filesOf(app, 'v1'), { message: 'First release' });
    const gate = await startGitGate({ repository: join(folder, 'git', `${repository}.git`), ask: options.onPush });
    stops.push(() => gate.close());
    const proxy = await startApiProxy({ upstream: sandbox, tls: await makeServerTls(), judge: options.judge });
    stops.push(() => proxy.close());
    const controller = await startController(controllerOptions(sandbox, { proxy, folder }, options));
    stops.push(() => controller.stop({ graceMs: 0 }));
    return {
      api: sandbox.api,
      state,
      app,
      git,
      now: () => sandbox.clock.now(),
      write: access.write,
      stop,
      crash: async ({ emptyDisk }) => {
        proxy.cut();
        await controller.stop({ graceMs: 0, emptyDisk });
        access.write('DELETE', leasePath, {});
        proxy.mend();
        await controller.start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Around {
  readonly proxy: ApiProxy;
  readonly folder: string;
}

function controllerOptions(sandbox: Sandbox, { proxy, folder }: Around, options: WorldOptions) {
  const target = { server: proxy.url, caData: proxy.caData };
  const credentials = { kind: 'token', token: sandbox.adminToken } as const;
  return {
    folder,
    kubeconfigPath: writeKubeconfig(join(folder, 'controller.kubeconfig'), target, credentials),
    program: options.program,
    logLevel: 'info',
    flags: `--allow-file-repositories true --clock-from ${sandbox.clockFrom} --clock-rate ${sandbox.rate}`.split(' '),
  };
}

function accessTo(api: ApiServer): { write: ProcessWorld['write']; create: (object: object) => void } {
  const call = (method: string, path: string, body: object, contentType = 'application/json') =>
    api.handle({
      caller: admin,
      method,
      path,
      query: {},
      contentType,
      accept: 'application/json',
      body: body as JsonObject,
    });
  return {
    write: (method, path, body, contentType) => void call(method, path, body, contentType),
    create: (object) => {
      const path = collectionOf(object as Parameters<typeof collectionOf>[0]);
      const reply = call('POST', path, object);
      const status = 'status' in reply ? reply.status : 200;
      if (status >= 300 && status !== 409) throw new Error(`${path} could not be made: ${JSON.stringify(reply)}`);
    },
  };
}

/** Enough for the kinds that a world starts with. */
function collectionOf(object: { apiVersion: string; kind: string; metadata: { namespace?: string } }): string {
  const { apiVersion, kind, metadata } = object;
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${base}${scope}/${kind.toLowerCase()}s`;
}

function isBad(state: ClusterState, podHash: string): boolean {
  return state
    .list('ReplicaSet')
    .some(
      (set) =>
        textAt(set, 'metadata.name').endsWith(podHash) &&
        textAt(set, 'spec.template.spec.containers.0.image').endsWith('-bad'),
    );
}
