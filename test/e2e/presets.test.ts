/**
 * Strategy presets on the real control plane with the controller as a process: two Rollouts share one with arguments of their
 * own; a change in the middle of their runs has no effect on them, through a crash too, and the next revision takes it.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { installCrds } from '../integration/install-crds.ts';
import { type ControllerProcess, startController } from './controller-process.ts';

const missing = clusterMissing();
const namespace = 'default';
const apiVersion = 'tidegate.io/v1alpha1';
const merge = 'application/merge-patch+json';
const presets = `/apis/${apiVersion}/namespaces/${namespace}/strategypresets`;

/** The plan that both begin with, and the one that the preset has later. */
const short = [{ setWeight: '{{args.first}}' }, { pause: {} }];
const long = [...short, { setWeight: '{{args.second}}' }, { pause: {} }];

function preset(name: string, steps: readonly object[], args: readonly object[]): BedObject {
  const spec = { args, strategy: { canary: { steps, maxSurge: 1, maxUnavailable: 0 } } };
  return { apiVersion, kind: 'StrategyPreset', metadata: { name, namespace }, spec };
}
const careful = (steps: readonly object[]): BedObject =>
  preset('careful', steps, [{ name: 'first' }, { name: 'second', default: '75' }]);

interface Given {
  readonly version: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly preset?: string;
}

function rolloutObject(name: string, given: Given): BedObject {
  const args = Object.entries(given.args ?? {}).map(([key, value]) => ({ name: key, value }));
  const containers = [{ name: 'app', image: `registry.example.com/app:${given.version}` }];
  return {
    apiVersion,
    kind: 'Rollout',
    metadata: { name, namespace },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
      strategy: { preset: { name: given.preset ?? 'careful', args } },
    },
  };
}

