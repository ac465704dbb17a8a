/** Two controllers at once: one leads, and a leader that was frozen writes nothing when it goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { commitApp, field, filesOf, followApp, untilHealthy } from './app-in-world.ts';
import { type Load, startLoad } from './load.ts';
import { controllerUser, startTwo, tenantUser, writesOf } from './two-controllers.ts';
import { type Live, repository, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);

const check = (name: string) => `        - setWeight: 20
        - analysis:
            templates:
              - templateName: ${name}-errors
            args:
              - name: hash
                valueFrom:
                  podTemplateHashValue: Latest`;

async function reverts(world: World) {
  return (await world.bed.git.log(repository)).filter((commit) => /^Tidegate-Revert-Of:/m.test(commit.message));
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

const conditionsOf = (object: Live) => (field(object, 'status.conditions') ?? []) as readonly Condition[];

/** Healthy comes before the revert is in Git and back: only a GitSync that applied that commit writes no more. */
async function atRestAfterRevert(world: World): Promise<void> {
  const [revert] = await eventually('the revert is in Git', async () => {
    const found = await reverts(world);
    return found.length > 0 ? found : undefined;
  });
  await world.until(
    'the GitSync is at rest on the revert',
    'GitSync',
    'fenced',
    (sync) =>
      field(sync, 'status.phase') === 'Good' &&
      field(sync, 'status.restore') === undefined &&
      conditionsOf(sync).some(
        ({ type, status, message }) =>
          type === 'GitInSync' && status === 'True' && message.includes(`${revert?.sha.slice(0, 7)}`),
      ),
  );
}

describe.skipIf(missing !== undefined)(`two controllers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let world: World;
  let load: Load;
  beforeAll(async () => {
    world = await startWorld();
    await world.bed.git.createRepository(repository, filesOf(world, 'fenced', { version: 'v1' }), {
      message: 'First release',
    });
  }, 300_000);
  afterAll(async () => {
    await load?.stop();
    await world?.stop();
  });

  it('of two started at once, the older leader frozen in the middle of an abort writes nothing once it goes on', async () => {
    const { leader, standby } = await startTwo(world);
    await followApp(world, 'fenced');
    load = startLoad({ url: world.bed.gateway.url, host: 'fenced.example', perSecond: 40 });
    await untilHealthy(world, 'fenced', 'v1');
    await world.until('v1 is good', 'GitSync', 'fenced', (sync) => field(sync, 'status.lastGood.commit') !== undefined);
    await commitApp(world, 'fenced', { version: 'v2', errorPct: 60, steps: check('fenced') }, 'Release v2');
    await world.until('the abort has begun', 'Rollout', 'fenced', (one) => field(one, 'status.abort') === true);

    leader.process.child().signal('SIGSTOP');
    const frozenAt = Date.now();
    await eventually('the other one takes over', () => standby.process.leads(), { withinMs: 30_000 });
    await untilHealthy(world, 'fenced', 'v1', 60_000);
    await atRestAfterRevert(world);
    const thawedAt = Date.now();
    leader.process.child().signal('SIGCONT');
    const ended = await leader.process.child().exited;

    expect(ended).not.toBe('0');
    expect(writesOf(world, controllerUser(leader.account), frozenAt + 500)).toEqual([]);
    // The other one had finished and was at rest: any write for the tenant from here on would be the old leader's.
    expect(writesOf(world, tenantUser, thawedAt)).toEqual([]);
    expect(writesOf(world, controllerUser(standby.account), frozenAt).length).toBeGreaterThan(0);
    expect(await reverts(world)).toHaveLength(1);
  }, 200_000);
});
