/** Runs a table of bad input side by side in one world: all good apps first, then all is spoiled at once, then each case is looked at. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BedObject } from '../../bed/api.ts';
import { eventually } from '../../bed/eventually.ts';
import type { GitFile } from '../../bed/git-repository.ts';
import { gitSync, tenantObjects } from '../../e2e/rights.ts';
import { type BadCase, isByHand, lacking, namespaceOf, tellerOf } from './bad-case.ts';
import { type BadWorld, repository, startBadWorld, type Told, worldMissing } from './bad-world.ts';
import { type Edit, edited } from './edit.ts';
import { type App, appName, filesOf, goodApp, type Part, yaml } from './good-app.ts';
import { changesIn, type Snapshot, takeSnapshot } from './snapshot.ts';

/** Registers the tests of one table. */
export function describeBadInput(title: string, cases: readonly BadCase[]): void {
  const missing = worldMissing();
  describe.skipIf(missing !== undefined)(`${title}${missing ? ` (skipped: ${missing})` : ''}`, () => {
    let world: BadWorld;
    let before: Snapshot;
    const versions = new Map<string, string>();

    beforeAll(async () => {
      world = await startBadWorld();
      await releaseGoodApps(world, cases);
      before = await quiet(world);
      for (const one of cases)
        versions.set(one.name, (await tellingObject(world, one))?.metadata.resourceVersion ?? '');
      await spoilAll(world, cases);
    }, 175_000);
    afterAll(() => world?.stop());

    describe.concurrent('says so in one sentence', () => {
      it.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
        await expectTold(world, one, versions.get(one.name) ?? '');
      });
    });

    describe('changes nothing', () => {
      let after: Snapshot;
      beforeAll(async () => {
        after = await takeSnapshot(world.bed.cluster.api);
      });
      it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
        expect(unexpected(one, changesIn(namespaceOf(one), before, after))).toEqual([]);
      });
      it('outside of the namespaces either', () => {
        expect(changesIn('', before, after)).toEqual([]);
        expect(changesIn('default', before, after)).toEqual([]);
        expect(changesIn('tidegate', before, after)).toEqual([]);
      });
      it('and the controller goes on without an error in its log', () => {
        world.controller.child().assertRunning();
        expect(world.crashes()).toEqual([]);
      });
    });
  });
}

function goodAppOf(one: BadCase): App {
  return withEdits(goodApp(), one.base ?? {});
}

function withEdits(app: App, edits: Readonly<Partial<Record<Part, Readonly<Record<string, unknown>>>>>): App {
  const changed = Object.entries(edits).map(([part, edit]) => [part, edited(app[part as Part], edit ?? {})]);
  return { ...app, ...Object.fromEntries(changed) };
}

function folderOf(one: BadCase): string {
  return `cases/${namespaceOf(one)}`;
}

function syncOf(world: BadWorld, one: BadCase): BedObject {
  const namespace = namespaceOf(one);
  const sync = gitSync({
    name: appName,
    namespace,
    repository: world.bed.git.url(repository),
    path: folderOf(one),
    mode: 'report',
  });
  // Looked at when asked, so that sixty branches are not polled all the time.
  return edited(sync, { 'spec.interval': '10m' });
}