describe.skipIf(missing !== undefined)(`strategy presets${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = makeTempDir('presets');
  let cluster: Cluster;
  let kubelet: Kubelet;
  let controller: ControllerProcess;
  let commands = 0;

  beforeAll(async () => {
    cluster = await startCluster();
    const problems = await installCrds(cluster, tidegateDialect);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tidegate' } });
    const { kubeconfigPath } = cluster;
    kubelet = await startKubelet({
      kubeconfigPath,
      nodeName: 'node-1',
      addresses: 'none',
      startDelayMs: 50,
      drainMs: 50,
    });
    controller = await startController({ kubeconfigPath, folder, leaseDurationMs: 4_000 });
  }, 180_000);
  afterAll(async () => {
    await controller?.stop({ graceMs: 3_000 });
    await kubelet?.stop();
    await cluster?.stop();
    removeTempDir(folder);
  });

  const path = (name: string) => `/apis/${apiVersion}/namespaces/${namespace}/rollouts/${name}`;
  const statusOf = async (name: string): Promise<RolloutStatus> =>
    ((await cluster.api.get(path(name))) as { status?: RolloutStatus }).status ?? {};
  const until = (what: string, name: string, check: (status: RolloutStatus) => boolean, withinMs = 60_000) =>
    eventually(
      `${name}: ${what}`,
      async (saw) => {
        const status = await statusOf(name);
        saw(status);
        return check(status) ? status : undefined;
      },
      { withinMs, everyMs: 100 },
    );
  const release = async (name: string, given: Given) => void (await cluster.api.apply(rolloutObject(name, given)));
  const versions = async (name: string): Promise<Readonly<Record<string, number>>> => {
    const sets = (await cluster.api.get(`/apis/apps/v1/namespaces/${namespace}/replicasets`)) as {
      items: {
        metadata: { name: string };
        spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
      }[];
    };
    const own = sets.items.filter((set) => set.metadata.name.startsWith(`${name}-`) && set.spec.replicas > 0);
    return Object.fromEntries(
      own.map(({ spec }) => [spec.template.spec.containers[0]?.image.split(':')[1] ?? '', spec.replicas]),
    );
  };
  const untilHealthy = (name: string, withinMs?: number) =>
    until('Healthy', name, (one) => one.phase === 'Healthy' && one.stableRS === one.currentPodHash, withinMs);
  const untilPausedAt = (name: string, step: number) =>
    until(`paused at step ${step}`, name, (one) => one.phase === 'Paused' && one.currentStepIndex === step);
  const promote = async (name: string) => {
    commands += 1;
    const annotations = { 'tidegate.io/command': 'promote', 'tidegate.io/command-id': String(commands) };
    const { status } = await cluster.api.request('PATCH', path(name), { metadata: { annotations } }, merge);
    expect(status).toBe(200);
  };
  const invalid = (status: RolloutStatus) =>
    status.conditions?.find((one) => one.type === 'InvalidSpec' && one.status === 'True')?.message;

  it('gives two Rollouts one plan with numbers of their own', async () => {
    await cluster.api.apply(careful(short));
    await release('left', { version: 'v1', args: { first: '25' } });
    await release('right', { version: 'v1', args: { first: '50' } });
    await Promise.all(['left', 'right'].map((name) => untilHealthy(name)));
    await release('left', { version: 'v2', args: { first: '25' } });
    await release('right', { version: 'v2', args: { first: '50' } });
    await Promise.all(['left', 'right'].map((name) => untilPausedAt(name, 1)));

    expect(await versions('left')).toEqual({ v1: 3, v2: 1 });
    expect(await versions('right')).toEqual({ v1: 2, v2: 2 });
    expect((await statusOf('left')).preset).toMatchObject({ name: 'careful', generation: 1 });
  }, 120_000);

  it('has no effect on a run when it is changed in the middle of it, and the controller dies', async () => {
    const before = [await statusOf('left'), await statusOf('right')];
    await cluster.api.apply(careful(long));
    await controller.stop({ graceMs: 0 });
    await controller.start();
    await eventually('the controller leads again', async () => ((await controller.leads()) ? true : undefined), {
      withinMs: 60_000,
    });
    await promote('left');
    const promoted = await untilHealthy('left');
    const right = await statusOf('right');

    expect(promoted).toMatchObject({ attempt: 1, currentStepIndex: 2, currentStepHash: before[0]?.currentStepHash });
    expect(promoted.preset).toEqual(before[0]?.preset);
    expect(right).toMatchObject({ attempt: 1, currentStepIndex: 1, phase: 'Paused', preset: before[1]?.preset });
    expect(await versions('right')).toEqual({ v1: 2, v2: 2 });
  }, 120_000);

  it('leaves a run its plan when it is deleted', async () => {
    const { status } = await cluster.api.request('DELETE', `${presets}/careful`);
    expect(status).toBe(200);
    await promote('right');

    expect(await untilHealthy('right')).toMatchObject({ attempt: 1, currentStepIndex: 2 });
    expect(await versions('right')).toEqual({ v2: 4 });
  }, 120_000);

  it('holds the next revision while it is missing, and gives it the new plan when it is there', async () => {
    await release('left', { version: 'v3', args: { first: '25' } });
    const refused = await until('refused', 'left', (one) => invalid(one) !== undefined);

    expect(invalid(refused)).toBe(
      'Rollout default/left: spec.strategy.preset.name is "careful", but there is no StrategyPreset default/careful: create it, or correct the name.',
    );
    expect(await versions('left')).toEqual({ v2: 4 });

    await cluster.api.apply(careful(long));
    // Sooner than the next look that every unusable spec gets after 20 s.
    await until(
      'steps begin',
      'left',
      (one) => one.conditions?.every((each) => each.type !== 'InvalidSpec') === true,
      10_000,
    );
    await untilPausedAt('left', 1);
    await promote('left');
    await untilPausedAt('left', 3);

    expect(await versions('left')).toEqual({ v2: 1, v3: 3 });
    await promote('left');
    expect(await untilHealthy('left')).toMatchObject({ currentStepIndex: 4 });
  }, 120_000);

  it('refuses a mistyped argument, a missing one and a weight that is none, each by name', async () => {
    const refused = async (name: string, args: Readonly<Record<string, string>>) => {
      await release(name, { version: 'v1', args });
      return invalid(await until('refused', name, (one) => invalid(one) !== undefined));
    };

    expect(await refused('typo', { first: '25', secnod: '60' })).toBe(
      'Rollout default/typo: spec.strategy.preset.args[1].name is "secnod", but StrategyPreset default/careful has only first, second: correct the name, or remove it.',
    );
    expect(await refused('lacking', {})).toContain('spec.strategy.preset.args is without first, but StrategyPreset');
    expect(await refused('word', { first: 'half' })).toContain(
      'with StrategyPreset default/careful: spec.strategy.canary.steps[0].setWeight is "half"',
    );
    expect(await refused('high', { first: '250' })).toMatch(
      /with StrategyPreset default\/careful \(generation \d+\): spec\.strategy\.canary\.steps\[0\]\.setWeight is 250/,
    );
    expect(await versions('typo')).toEqual({});

    await release('typo', { version: 'v1', args: { first: '25', second: '60' } });
    await untilHealthy('typo');
  }, 120_000);
});
