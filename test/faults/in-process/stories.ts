/** What people do in each scenario, and what they wait for. The end of a story is the state that every run must reach. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KubeObject } from '../../../kube/api.ts';
import type { ScenarioName } from '../plan/plan.ts';
import { listAt, numberAt, textAt } from './cluster-state.ts';
import { type AppOptions, appFiles, gitSync, namespace } from './shop-objects.ts';
import type { RunWorld } from './world.ts';

/** The longest wait for one thing, with faults on the way. */
const withinMs = 15 * 60_000;
const sync = 'shop';

type Story = (world: RunWorld) => Promise<void>;

const app = (version: string, more: Partial<AppOptions> = {}): AppOptions => ({ name: 'shop', version, ...more });

export const stories: Readonly<Record<ScenarioName, Story>> = {
  'good-release': async (world) => {
    await firstRelease(world, [app('v1')]);
    await goodRelease(world, app('v2'));
  },
  'bad-release': async (world) => {
    await firstRelease(world, [app('v1')]);
    await badRelease(world, [app('v2', { bad: true })], app('v1'));
  },
  'main-job': async (world) => {
    await firstRelease(world, [app('v1')]);
    await goodRelease(world, app('v2'));
    await badRelease(world, [app('v3', { bad: true })], app('v2'));
  },
  'replica-ratio': async (world) => {
    const ratio = { routed: false, replicas: 5 };
    await firstRelease(world, [app('v1', ratio)]);
    await goodRelease(world, app('v2', ratio));
    await badRelease(world, [app('v3', { ...ratio, bad: true })], app('v2', ratio));
  },
  'background-analysis': async (world) => {
    const background = { analysis: 'background' } as const;
    await firstRelease(world, [app('v1', background)]);
    await goodRelease(world, app('v2', background));
    await badRelease(world, [app('v3', { ...background, bad: true })], app('v2', background));
  },
  superseded: async (world) => {
    await firstRelease(world, [app('v1')]);
    world.git.commit(appFiles(app('v2', { steps: [{ setWeight: 40 }, { pause: {} }] })), 'Release v2');
    await world.until('v2 has its first weight', () => canaryWeight(world, 'shop') === 40, withinMs);
    await goodRelease(world, app('v3'));
  },
  'aborted-by-command': async (world) => {
    await firstRelease(world, [app('v1')]);
    world.git.commit(appFiles(app('v2', { steps: [{ setWeight: 40 }, { pause: {} }] })), 'Release v2');
    await world.until('v2 has its first weight', () => canaryWeight(world, 'shop') === 40, withinMs);
    await world.pass(3_000);
    await command(world, 'shop', 'abort');
    await untilReverted(world, app('v1'));
  },
  'blue-green': async (world) => {
    const both = { blueGreen: 'both' } as const;
    await firstRelease(world, [app('v1', both)]);
    await goodRelease(world, app('v2', both));
    await badRelease(world, [app('v3', { blueGreen: 'after', bad: true })], app('v2', both));
  },
  'two-rollouts': async (world) => {
    const other = (version: string): AppOptions => ({ name: 'other', version, steps: [{ setWeight: 100 }] });
    await firstRelease(world, [app('v1'), other('v1')]);
    await badRelease(world, [app('v2', { bad: true }), other('v2')], app('v1'));
    await world.until('other is back', () => isHealthy(world, other('v1')), withinMs);
  },
};

function commitApps(world: RunWorld, apps: readonly AppOptions[]): string {
  const files = Object.assign({}, ...apps.map(appFiles)) as Readonly<Record<string, JsonObject>>;
  return world.git.commit(files, `Release ${apps[0]?.version ?? ''}`);
}

async function firstRelease(world: RunWorld, apps: readonly AppOptions[]): Promise<void> {
  const commit = commitApps(world, apps);
  const object = gitSync(sync, apps.length > 1 ? 'apps' : 'apps/shop') as unknown as KubeObject;
  await world.settled(world.admin.create(object));
  await untilGood(world, commit);
}

async function goodRelease(world: RunWorld, one: AppOptions): Promise<void> {
  await untilGood(world, commitApps(world, [one]));
  await world.until(`${one.version} is healthy`, () => isHealthy(world, one), withinMs);
}

async function badRelease(world: RunWorld, apps: readonly AppOptions[], good: AppOptions): Promise<void> {
  commitApps(world, apps);
  await untilReverted(world, good);
}

async function untilReverted(world: RunWorld, good: AppOptions): Promise<void> {
  await world.until('the revert is on the branch', () => isRevert(world.git.tip().message), withinMs);
  await world.until(
    'the cluster and Git say the same again',
    () => isAtRest(world) && isHealthy(world, good) && reverts(world).every(({ phase }) => phase === 'Pushed'),
    withinMs,
  );
}

async function untilGood(world: RunWorld, commit: string): Promise<void> {
  await world.until(
    `commit ${commit.slice(0, 7)} is good`,
    () => textAt(world.state.get('GitSync', sync), 'status.lastGood.commit') === commit && isAtRest(world),
    withinMs,
  );
}

function isAtRest(world: RunWorld): boolean {
  const object = world.state.get('GitSync', sync);
  return textAt(object, 'status.phase') === 'Good' && textAt(object, 'status.candidate.commit') === '';
}

function isHealthy(world: RunWorld, { name, version }: AppOptions): boolean {
  const rollout = world.state.get('Rollout', name);
  const [container] = listAt(rollout, 'spec.template.spec.containers');
  return (
    textAt(rollout, 'status.phase') === 'Healthy' &&
    textAt(container, 'image').endsWith(`:${version}`) &&
    textAt(rollout, 'status.stableRS') === textAt(rollout, 'status.currentPodHash')
  );
}

export function isRevert(message: string): boolean {
  return /^Tidegate-Revert-Of:/m.test(message);
}

function reverts(world: RunWorld): readonly { readonly phase: string }[] {
  return world.state.list('GitRevert').map((one) => ({ phase: textAt(one, 'status.phase') }));
}

function canaryWeight(world: RunWorld, name: string): number {
  const backends = listAt(listAt(world.state.get('HTTPRoute', name), 'spec.rules')[0], 'backendRefs');
  return numberAt(
    backends.find((one) => textAt(one, 'name') === `${name}-canary`),
    'weight',
  );
}

async function command(world: RunWorld, name: string, verb: string): Promise<void> {
  const key = { group: 'tidegate.io', kind: 'Rollout', namespace, name };
  const annotations = {
    'tidegate.io/command': verb,
    'tidegate.io/command-id': `${verb}-1`,
    'tidegate.io/command-actor': 'dev',
    'tidegate.io/command-reason': 'it looks wrong',
  };
  const patch = { metadata: { annotations } };
  await world.settled(world.admin.merge(key, patch, { fieldManager: 'kubectl-tidegate' }));
}
