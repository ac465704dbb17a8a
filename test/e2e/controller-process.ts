/** The controller as its user runs it: a process of its own with a kubeconfig, that can be stopped, killed, frozen and started anew. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../bed/child.ts';
import { eventually } from '../bed/eventually.ts';
import { freePorts } from '../bed/free-port.ts';
import { program } from '../bed/programs.ts';
import { httpGet } from '../bed/http-get.ts';

export interface ControllerOptions {
  readonly name?: string;
  readonly kubeconfigPath: string;
  /** Folder for its data and log. */
  readonly folder: string;
  readonly leaseDurationMs?: number;
  readonly flags?: readonly string[];
  /** The program, instead of the sources of this checkout: the shipped bundle. */
  readonly program?: string;
  readonly logLevel?: string;
  /** Flags of Node, as the image sets them. */
  readonly nodeFlags?: readonly string[];
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ControllerProcess {
  readonly metricsUrl: string;
  leads(): Promise<boolean>;
  child(): Child;
  /** Ends it, with SIGKILL when `graceMs` is 0, and forgets its disk when asked. */
  stop(options?: { readonly graceMs?: number; readonly emptyDisk?: boolean }): Promise<void>;
  start(): Promise<void>;
  /** Pids of its source process. */
  sourcePids(): Promise<readonly number[]>;
}

const main = join(import.meta.dirname, '..', '..', 'controller', 'main.ts');

/** Starts it; resolves when its caches have synced (it may still stand by). */
export async function startController(options: ControllerOptions): Promise<ControllerProcess> {
  const name = options.name ?? 'controller';
  const dataDir = join(options.folder, `${name}-data`);
  const [metricsPort = 0, healthPort = 0] = await freePorts(2);
  let child: Child | undefined;
  const running = (): Child => {
    if (!child) throw new Error(`${name} was not started`);
    return child;
  };
  const start = async (): Promise<void> => {
    mkdirSync(dataDir, { recursive: true });
    child = await startChild({
      name,
      command: process.execPath,
      args: [
        ...(options.nodeFlags ?? []),
        options.program ?? main,
        'controller',
        '--kubeconfig',
        options.kubeconfigPath,
        '--data-dir',
        dataDir,

        '--metrics-port',
        String(metricsPort),
        '--health-port',
        String(healthPort),
        '--listen-address',
        '127.0.0.1',
        '--lease-namespace',
        'tidegate',
        '--lease-duration-ms',
        String(options.leaseDurationMs ?? 15_000),

        '--allow-address',
        '127.0.0.0/8',
        '--kustomize-path',
        program('kustomize'),
        '--log-level',
        options.logLevel ?? 'debug',
        ...(options.flags ?? []),
      ],
      logDir: options.folder,
      ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
    });
    await eventually(
      `${name} is ready`,
      async () => {
        running().assertRunning();
        return (await httpGet(`http://127.0.0.1:${healthPort}/readyz`, 'localhost')).status === 200;
      },
      // A busy machine takes its time to load the sources.
      { withinMs: 120_000 },
    );
  };
  await start();
  return {
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    leads: async () => (await httpGet(`http://127.0.0.1:${healthPort}/readyz`, 'localhost')).body.includes('leading'),
    child: running,
    start,
    async stop({ graceMs = 10_000, emptyDisk = false } = {}) {
      await running().stop(graceMs);
      if (emptyDisk) rmSync(dataDir, { recursive: true, force: true });
    },
    sourcePids: async () => await childrenOf(running().pid),
  };
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .trim()
    .split(/\s+/)
    .filter((one) => one !== '')
    .map(Number);
}
