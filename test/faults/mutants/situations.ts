/**
 * What people do in a run with a mutant, as short as shows the defect, and what they wait for. Without a mutant each comes to its
 * end and the observer finds nothing.
 */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KubeObject } from '../../../kube/api.ts';
import { listAt, textAt } from '../in-process/cluster-state.ts';
import { type AppOptions, appFiles, gitSync, namespace } from '../in-process/shop-objects.ts';
import type { RunWorld } from '../in-process/world.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { SituationName } from './situation-names.ts';

export interface Situation {
  readonly faults?: readonly PlannedFault[];
  readonly play: (world: RunWorld) => Promise<void>;
}

/** Far more than any of them takes undisturbed. */
const withinMs = 5 * 60_000;
const app = (version: string, more: Partial<AppOptions> = {}): AppOptions => ({ name: 'shop', version, ...more });
const check: JsonObject = {
  analysis: {
    templates: [{ templateName: 'shop-errors' }],
    args: [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } }],
  },
};
const oneCheck = { steps: [{ setWeight: 25 }, check] };
const twoWeights = { steps: [{ setWeight: 25 }, { pause: { duration: '5s' } }, { setWeight: 75 }] };
const gate = { steps: [{ setWeight: 40 }, { pause: {} }] };

/** The second one: the first adopts the Service. */
const stableSwitch = {
  write:
    'patch services shop-stable [metadata.annotations."tidegate.io/managed-by-rollouts" spec.selector.rollouts-pod-template-hash]',
  occurrence: 2,
};

export const situations: Readonly<Record<SituationName, Situation>> = {
  'good-release': { play: (world) => release(world, app('v1'), app('v2', twoWeights)) },
  'bad-release': { play: (world) => failing(world, app('v2', { ...oneCheck, bad: true })) },
  'short-analysis': { play: (world) => release(world, app('v1'), app('v2', oneCheck)) },
  'two-checks': {
    play: (world) =>
      release(world, app('v1'), app('v2', { steps: [{ setWeight: 25 }, check, { setWeight: 50 }, check] })),
  },
  'much-later': {
    play: async (world) => {
      await install(world, app('v1'));
      await world.pass(60_000);
      await untilGood(world, push(world, app('v2', { steps: [{ setWeight: 50 }] })));
    },
  },
  'no-metrics': {
    faults: [1, 2].map((reading) => ({ at: { reading }, kind: 'nan', crash: false })),
    play: (world) => release(world, app('v1'), app('v2', oneCheck)),
  },
  'backend-down': {
    faults: [1, 2].map((reading) => ({ at: { reading }, kind: 'timeout', crash: false })),
    play: (world) => release(world, app('v1'), app('v2', oneCheck)),
  },
  inconclusive: { play: inconclusive },
  terminated: { play: terminated },
  background: { play: (world) => failing(world, app('v2', { ...twoWeights, analysis: 'background', bad: true })) },
  ratio: { play: (world) => release(world, app('v1', byPods), app('v2', { ...byPods, ...twoWeights })) },
  'ratio-superseded': { play: (world) => superseded(world, byPods) },
  superseded: { play: (world) => superseded(world, {}) },
  'slow-drain': {
    play: async (world) => {
      await release(world, app('v1'), app('v2', { steps: [{ setWeight: 50 }] }));
      await world.pass(10_000);
    },
  },
  commands: { play: commands },
  'abort-and-promote': { play: abortAndPromote },
  'late-switch': { faults: [{ at: stableSwitch, kind: 'late', crash: false, ms: 8_000 }], play: lateSwitch },
  'late-first-apply': {
    faults: [{ at: { write: 'apply services shop-stable', occurrence: 1 }, kind: 'late', crash: false, ms: 8_000 }],
    play: (world) =>
      release(world, app('v1'), app('v2', { steps: [{ setWeight: 50 }, { pause: { duration: '20s' } }] })),
  },
  'tried-again': { play: triedAgain },
  'pushed-again': { play: pushedAgain },
  'pushed-meanwhile': { play: pushedMeanwhile },
  'other-folder': { play: otherFolder },
  'other-revert': { play: otherRevert },
  'object-removed': { play: objectRemoved },
};

const byPods = { routed: false, replicas: 4 } as const;

function push(world: RunWorld, one: AppOptions, more: Readonly<Record<string, JsonObject | undefined>> = {}): string {
  return world.git.commit({ ...appFiles(one), ...more }, `Release ${one.version}`);
}

async function install(
  world: RunWorld,
  one: AppOptions,
  more: Readonly<Record<string, JsonObject>> = {},
): Promise<void> {
  const commit = push(world, one, more);
  await world.settled(world.admin.create(gitSync('shop', 'apps/shop') as unknown as KubeObject));
  await untilGood(world, commit);
}

async function release(world: RunWorld, first: AppOptions, next: AppOptions): Promise<void> {
  await install(world, first);
  await untilGood(world, push(world, next));
  await world.until('the release is healthy', () => isHealthy(world, next.version), withinMs);
}

