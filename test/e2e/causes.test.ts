/** A test per line of the abort cause table: what each cause does to the cluster and what it does to Git. All apps run side by side. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { commitApp, field, filesOf, followApp, untilHealthy, untilWeight, type Version } from './app-in-world.ts';
import { type Load, startLoad } from './load.ts';
import { steadyFor } from './steady.ts';
import { type Live, namespace, repository, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);
const step20 = '        - setWeight: 20\n        - pause: {}';
const quick = '        - setWeight: 20\n        - pause: {duration: 1s}';

const check = (name: string) => `        - setWeight: 20
        - analysis:
            templates:
              - templateName: ${name}-errors
            args:
              - name: hash
                valueFrom:
                  podTemplateHashValue: Latest`;

const background = (name: string) => `      analysis:
        templates:
          - templateName: ${name}-errors
        args:
          - name: hash
            valueFrom:
              podTemplateHashValue: Latest
`;

interface Reverting {
  readonly name: string;
  readonly because: string;
  readonly bad: Version;
  readonly cause: string;
  /** Done by a person once the canary has its weight. */
  readonly command?: Readonly<Record<string, string>>;
  readonly inCommit?: RegExp;
}

const reverting: readonly Reverting[] = [
  {
    name: 'step',
    because: 'a step analysis failed',
    bad: { version: 'v2', errorPct: 60, steps: check('step') },
    cause: 'AnalysisFailed',
  },
  {
    name: 'background',
    because: 'a background analysis failed',
    bad: { version: 'v2', errorPct: 60, steps: step20, canaryLines: background('background') },
    cause: 'AnalysisFailed',
  },
  {
    name: 'person',
    because: 'a person aborted',
    bad: { version: 'v2', steps: step20 },
    cause: 'AbortedByUser',
    command: { command: 'abort', 'command-actor': 'jane@example.com', 'command-reason': 'looks wrong' },
    inCommit: /jane@example\.com/,
  },
  {
    name: 'deadline',
    because: 'the progress deadline passed',
    bad: { version: 'v2', steps: quick, config: { READY: 'false' }, specLines: '  progressDeadlineSeconds: 5\n' },
    cause: 'ProgressDeadline',
  },
  {
    name: 'image',
    because: 'no canary pod has an image that exists, for 60 s',
    bad: { version: 'v2', image: 'tidegate.dev/app:missing-v2', steps: quick },
    cause: 'ImageMissing',
  },
  {
    name: 'crash',
    because: 'every canary pod crash-loops, for 60 s',
    bad: { version: 'v2', image: 'tidegate.dev/app:crash', steps: quick },
    cause: 'CrashLoop',
  },
];

interface Holding {
  readonly name: string;
  readonly because: string;
  readonly bad: Version;
  readonly says: RegExp;
}

const holding: readonly Holding[] = [
  {
    name: 'registry',
    because: 'the registry is unreachable',
    bad: { version: 'v2', image: 'unreachable.example/app:v2', steps: quick },
    says: /registry|pull|image/i,
  },
  {
    name: 'slow',
    because: 'the progress deadline passed and nobody asked to abort',
    bad: {
      version: 'v2',
      steps: quick,
      config: { READY: 'false' },
      specLines: '  progressDeadlineSeconds: 5\n  progressDeadlineAbort: false\n',
    },
    says: /deadline|progress/i,
  },
  {
    name: 'empty',
    because: 'the metric has no data',
    bad: { version: 'v2', steps: check('empty'), query: 'no_such_metric_at_all' },
    says: /empty|no data|no evidence|evidence/i,
  },
  {
    name: 'nan',
    because: 'the metric is NaN',
    bad: { version: 'v2', steps: check('nan'), query: 'vector(0) / vector(0)' },
    says: /NaN/,
  },
];