async function releaseGoodApps(world: BadWorld, cases: readonly BadCase[]): Promise<void> {
  const { api } = world.bed.cluster;
  const { git } = world.bed;
  const byGit = cases.filter((one) => !isByHand(one));
  const files = byGit.filter((one) => one.first !== true).map((one) => below(folderOf(one), filesOf(goodAppOf(one))));
  await git.createRepository(repository, { 'readme.md': 'apps\n', ...Object.assign({}, ...files) });
  await Promise.all(
    cases.map(async (one) => {
      const namespace = namespaceOf(one);
      await api.apply(...tenantObjects(namespace, git.token));
      await one.prepare?.(world, namespace);
      // What a Rollout stands on is there also where the Rollout itself is bad from the start.
      const around: readonly Part[] = ['config', 'stable', 'canary', 'checks'];
      if (isByHand(one))
        await applyParts(world, one, goodAppOf(one), one.first === true ? around : [...around, 'rollout']);
      else if (one.first !== true) await api.apply(syncOf(world, one));
    }),
  );
  await Promise.all(
    cases
      .filter((one) => one.first !== true)
      .map((one) =>
        eventually(
          `the good app of "${one.name}" is released`,
          async (saw) => {
            const object = await world.read(isByHand(one) ? 'Rollout' : 'GitSync', namespaceOf(one), appName);
            saw(object?.status);
            return object?.status?.phase === (isByHand(one) ? 'Healthy' : 'Good');
          },
          { withinMs: 130_000, everyMs: 500 },
        ),
      ),
  );
}

async function applyParts(world: BadWorld, one: BadCase, app: App, parts: readonly Part[]): Promise<void> {
  const namespace = namespaceOf(one);
  await world.bed.cluster.api.apply(...parts.map((part) => edited(app[part], { 'metadata.namespace': namespace })));
}

function below(folder: string, files: Readonly<Record<string, GitFile>>): Record<string, GitFile> {
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => [path.startsWith('/') ? path.slice(1) : `${folder}/${path}`, file]),
  );
}

/** Waits until nothing in the whole cluster changes any more. */
async function quiet(world: BadWorld): Promise<Snapshot> {
  const { api } = world.bed.cluster;
  let last = await takeSnapshot(api);
  return eventually(
    'nothing changes any more',
    async (saw) => {
      const next = await takeSnapshot(api);
      const changes = [...next.keys()].flatMap((namespace) => changesIn(namespace, last, next));
      last = next;
      saw(changes);
      return changes.length === 0 ? next : undefined;
    },
    { withinMs: 60_000, everyMs: 1_500 },
  );
}

async function spoilAll(world: BadWorld, cases: readonly BadCase[]): Promise<void> {
  const commits = cases.map((one) => below(folderOf(one), spoiledFiles(one)));
  await world.bed.git.commit(repository, 'main', Object.assign({}, ...commits), { message: 'spoil everything' });
  await Promise.all(cases.map((one) => spoilLive(world, one)));
}

function spoiledFiles(one: BadCase): Readonly<Record<string, GitFile>> {
  const { spoil } = one;
  const whole = one.first === true && !isByHand(one) ? filesOf(goodAppOf(one)) : {};
  if ('files' in spoil) return { ...whole, ...spoil.files(namespaceOf(one)) };
  if (!('git' in spoil)) return whole;
  const app = withEdits(goodAppOf(one), spoil.git);
  const parts = Object.keys(spoil.git) as Part[];
  return { ...whole, ...Object.fromEntries(parts.map((part) => [`${part}.yaml`, yaml(app[part])])) };
}

async function spoilLive(world: BadWorld, one: BadCase): Promise<void> {
  const { spoil } = one;
  const { api } = world.bed.cluster;
  if ('door' in spoil) return;
  if ('hand' in spoil) {
    const app = withEdits(goodAppOf(one), spoil.hand);
    return applyParts(world, one, app, Object.keys(spoil.hand) as Part[]);
  }
  if ('annotate' in spoil) {
    const rollout = edited(goodAppOf(one).rollout, { 'metadata.namespace': namespaceOf(one) });
    rollout.metadata['annotations'] = spoil.annotate;
    await api.apply(rollout);
    return;
  }
  const sync = edited(syncOf(world, one), 'sync' in spoil ? placed(world, spoil.sync) : {});
  sync.metadata['annotations'] = { 'tidegate.io/sync-requested-at': 'spoiled' };
  await api.apply(sync);
}

function tellingObject(world: BadWorld, one: BadCase): Promise<Told | undefined> {
  return world.read(tellerOf(one), namespaceOf(one), appName);
}