/** `bad` is released on v1, fails and is reverted. */
async function failing(world: RunWorld, bad: AppOptions): Promise<void> {
  await install(world, app('v1'));
  push(world, bad);
  await untilBack(world);
}

async function untilGood(world: RunWorld, commit: string): Promise<void> {
  const isGood = () =>
    sync(world, 'status.lastGood.commit') === commit && sync(world, 'status.candidate.commit') === '';
  await world.until(`commit ${commit.slice(0, 7)} is good`, isGood, withinMs);
}

/** Reverted in Git, and the cluster is on v1 again. */
async function untilBack(world: RunWorld): Promise<void> {
  await world.until('the revert is on the branch', () => isRevert(world.git.tip().message), withinMs);
  await world.until('v1 is back', () => isHealthy(world, 'v1') && sync(world, 'status.phase') === 'Good', withinMs);
}

function isRevert(message: string): boolean {
  return /^Tidegate-Revert-Of:/m.test(message);
}

function sync(world: RunWorld, path: string): string {
  return textAt(world.state.get('GitSync', 'shop'), path);
}

function rollout(world: RunWorld, path: string): string {
  return textAt(world.state.get('Rollout', 'shop'), path);
}

function isHealthy(world: RunWorld, version: string): boolean {
  const [container] = listAt(world.state.get('Rollout', 'shop'), 'spec.template.spec.containers');
  const isStable = rollout(world, 'status.stableRS') === rollout(world, 'status.currentPodHash');
  return rollout(world, 'status.phase') === 'Healthy' && isStable && textAt(container, 'image').endsWith(`:${version}`);
}

async function patch(world: RunWorld, kind: string, name: string, change: JsonObject, subresource?: 'status') {
  const key = { group: 'tidegate.io', kind, namespace, name };
  const options = { fieldManager: 'kubectl-tidegate', ...(subresource && { subresource }) };
  await world.settled(world.admin.merge(key, change, options));
}

async function command(world: RunWorld, verb: string, id = `${verb}-1`): Promise<void> {
  const annotations = { 'tidegate.io/command': verb, 'tidegate.io/command-id': id };
  await patch(world, 'Rollout', 'shop', { metadata: { annotations } });
}

async function untilAnswered(world: RunWorld, id: string): Promise<void> {
  await world.until(`${id} is answered`, () => rollout(world, 'status.lastCommand.id') === id, withinMs);
}

async function untilPaused(world: RunWorld): Promise<void> {
  const isPaused = () => listAt(world.state.get('Rollout', 'shop'), 'status.pauseConditions').length > 0;
  await world.until('it is paused', isPaused, withinMs);
}

/** Neither good nor bad by the conditions: a person decides. */
async function inconclusive(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  const next = app('v2', { ...oneCheck, bad: true });
  const template = appFiles(next)['apps/shop/checks.yaml']!;
  const [metric] = listAt(template, 'spec.metrics');
  const metrics = [{ ...metric, failureCondition: 'result[0] > 0.9', inconclusiveLimit: 0 }];
  const spec = { ...(template['spec'] as JsonObject), metrics };
  const commit = push(world, next, { 'apps/shop/checks.yaml': { ...template, spec } });
  await untilPaused(world);
  await command(world, 'promote');
  await untilGood(world, commit);
}

/** Somebody stops the analysis by hand after its first good value. */
async function terminated(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  const commit = push(world, app('v2', oneCheck));
  const runs = () => world.state.list('AnalysisRun').filter((run) => textAt(run, 'status.phase') === 'Running');
  const hasMeasured = () => runs().some((run) => listAt(run, 'status.metricResults').length > 0);
  await world.until('the analysis has measured', hasMeasured, withinMs);
  await patch(world, 'AnalysisRun', textAt(runs()[0], 'metadata.name'), { spec: { terminate: true } });
  await untilGood(world, commit);
}

async function superseded(world: RunWorld, more: Partial<AppOptions>): Promise<void> {
  await install(world, app('v1', more));
  push(world, app('v2', { ...more, ...gate }));
  await untilPaused(world);
  await untilGood(world, push(world, app('v3', { ...more, ...twoWeights })));
}

async function commands(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  const commit = push(world, app('v2', gate));
  await untilPaused(world);
  for (const verb of ['pause', 'resume', 'promote']) {
    await command(world, verb);
    await untilAnswered(world, `${verb}-1`);
    await world.pass(3_000);
  }
  await untilGood(world, commit);
}

/** Two people at the same moment. */
async function abortAndPromote(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  push(world, app('v2', gate));
  await untilPaused(world);
  const annotations = { 'tidegate.io/command': 'promote-full', 'tidegate.io/command-id': 'promote-1' };
  const key = { group: 'tidegate.io', kind: 'Rollout', namespace, name: 'shop' };
  await world.settled(
    Promise.all([
      world.admin.merge(key, { status: { abort: true } }, { fieldManager: 'one', subresource: 'status' }),
      world.admin.merge(key, { metadata: { annotations } }, { fieldManager: 'other' }),
    ]),
  );
  await untilBack(world);
}