describe.skipIf(missing !== undefined)(`causes of an abort${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let world: World;
  const loads: Load[] = [];
  const names = [...reverting, ...holding].map((row) => row.name);
  const revertsOf = async (name: string) =>
    (await world.bed.git.log(repository)).filter(
      (commit) =>
        commit.message.includes(`Tidegate-Rollout: ${namespace}/${name}`) ||
        commit.message.includes(`Tidegate-Rollout: ${name}`),
    );

  beforeAll(async () => {
    world = await startWorld();
    const all = [...names, 'kept', 'invalid', 'unwell'].map((name) =>
      filesOf(world, name, { version: 'v1', replicas: 2 }),
    );
    await world.bed.git.createRepository(repository, Object.assign({}, ...all), { message: 'First release of all' });
    // So many failures at once would be taken for an incident of the cluster.
    await world.startController({ flags: ['--incident-failures', '1000'] });
    for (const name of [...names, 'kept', 'invalid', 'unwell']) await followApp(world, name);
    for (const name of ['step', 'background'])
      loads.push(startLoad({ url: world.bed.gateway.url, host: `${name}.example`, perSecond: 40 }));
    for (const name of [...names, 'kept', 'invalid', 'unwell']) {
      await untilHealthy(world, name, 'v1', 120_000);
      await world.until(
        `${name} v1 is good`,
        'GitSync',
        name,
        (sync) => field(sync, 'status.lastGood.commit') !== undefined,
      );
    }
    for (const { name, bad } of [...reverting, ...holding])
      await commitApp(world, name, { replicas: 2, ...bad }, `Release v2 of ${name}`);
  }, 300_000);
  afterAll(async () => {
    await Promise.all(loads.map((load) => load.stop()));
    await world?.stop();
  });

  async function command(name: string, set: Readonly<Record<string, string>>): Promise<void> {
    const annotations = Object.fromEntries(
      Object.entries({ 'command-id': randomUUID(), ...set }).map(([key, value]) => [`tidegate.io/${key}`, value]),
    );
    const answer = await world.bed.cluster.api.request(
      'PATCH',
      `/apis/tidegate.io/v1alpha1/namespaces/${namespace}/rollouts/${name}`,
      { metadata: { annotations } },
      'application/merge-patch+json',
    );
    expect(answer.status).toBe(200);
  }

  describe('abort, restore and revert', () => {
    it.concurrent.each(reverting)(
      '$because',
      async ({ name, cause, command: asked, inCommit }) => {
        if (asked) {
          await untilWeight(world, name, 'v2', 20);
          await command(name, asked);
        }
        const rollout = await world.until(
          `${name} is aborted`,
          'Rollout',
          name,
          (one) => field(one, 'status.verdict.outcome') === 'Failed',
          150_000,
        );
        expect(field(rollout, 'status.verdict.cause')).toBe(cause);
        const [revert] = await eventually(
          'one revert commit',
          async () => {
            const found = await revertsOf(name);
            return found.length > 0 ? found : undefined;
          },
          // Six apps revert on one branch side by side, and each push moves the tip under the others.
          { withinMs: 150_000 },
        );
        if (inCommit) expect(revert?.message).toMatch(inCommit);
        await untilHealthy(world, name, 'v1', 60_000);
        expect(await revertsOf(name)).toHaveLength(1);
      },
      300_000,
    );
  });

  describe('hold, weight stays, nothing in Git', () => {
    it.concurrent.each(holding)(
      '$because',
      async ({ name, says }) => {
        const weightBefore = (rollout: Live) => field(rollout, 'status.canary.weights.canary.weight') ?? 0;
        const held = await world.until(
          `${name} says why it waits`,
          'Rollout',
          name,
          (one) => says.test(JSON.stringify([field(one, 'status.waiting'), field(one, 'status.message')])),
          120_000,
        );

        const settled = await eventually(
          'nothing has moved for 15 s',
          steadyFor(15_000, async () => {
            const one = await world.read('Rollout', name);
            return JSON.stringify([
              field(one, 'status.canary.weights'),
              field(one, 'status.currentStepIndex'),
              field(one, 'status.verdict'),
            ]);
          }),
          { withinMs: 60_000, everyMs: 500 },
        );
        expect(settled).toBe(true);
        const later = await world.read('Rollout', name);
        expect(field(later, 'status.verdict')).toBeUndefined();
        expect(weightBefore(later as Live)).toBe(weightBefore(held));
        expect(await revertsOf(name)).toEqual([]);
      },
      300_000,
    );
  });

  it('an abort that says keep-git leaves the branch alone and names who is ahead', async () => {
    await commitApp(world, 'kept', { version: 'v2', replicas: 2, steps: step20 }, 'Release v2 of kept');
    await untilWeight(world, 'kept', 'v2', 20);
    await command('kept', { command: 'abort', 'command-actor': 'jane@example.com', 'command-keep-git': 'true' });

    const ahead = (one: Live) =>
      ((field(one, 'status.conditions') ?? []) as readonly { type: string; status: string; message: string }[]).find(
        (condition) => condition.type === 'GitAhead',
      );
    const sync = await world.until('GitAhead is set', 'GitSync', 'kept', (one) => ahead(one)?.status === 'True');
    expect(ahead(sync)?.message).toContain('jane@example.com');
    await world.until(
      'stable has all traffic',
      'Rollout',
      'kept',
      (one) => field(one, 'status.verdict.confirmedStableAt') !== undefined,
    );
    expect(await revertsOf('kept')).toEqual([]);
    expect((await world.list('GitRevert')).filter((one) => one.metadata.name.startsWith('kept-'))).toEqual([]);
  });

  it('another object of the set that is unhealthy holds the release: the Rollout is not touched, nothing is reverted', async () => {
    const before = await world.read('Rollout', 'unwell');
    const image = 'tidegate.dev/app:missing';
    await commitApp(
      world,
      'unwell',
      { version: 'v2', replicas: 2, steps: quick, workerImage: image },
      'Release v2 of unwell',
    );

    await world.until(
      'the sync names the object',
      'GitSync',
      'unwell',
      (one) =>
        JSON.stringify(field(one, 'status') ?? {}).includes('unwell-worker') &&
        /unwell-worker/.test(String(field(one, 'status.message'))),
      90_000,
    );
    const rollout = await world.read('Rollout', 'unwell');
    expect(field(rollout, 'spec')).toEqual(field(before, 'spec'));
    expect(field(rollout, 'status.canary.weights')).toEqual(field(before, 'status.canary.weights'));
    expect(await revertsOf('unwell')).toEqual([]);
  }, 120_000);

  it('an invalid spec changes nothing, in the cluster or in Git', async () => {
    const before = await world.read('Rollout', 'invalid');
    await commitApp(world, 'invalid', { version: 'v2', replicas: 2, steps: '        - setWeight: 101' }, 'A typo');

    const sync = await world.until('the sync says what is wrong', 'GitSync', 'invalid', (one) =>
      JSON.stringify(field(one, 'status.conditions') ?? []).includes('setWeight'),
    );
    expect(JSON.stringify(field(sync, 'status.conditions'))).toContain('invalid');
    expect((await world.read('Rollout', 'invalid'))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
    expect(await revertsOf('invalid')).toEqual([]);
  });
});
