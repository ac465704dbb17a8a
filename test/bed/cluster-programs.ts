/** The processes of a test cluster: started in order, each waited for until it works, ended all at once. */
import type { BedApi } from './api.ts';
import { type Child, startChild } from './child.ts';
import {
  type AuditLevel,
  apiServerFlags,
  type ClusterFiles,
  type ClusterPorts,
  controllerManagerFlags,
  etcdFlags,
} from './cluster-flags.ts';
import { eventually } from './eventually.ts';
import { program } from './programs.ts';

export interface ControlPlaneSetup {
  api: BedApi;
  files: ClusterFiles;
  ports: ClusterPorts;
  /** Admin's, for the controller manager. */
  kubeconfigPath: string;
  options: { controllerManager?: boolean; audit?: AuditLevel; apiServerFlags?: string[] };
}

export interface ControlPlanePrograms {
  /** Resolves when all of them work. */
  start: () => Promise<void>;
  startApiServer: () => Promise<void>;
  stopApiServer: () => Promise<void>;
  pids: () => number[];
  /** Ends all of them at once: nothing of theirs is kept. */
  stop: () => Promise<void>;
}

const READY_WITHIN_MS = 60_000;

/** Starts nothing yet. */
export function controlPlanePrograms(setup: ControlPlaneSetup): ControlPlanePrograms {
  const { api, files, ports, kubeconfigPath, options } = setup;
  const withManager = options.controllerManager ?? true;
  const running = new Map<string, Child>();
  const start = async (name: string, args: string[]): Promise<Child> => {
    const child = await startChild({ name, command: program(name), args, logDir: files.folder, cwd: files.folder });
    running.set(name, child);
    return child;
  };
  const startApiServer = async (): Promise<void> => {
    const flags = { audit: options.audit, controllerManager: withManager, extra: options.apiServerFlags ?? [] };
    await untilReady(api, await start('kube-apiserver', apiServerFlags(files, ports, flags)));
  };
  return {
    async start() {
      await start('etcd', etcdFlags(files, ports));
      await startApiServer();
      if (!withManager) return;
      await start('kube-controller-manager', controllerManagerFlags(files, ports, kubeconfigPath));
      await untilAccountExists(api, running);
    },
    startApiServer,
    async stopApiServer() {
      await running.get('kube-apiserver')?.stop(0);
    },
    pids: () => [...running.values()].filter((child) => child.isRunning()).map((child) => child.pid),
    async stop() {
      await Promise.all([...running.values()].map((child) => child.stop(0)));
    },
  };
}

async function untilReady(api: BedApi, server: Child): Promise<void> {
  const check = async (saw: (value: unknown) => void): Promise<boolean> => {
    server.assertRunning();
    const answer = await api.request('GET', '/readyz');
    saw(answer);
    return answer.status === 200;
  };
  await eventually('kube-apiserver is ready', check, { withinMs: READY_WITHIN_MS });
}

async function untilAccountExists(api: BedApi, running: ReadonlyMap<string, Child>): Promise<void> {
  const check = async (): Promise<boolean> => {
    for (const child of running.values()) child.assertRunning();
    return (await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
  };
  await eventually('the account of the namespace default exists', check, { withinMs: READY_WITHIN_MS });
}