/** An abort while nobody knows what became of the last write of a promotion, which reaches the API server long after the drain. */
async function lateSwitch(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  push(world, app('v2', { steps: [{ setWeight: 50 }] }));
  const isAllOnCanary = (): boolean => {
    const backends = listAt(listAt(world.state.get('HTTPRoute', 'shop'), 'spec.rules')[0], 'backendRefs');
    return backends.some((one) => textAt(one, 'name') === 'shop-canary' && one['weight'] === 100);
  };
  await world.until('all traffic is on the canary', isAllOnCanary, withinMs);
  await world.pass(1_000);
  const more = { 'tidegate.io/command-keep-git': 'true' };
  await patch(world, 'Rollout', 'shop', { metadata: { annotations: more } });
  await command(world, 'abort');
  await untilAnswered(world, 'abort-1');
  await world.pass(20_000);
}

/** Without Git: the failed template is applied once more. */
async function triedAgain(world: RunWorld): Promise<void> {
  const bad = app('v2', { ...oneCheck, bad: true });
  const objects = Object.values(appFiles(app('v1'))).map((object) => inNamespace(object));
  for (const object of objects) await world.settled(world.admin.create(object));
  await world.until('v1 is healthy', () => isHealthy(world, 'v1'), withinMs);
  const spec = (one: AppOptions) => appFiles(one)['apps/shop/rollout.yaml']!['spec'] as JsonObject;
  const isRefused = () =>
    rollout(world, 'status.phase') === 'Degraded' && rollout(world, 'status.transition.kind') === '';
  await patch(world, 'Rollout', 'shop', { spec: spec(bad) });
  await world.until('v2 was aborted', isRefused, withinMs);
  await patch(world, 'Rollout', 'shop', { spec: { template: spec(app('v1'))['template'] } });
  await world.until('v1 is back', () => isHealthy(world, 'v1'), withinMs);
  await patch(world, 'Rollout', 'shop', { spec: { template: spec(bad)['template'] } });
  await world.until('v2 is refused', isRefused, withinMs);
}

function inNamespace(object: JsonObject): KubeObject {
  const metadata = { ...(object['metadata'] as JsonObject), namespace };
  return { ...object, metadata } as unknown as KubeObject;
}

/** The content that was reverted comes back with another change beside it. */
async function pushedAgain(world: RunWorld): Promise<void> {
  const bad = app('v2', { ...oneCheck, bad: true });
  await failing(world, bad);
  const note = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note' }, data: { text: 'again' } };
  const again = push(world, bad, { 'apps/shop/note.yaml': note });
  await world.until('the commit is held', () => sync(world, 'status.held.commit') === again, withinMs);
}

const readme = (text: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'readme' },
  data: { text },
});

/** A person pushes between the merge of the revert and its push. */
async function pushedMeanwhile(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  let isDone = false;
  world.api.onCommit(({ kind, after }) => {
    if (isDone || kind !== 'GitRevert' || textAt(after, 'status.phase') !== 'Computed') return;
    isDone = true;
    world.git.commit({ 'docs/readme.yaml': readme('meanwhile') }, 'Write it down');
  });
  push(world, app('v2', { ...oneCheck, bad: true }));
  await untilBack(world);
}

/** The bad commit changes another folder as well. */
async function otherFolder(world: RunWorld): Promise<void> {
  await install(world, app('v1'), { 'docs/readme.yaml': readme('one') });
  push(world, app('v2', { ...oneCheck, bad: true }), { 'docs/readme.yaml': readme('two') });
  await untilBack(world);
}

/** On top of the bad commit somebody takes back something else by a revert of another cluster. */
async function otherRevert(world: RunWorld): Promise<void> {
  await install(world, app('v1'));
  push(world, app('v2', { ...gate, bad: true }));
  await untilPaused(world);
  const trailer = 'Tidegate-Revert-Of: 0123456789012345678901234567890123456789';
  world.git.commit({ 'docs/readme.yaml': readme('back') }, `Take the docs back\n\n${trailer}`);
  await world.pass(10_000);
  await command(world, 'abort');
  await world.until('another revert is on the branch', () => world.git.tip().author !== 'dev', withinMs);
  await world.until('v1 is back', () => isHealthy(world, 'v1') && sync(world, 'status.phase') === 'Good', withinMs);
}

async function objectRemoved(world: RunWorld): Promise<void> {
  await install(world, app('v1'), { 'apps/shop/readme.yaml': readme('one') });
  const commit = push(world, app('v2', twoWeights), { 'apps/shop/readme.yaml': undefined });
  await untilGood(world, commit);
  await world.until('the object is gone', () => world.state.get('ConfigMap', 'readme') === undefined, withinMs);
}
