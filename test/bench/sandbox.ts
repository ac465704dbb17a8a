/** `npm run bench -- sandbox`: time and memory of the simulated cluster, empty and with 1,000 Rollouts that the controller drove. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isJsonObject } from '../../crds/schema/json.ts';
import { type BedApi, bedApi } from '../bed/api.ts';
import { run } from '../bed/run-command.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { startController } from '../e2e/controller-process.ts';
import { controllerObjects } from '../e2e/rights.ts';
import { namespace } from '../e2e/world.ts';
import { conditions, round, spread, useOf, writeJson } from './figures.ts';
import { plainRollout } from './plain-rollout.ts';
import type { SandboxTold } from './sandbox-process.ts';
import { type Seen, startWatching } from './watching.ts';

const root = join(import.meta.dirname, '..', '..');
const rollouts = 1_000;
const starts = 5;

interface Started {
  readonly child: ChildProcess;
  readonly told: SandboxTold;
}

async function start(): Promise<Started> {
  const child = fork(join(import.meta.dirname, 'sandbox-process.ts'));
  const [told] = (await once(child, 'message')) as [SandboxTold];
  return { child, told };
}

async function stop({ child }: Started): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

async function measureStarts(): Promise<readonly number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < starts; i += 1) {
    const one = await start();
    seconds.push(one.told.startMs / 1000);
    await stop(one);
  }
  return seconds;
}

async function createAll(api: BedApi, names: readonly string[]): Promise<void> {
  for (let i = 0; i < names.length; i += 50) {
    const some = names.slice(i, i + 50);
    await Promise.all(some.map((name) => api.apply(plainRollout({ name, version: 'v1', replicas: 1, steps: [] }))));
  }
}

const isHealthy = ({ status }: Seen): boolean => isJsonObject(status) && status['phase'] === 'Healthy';

async function measureThousand(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const sandbox = await start();
  const { told } = sandbox;
  const pid = sandbox.child.pid ?? 0;
  const empty = useOf(pid);
  const api = bedApi({ server: told.server, caData: told.caData, token: told.adminToken });
  await api.apply(...controllerObjects(), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await run(process.execPath, [join(root, 'scripts', 'build.ts'), folder], { timeoutMs: 120_000 });
  const program = join(folder, 'tidegate.mjs');
  const controller = await startController({ folder, program, kubeconfigPath: told.kubeconfigPath, logLevel: 'warn' });
  const watching = await startWatching(told.kubeconfigPath);
  try {
    const names = Array.from({ length: rollouts }, (_, i) => `app-${i}`);
    const before = performance.now();
    await createAll(api, names);
    const createdSeconds = (performance.now() - before) / 1000;
    const all = (seen: readonly Seen[]): boolean => seen.length === rollouts && seen.every(isHealthy);
    const healthySeconds = ((await watching.when('Rollout', all, 300_000)) - before) / 1000;
    const full = useOf(pid);
    const listed = performance.now();
    await api.get(`/apis/tidegate.io/v1alpha1/namespaces/${namespace}/rollouts`);
    return {
      rollouts,
      pods: rollouts,
      createdSeconds: round(createdSeconds),
      healthySeconds: round(healthySeconds),
      listSeconds: round((performance.now() - listed) / 1000),
      rssMiBEmpty: empty.rssMiB,
      rssMiBFull: full.rssMiB,
      cpuSeconds: round(full.cpuSeconds - empty.cpuSeconds),
      controllerRssMiB: useOf(controller.child().pid).rssMiB,
    };
  } finally {
    await watching.stop();
    await controller.stop();
    await stop(sandbox);
  }
}

const folder = makeTempDir('bench-sandbox');
try {
  const figures = { startSeconds: spread(await measureStarts()), thousand: await measureThousand(folder) };
  const report = { bench: 'sandbox', conditions: conditions(), figures };
  writeJson(join(root, 'bench-results', 'sandbox.json'), report);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
} finally {
  removeTempDir(folder);
}
process.exit(0);
