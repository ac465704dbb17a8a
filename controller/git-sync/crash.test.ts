/** The process may die after any write and after any answer of the source: what comes of it is the same. */

import { expect, it } from 'vitest';
import { anApp, gitWorld, type GitWorld } from './testing/git-world.ts';
import { valueAt } from './objects.ts';

const good = anApp({ image: 'app:1' });
const secret = (text: string) => ({
  'web/secret.yaml': { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { text } },
});
const bad = { ...anApp({ image: 'app:2', greeting: 'broken' }), ...secret('new') };

async function failing(): Promise<GitWorld> {
  const world = gitWorld();
  world.source.commit({ ...good, ...secret('old') }, 'first');
  await world.settle();
  world.promote('web');
  await world.settle();
  return world;
}

/** From the bad commit to the end, with nothing but time and the Rollout's own steps in between. */
async function carryOn(world: GitWorld): Promise<void> {
  await world.after(70_000);
  if (world.source.log().length === 2 && world.cluster.get('Rollout', 'web')?.metadata.generation === 2)
    world.fail('web');
  await world.settle();
  if (valueAt(world.cluster.get('Rollout', 'web'), ['status', 'verdict']) !== undefined) world.confirmStable('web');
  await world.settle();
  await world.after(120_000);
  if (valueAt(world.cluster.get('Rollout', 'web'), ['spec', 'template', 'spec', 'containers', 0, 'image']) === 'app:1')
    world.promote('web');
  await world.after(120_000);
}

/** Everything that a user would look at, without uids and versions. */
function outcome(world: GitWorld): unknown {
  const sync = world.sync().status;
  return {
    phase: sync?.phase,
    candidate: sync?.candidate?.commit,
    lastGood: sync?.lastGood?.commit,
    restore: sync?.restore,
    quarantine: sync?.quarantine?.map((one) => [one.rollout, one.templateHash]),
    inventory: sync?.inventory?.map((one) => `${one.kind}/${one.name}`),
    releases: world.cluster.all('Release').map((one) => [one.metadata.name, valueAt(one, ['status', 'phase'])]),
    reverts: world.reverts().map((one) => [one.metadata.name, one.status?.phase]),
    log: world.source.log().map((one) => one.id),
    objects: ['Rollout', 'ConfigMap', 'Secret', 'Service', 'HTTPRoute'].flatMap((kind) =>
      world.cluster.all(kind).map((one) => [kind, one.metadata.name, one['spec'] ?? one['data']]),
    ),
  };
}

it('ends in the same state wherever the process dies between two writes', async () => {
  const reference = await failing();
  const start = reference.cluster.writes.length;
  reference.source.commit(bad, 'bad');
  await carryOn(reference);
  const wanted = outcome(reference);
  const total = reference.cluster.writes.length - start;
  expect(total).toBeGreaterThan(20);
  expect(reference.sync().status?.phase).toBe('Good');

  for (let crashAt = 1; crashAt <= total; crashAt += 1) {
    const world = await failing();
    const limit = world.cluster.writes.length + crashAt;
    let dead = false;
    world.cluster.intercept = () => {
      dead ||= world.cluster.writes.length >= limit;
      return dead ? { kind: 'unknown', cause: new Error('the process is gone') } : undefined;
    };
    world.source.commit(bad, 'bad');
    await carryOn(world);
    world.cluster.intercept = undefined;
    world.restart();
    for (let round = 0; round < 3; round += 1) await carryOn(world);

    expect(outcome(world), `after write ${crashAt}: ${world.cluster.writes[limit - 1]}`).toEqual(wanted);
  }
}, 120_000);

it('pushes one revert wherever the process dies between two answers of the source', async () => {
  const reference = await failing();
  const start = reference.source.calls.length;
  reference.source.commit(bad, 'bad');
  await carryOn(reference);
  const total = reference.source.calls.length - start;

  for (let crashAt = 1; crashAt <= total; crashAt += 1) {
    const world = await failing();
    const limit = world.source.calls.length + crashAt;
    let dead = false;
    world.source.after = () => {
      dead ||= world.source.calls.length >= limit;
    };
    world.cluster.intercept = () => (dead ? { kind: 'unknown', cause: new Error('the process is gone') } : undefined);
    world.source.commit(bad, 'bad');
    await carryOn(world);
    dead = false;
    world.source.after = undefined;
    world.cluster.intercept = undefined;
    world.restart();
    world.source.forget();
    for (let round = 0; round < 3; round += 1) await carryOn(world);

    expect(
      world.source.log().map((one) => one.id),
      `after call ${crashAt}`,
    ).toEqual(reference.source.log().map((one) => one.id));
    expect(world.reverts().map((one) => one.status?.phase)).toEqual(['Pushed']);
  }
}, 120_000);
