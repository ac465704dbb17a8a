/** The world of the bad-input tests: control plane, Git, pods on loopback and the controller as a process; a namespace per case. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { crdManifests } from '../../../crds/manifests.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import { type Kubelet, startKubelet } from '../../../sandbox/kubelet/kubelet.ts';
import type { BedObject } from '../../bed/api.ts';
import { type Bed, bedMissing, startBed } from '../../bed/bed.ts';
import { applyGatewayApi, gatewayApiMissing } from '../../bed/gateway-api.ts';
import { missingProgram } from '../../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../../e2e/controller-process.ts';
import { controllerObjects } from '../../e2e/rights.ts';

const parts = ['cluster', 'git'] as const;
export const repository = 'apps';

export interface BadWorld {
  readonly bed: Bed<(typeof parts)[number]>;
  readonly controller: ControllerProcess;
  /** Reads any object; undefined when it does not exist. */
  read(kind: keyof typeof paths, namespace: string, name: string): Promise<Told | undefined>;
  /** Notes of the warning events about the objects of a kind in a namespace. */
  warnings(namespace: string, kind: string): Promise<readonly string[]>;
  /** Runs `kubectl tidegate` as a program, as admin; gives all that it printed. */
  cli(...args: readonly string[]): Promise<string>;
  /** Runs kubectl as admin with this on its standard input; gives all that it printed and its exit code. */
  kubectl(args: readonly string[], input: object): Promise<{ readonly code: number; readonly text: string }>;
  /** What the controller logged as an error, and what looks like a crash. */
  crashes(): readonly string[];
  stop(): Promise<void>;
}

/** The part of an object that tells something. */
const Told = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string(), generation: z.number().optional() }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      message: z.string().optional(),
      observedGeneration: z.number().optional(),
      held: z.looseObject({ reason: z.string() }).optional(),
      waiting: z.record(z.enum(['on', 'reason', 'value', 'limit', 'until', 'moves']), z.string().optional()).optional(),
      lastCommand: z.looseObject({ outcome: z.string(), message: z.string() }).optional(),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .optional(),
    })
    .optional(),
});
export type Told = z.infer<typeof Told>;

const Events = z.object({
  items: z.array(
    z.looseObject({
      type: z.string().optional(),
      note: z.string().optional(),
      regarding: z.looseObject({ kind: z.string().optional() }).optional(),
    }),
  ),
});

const paths = {
  GitSync: 'apis/tidegate.io/v1alpha1/namespaces/NS/gitsyncs',
  Rollout: 'apis/tidegate.io/v1alpha1/namespaces/NS/rollouts',
} as const;

const cliMain = join(import.meta.dirname, '../../../cli/main.ts');

/** Why these tests can't run on this machine; undefined when they can. */
export function worldMissing(): string | undefined {
  return bedMissing(parts) ?? gatewayApiMissing() ?? missingProgram(['kustomize']);
}

export async function startBadWorld(): Promise<BadWorld> {
  const folder = makeTempDir('bad-input');
  const bed = await startBed({ with: parts });
  const { cluster } = bed;
  let kubelet: Kubelet | undefined;
  let controller: ControllerProcess | undefined;
  const stop = async (): Promise<void> => {
    await controller?.stop({ graceMs: 3_000 }).catch(() => undefined);
    await kubelet?.stop();
    await bed.stop();
    removeTempDir(folder);
  };
  try {
    await applyGatewayApi(cluster);
    await cluster.api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]), ...controllerObjects());
    kubelet = await startKubelet({
      kubeconfigPath: cluster.kubeconfigPath,
      nodeName: 'node-1',
      addresses: 'loopback',
    });
    const kubeconfigPath = await cluster.serviceAccountKubeconfig('tidegate', 'tidegate');
    // Nothing here is about losing the lease, and a busy machine must not bring it about.
    controller = await startController({ folder, kubeconfigPath, leaseDurationMs: 30_000 });
  } catch (cause) {
    await stop();
    throw cause;
  }
  const running = controller;
  return {
    bed,
    controller,
    async read(kind, namespace, name) {
      const answer = await cluster.api.request('GET', `/${paths[kind].replace('NS', namespace)}/${name}`);
      return answer.status === 200 ? Told.parse(answer.body) : undefined;
    },
    async warnings(namespace, kind) {
      const { items } = Events.parse(await cluster.api.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`));
      return items.filter((one) => one.type === 'Warning' && one.regarding?.kind === kind).map((one) => one.note ?? '');
    },
    cli: async (...args) =>
      (await printed(process.execPath, [cliMain, ...args, '--kubeconfig', cluster.kubeconfigPath])).text,
    kubectl: (args, input) =>
      cluster.kubectl([...args], JSON.stringify(input)).then(
        (text) => ({ code: 0, text }),
        (error: unknown) => ({ code: 1, text: error instanceof Error ? error.message : String(error) }),
      ),
    crashes: () => crashesIn(readFileSync(running.child().logPath, 'utf8')),
    stop,
  };
}

function printed(command: string, args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, text: `${stdout}${stderr}` });
    });
  });
}

/** Log lines of level error and above, and lines of a stack trace. */
function crashesIn(log: string): readonly string[] {
  return log
    .split('\n')
    .filter((line) => /"level":(50|60|"error"|"fatal")|^\s+at .+:\d+|TypeError|ReferenceError/.test(line));
}
