/** The bake of a promoted release: what it measures, and what each outcome leads to, over a cluster and a repository in memory. */

import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { JsonObject } from '../../kube/api.ts';
import { type Manifest, textAt, valueAt } from './objects.ts';
import { anApp, gitWorld, type GitWorld } from './testing/git-world.ts';

const template: JsonObject = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'errors' },
  spec: {
    args: [{ name: 'old' }, { name: 'new' }],
    metrics: [
      {
        name: 'share',
        interval: '5s',
        successCondition: 'result < 0.05',
        provider: { web: { url: 'https://m.example' } },
      },
      { name: 'watched', provider: { web: { url: 'https://m.example' } } },
    ],
    dryRun: [{ metricName: 'watched' }],
  },
};

const analysis: JsonObject = {
  templates: [{ templateName: 'errors' }],
  args: [
    { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' } },
    { name: 'new', valueFrom: { podTemplateHashValue: 'Latest' } },
  ],
};

/** An app whose Rollout is measured beside its steps. */
function watchedApp(image: string, name = 'web'): Record<string, JsonObject> {
  const files = anApp({ name, image });
  const path = `${name}/rollout.yaml`;
  const rollout = files[path] ?? {};
  const canary = valueAt(rollout, ['spec', 'strategy', 'canary']);
  const spec = valueAt(rollout, ['spec']);
  if (!isJsonObject(canary) || !isJsonObject(spec)) throw new Error('the app has no canary');
  return { ...files, [path]: { ...rollout, spec: { ...spec, strategy: { canary: { ...canary, analysis } } } } };
}

/** A world with a good first release and a second one that was promoted a moment ago. */
async function baking(
  options: { readonly spec?: JsonObject; readonly withTemplate?: boolean } = {},
): Promise<GitWorld> {
  const world = gitWorld({ bake: '1m', ...options.spec });
  if (options.withTemplate !== false) world.cluster.put(template as Manifest);
  world.source.commit(watchedApp('app:1'), 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  world.source.commit(watchedApp('app:2'), 'second');
  await world.after(70_000);
  world.promote('web');
  await world.settle();
  return world;
}

const runs = (world: GitWorld): readonly Manifest[] => world.cluster.all('AnalysisRun');
const onlyRun = (world: GitWorld): string => runs(world)[0]?.metadata.name ?? '';

function share(phase: string, reading: JsonObject = { kind: 'value', at: '2026-01-01T10:00:00Z' }): JsonObject {
  const value = phase === 'Successful' ? '0.01' : '0.4';
  return { name: 'share', phase, lastReading: reading, measurements: [{ phase, value }] };
}

function measured(
  world: GitWorld,
  phase: string,
  result: JsonObject,
  more: JsonObject = {},
  name = onlyRun(world),
): void {
  world.cluster.setStatus('AnalysisRun', name, { phase, metricResults: [result], ...more });
}

describe('a bake with checks', () => {
  it('measures the promoted revision in a run that belongs to the Release', async () => {
    const world = await baking();

    const [run] = runs(world);
    const hash = textAt(world.cluster.get('Rollout', 'web'), ['status', 'currentPodHash']) ?? '';
    const good = world.release(world.source.log().at(-1)?.id ?? '');
    expect(runs(world)).toHaveLength(1);
    expect(run?.metadata.name).toMatch(new RegExp(`^web-${hash}-\\d+-bake$`));
    expect(run?.metadata.labels).toMatchObject({ app: 'web', 'rollouts-pod-template-hash': hash });
    expect(run?.metadata.ownerReferences?.[0]?.kind).toBe('Release');
    expect(valueAt(run, ['spec', 'args'])).toEqual([
      { name: 'old', value: good?.spec.rollouts?.[0]?.templateHash },
      { name: 'new', value: hash },
    ]);
  });

  it('is good at its end when each metric that decides succeeded, and its run is stopped', async () => {
    const world = await baking();
    measured(world, 'Running', share('Successful'));
    await world.after(30_000);
    expect(world.sync().status?.phase).toBe('Baking');

    await world.after(31_000);

    expect(world.sync().status?.phase).toBe('Good');
    expect(valueAt(runs(world)[0], ['spec', 'terminate'])).toBe(true);
    expect(runs(world)).toHaveLength(1);
  });

  it('starts no second run after a restart of the process', async () => {
    const world = await baking();
    world.restart();
    await world.after(10_000);

    expect(runs(world)).toHaveLength(1);
  });

  it.each([
    ['was not measured', 'Running', { name: 'watched', phase: 'Running' }, /was not measured yet/],
    ['has no data', 'Running', share('Successful', { kind: 'no-evidence', at: '', why: 'no series' }), /no series/],
    ['was bad in its last measurement', 'Running', share('Failed'), /was 0\.4 in its last measurement/],
  ])('does not end while a metric %s, and says so', async (_name, phase, result, says) => {
    const world = await baking();
    measured(world, phase, result);
    await world.after(600_000);

    expect(world.sync().status?.phase).toBe('Baking');
    expect(world.sync().status?.message).toMatch(says);
    expect(world.reverts()).toEqual([]);
    measured(world, 'Running', share('Successful'));
    await world.settle();
    expect(world.sync().status?.phase).toBe('Good');
  });

  it('measures again when a run ended without a verdict', async () => {
    const world = await baking();
    measured(world, 'Error', share('Error'), { completedAt: new Date(world.clock.now()).toISOString() });
    await world.after(5_000);
    expect(runs(world)).toHaveLength(1);
    await world.after(6_000);

    expect(runs(world)).toHaveLength(2);
    expect(world.sync().status?.phase).toBe('Baking');
    measured(world, 'Running', share('Successful'), {}, `${onlyRun(world)}.1`);
    await world.after(60_000);
    expect(world.sync().status?.phase).toBe('Good');
  });

  it('does not end while its template is missing', async () => {
    const world = await baking({ withTemplate: false });
    await world.after(120_000);

    expect(world.sync().status?.phase).toBe('Baking');
    expect(world.sync().status?.message).toMatch(/template of Rollout web does not exist/);
  });

  it('ends at once when spec.bake is taken back to nothing', async () => {
    const world = await baking();
    const sync = world.cluster.get('GitSync', 'web') as Manifest;
    const spec = valueAt(sync, ['spec']);
    world.cluster.put({ ...sync, spec: { ...(isJsonObject(spec) ? spec : {}), bake: '0s' } } as unknown as Manifest);
    await world.settle();

    expect(world.sync().status?.phase).toBe('Good');
  });

  it('does not end while the pods of a promoted Rollout are in trouble, which is no failure', async () => {
    const world = await baking();
    measured(world, 'Running', share('Successful'));
    world.cluster.setStatus('Rollout', 'web', { phase: 'Degraded' });
    await world.after(600_000);

    expect(world.sync().status?.phase).not.toBe('Good');
    expect(world.reverts()).toEqual([]);
    world.promote('web');
    await world.settle();
    expect(world.sync().status?.phase).toBe('Good');
  });
});

describe('a check that fails in the bake', () => {
  const failed = { message: 'Metric "share" failed twice' };

  async function failing(world: GitWorld): Promise<Readonly<Record<string, string>>> {
    measured(world, 'Failed', share('Failed'), failed);
    await world.settle();
    return world.cluster.get('Rollout', 'web')?.metadata.annotations ?? {};
  }

  /** As the Rollout room does it: the old revision is stable, then the router confirms it. */
  function rolledBack(world: GitWorld, stable: string): void {
    const annotations = world.cluster.get('Rollout', 'web')?.metadata.annotations ?? {};
    world.fail('web', { cause: 'AbortedByUser', actor: annotations['tidegate.io/command-actor'] ?? '' });
    world.cluster.setStatus('Rollout', 'web', { stableRS: stable });
  }

  it('makes the release bad, rolls the Rollout back by a command and reverts Git with the metric', async () => {
    const world = await baking();
    const bad = world.source.tip().id;
    const annotations = await failing(world);

    const release = world.release(bad);
    expect(release?.status?.phase).toBe('Bad');
    expect(release?.status?.failed?.[0]?.cause).toBe('AnalysisFailed');
    expect(release?.status?.failed?.[0]?.message).toMatch(/failed twice \(last value 0\.4, rule result < 0\.05\)/);
    expect(annotations['tidegate.io/command']).toBe('rollback');
    expect(annotations['tidegate.io/command-actor']).toBe(`release/${release?.metadata.name}`);
    const good = world.release(world.source.log().at(-1)?.id ?? '');
    expect(annotations['tidegate.io/command-revision']).toBe(good?.spec.rollouts?.[0]?.templateHash);
    expect(world.reverts().map((one) => [one.spec.cause, one.spec.bad.commit])).toEqual([['AnalysisFailed', bad]]);
    expect(world.sync().status?.restore?.phase).toBe('Pending');

    rolledBack(world, annotations['tidegate.io/command-revision'] ?? '');
    await world.settle();
    expect(world.sync().status?.restore?.phase).toBe('Pending');
    world.confirmStable('web');
    await world.settle();
    expect(world.sync().status?.restore?.phase).toBe('Restored');
    expect(world.reverts()).toHaveLength(1);
  });

  it('takes the other Rollouts of the release back too', async () => {
    const world = gitWorld({ bake: '1m' });
    world.cluster.put(template as Manifest);
    const both = (image: string) => ({ ...watchedApp(image), ...anApp({ name: 'api', image }) });
    const promoteBoth = async (): Promise<void> => {
      world.promote('web');
      world.promote('api');
      await world.settle();
    };
    world.source.commit(both('app:1'), 'first');
    await world.settle();
    await promoteBoth();
    world.source.commit(both('app:2'), 'second');
    await world.after(70_000);
    await promoteBoth();
    const annotations = await failing(world);
    rolledBack(world, annotations['tidegate.io/command-revision'] ?? '');
    world.confirmStable('web');
    await world.settle();

    expect(runs(world)).toHaveLength(1);
    const api = world.cluster.get('Rollout', 'api')?.metadata.annotations ?? {};
    expect(api['tidegate.io/command']).toBe('rollback');
    expect(api['tidegate.io/command-actor']).toBe(annotations['tidegate.io/command-actor']);
  });

  it('takes the Rollout back also when its pods are in trouble by then', async () => {
    const world = await baking();
    world.cluster.setStatus('Rollout', 'web', { phase: 'Degraded' });
    const annotations = await failing(world);

    expect(annotations['tidegate.io/command']).toBe('rollback');
  });

  it('goes back by the template when the old ReplicaSet is gone', async () => {
    const world = await baking();
    const annotations = await failing(world);
    world.cluster.setStatus('Rollout', 'web', {
      lastCommand: { id: annotations['tidegate.io/command-id'] ?? '', verb: 'rollback', outcome: 'Rejected' },
    });
    await world.settle();

    const image = ['spec', 'template', 'spec', 'containers', 0, 'image'];
    expect(valueAt(world.cluster.get('Rollout', 'web'), image)).toBe('app:1');
  });

  it('of an earlier attempt says nothing about the next one', async () => {
    const world = await baking({ spec: { revert: { mode: 'report' } } });
    const annotations = await failing(world);
    rolledBack(world, annotations['tidegate.io/command-revision'] ?? '');
    world.confirmStable('web');
    await world.settle();
    world.cluster.setStatus('Rollout', 'web', {
      phase: 'Progressing',
      verdict: null,
      abort: null,
      attempt: 2,
      lastCommand: { id: 'again', verb: 'retry', outcome: 'Applied', at: new Date(world.clock.now()).toISOString() },
    });
    await world.settle();
    world.promote('web');
    await world.settle();

    expect(world.sync().status?.phase).toBe('Baking');
    expect(runs(world)).toHaveLength(2);
    measured(world, 'Running', share('Successful'), {}, `${onlyRun(world)}.1`);
    await world.after(61_000);
    expect(world.sync().status?.phase).toBe('Good');
  });

  it('is told apart from a superseded release, whose runs are stopped', async () => {
    const world = await baking();
    world.source.commit(watchedApp('app:3'), 'third');
    await world.after(70_000);

    expect(valueAt(runs(world)[0], ['spec', 'terminate'])).toBe(true);
    measured(world, 'Failed', share('Failed'), failed);
    await world.settle();
    expect(world.reverts()).toEqual([]);
  });
});