/** Everything in a status that people read. */
function textsOf(object: Told | undefined): readonly string[] {
  const { message, held, conditions = [], lastCommand, waiting } = object?.status ?? {};
  const waits =
    waiting && [waiting.on, waiting.reason, waiting.value, waiting.limit, waiting.moves].filter(Boolean).join(' ');
  return [message, held?.reason, ...conditions.map((one) => one.message), lastCommand?.message, waits].filter(
    (text): text is string => text !== undefined && text !== '',
  );
}

async function expectTold(world: BadWorld, one: BadCase, version: string): Promise<void> {
  const namespace = namespaceOf(one);
  if ('door' in one.spoil) return expectRefused(world, one);
  const told = await eventually(
    `the status of ${tellerOf(one)} ${namespace}/${appName} says it`,
    async (saw) => {
      const object = await tellingObject(world, one);
      const texts = textsOf(object);
      saw({
        phase: object?.status?.phase,
        says: [...new Set(texts)].map((text) => ({ text, lacks: lacking(text, one.says) })),
      });
      if (object?.metadata.resourceVersion === version) return undefined;
      return texts.find((text) => lacking(text, one.says).length === 0);
    },
    { withinMs: 60_000, everyMs: 500 },
  );
  expectReadable(told);
  await eventually(
    `an event in ${namespace} says it`,
    async (saw) => {
      const notes = await world.warnings(namespace, one.eventOf ?? tellerOf(one));
      saw(notes);
      return notes.some((note) => lacking(note, one.says).length === 0);
    },
    { withinMs: 10_000, everyMs: 300 },
  );
  const printed = await world.cli('explain', appName, '-n', namespace);
  expect({ printed, lacks: lacking(printed, one.says) }).toEqual({ printed, lacks: [] });
  expect(printed).not.toMatch(inside);
  const repeated = timesIn(printed, told.replace(/^InvalidSpec: /, '')) > 1;
  expect({ printed, repeated }).toEqual({ printed, repeated: false });
}

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** The API server takes nothing of it, and kubectl says why. */
async function expectRefused(world: BadWorld, one: BadCase): Promise<void> {
  if (!('door' in one.spoil)) throw new Error('no case of the door');
  const { door, edit } = one.spoil;
  const good = door === 'GitSync' ? syncOf(world, one) : goodAppOf(one).rollout;
  const bad = edited(good, { 'metadata.namespace': namespaceOf(one), ...edit });
  const { code, text } = await world.kubectl(['apply', '-f', '-'], bad);
  expect({ code, text, lacks: lacking(text, one.says) }).toEqual({ code: 1, text, lacks: [] });
  expect(text).not.toMatch(inside);
}

/** Words that only a program's inside knows. */
const inside = /\n\s+at |\bundefined\b|\[object |TypeError|ZodError|bed-write-token|\bNaN\b/;

function expectReadable(sentence: string): void {
  expect(sentence).not.toMatch(inside);
  expect(sentence).not.toMatch(/[\r\n\t]/);
  expect(sentence).toMatch(/[.…]$/);
  expect(sentence).not.toMatch(/\.\.$|\.;|\. ?:/);
  expect(sentence.length).toBeLessThan(1_000);
}

/** Changes that a case does not allow. The object that tells it may change, and so may what is by design. */
function unexpected(one: BadCase, changes: readonly string[]): readonly string[] {
  const teller = 'door' in one.spoil ? undefined : `${tellerOf(one)} tidegate.io/${appName} is `;
  return changes.filter(
    (change) =>
      (teller === undefined || !change.startsWith(teller)) &&
      !(one.byDesign ?? []).some((allowed) => allowed.change.test(change)),
  );
}

/** `SERVER` in a text stands for the address of the Git server, which is known only now. */
function placed(world: BadWorld, edit: Edit): Edit {
  const text = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace('SERVER', world.bed.git.baseUrl) : value;
  return Object.fromEntries(Object.entries(edit).map(([path, value]) => [path, text(value)]));
}
