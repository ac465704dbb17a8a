/** What a blue-green Rollout does without what it counts on: the active Service, the stable ReplicaSet, the one to go back to. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { active, BlueGreenWorld, type BlueGreenWorldOptions, preview } from './testing/blue-green-world.ts';
import { shopKeys } from './testing/builders.ts';

const templates = { templates: [{ templateName: 'errors' }] };

/** Revision v2 is in preview until a person promotes it. */
function paused({ blueGreen, ...options }: BlueGreenWorldOptions = {}): BlueGreenWorld {
  const world = new BlueGreenWorld({ blueGreen: { autoPromotionEnabled: false, ...blueGreen }, ...options });
  world.run();
  world.release(2);
  world.run(({ status }) => status?.phase === 'Paused');
  return world;
}

function command(world: BlueGreenWorld, verb: string, revision?: string): void {
  const to = revision === undefined ? {} : { [shopKeys.commandRevision]: revision };
  world.annotations = { [shopKeys.command]: verb, [shopKeys.commandId]: `${verb}-${world.now}`, ...to };
}

function loseStable(world: BlueGreenWorld): void {
  world.sets.delete('v1');
  world.pods = world.pods.filter((one) => one.podHash !== 'v1');
}

const waiting = {
  reason: 'ServiceMissing',
  on: `Service/${active}`,
  moves: expect.stringContaining('create it again'),
};

describe('without the active Service', () => {
  it('nothing is promoted until it is made again', () => {
    const world = paused();
    world.services.delete(active);
    world.status = { ...world.status, pauseConditions: undefined };
    world.run(undefined, 60_000);

    expect(world.status).toMatchObject({ stableRS: 'v1', waiting });
    world.services.set(active, undefined);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.services.get(active)).toBe('v2');
  });

  it('an abort keeps the pods of both revisions and says what is missing', () => {
    const world = paused();
    world.services.delete(active);
    command(world, 'abort');
    world.run(undefined, 120_000);

    expect(world.status).toMatchObject({ phase: 'Degraded', waiting });
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([5, 5]);
  });

  it('a promotion that was begun waits in the middle', () => {
    const world = paused({ endpointMs: 2_000 });
    world.status = { ...world.status, pauseConditions: undefined };
    world.run(({ status }) => status?.transition?.kind === 'promote');
    world.services.delete(active);
    world.run(undefined, 60_000);

    expect(world.status).toMatchObject({ stableRS: 'v1', waiting });
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([5, 5]);
  });
});

describe('without the stable ReplicaSet', () => {
  it('an aborted Rollout says that there is nothing to go back to, and takes no other pods', () => {
    const world = paused({ blueGreen: { abortScaleDownDelaySeconds: 0 } });
    command(world, 'abort');
    world.run();
    loseStable(world);
    world.run(undefined, 60_000);

    expect(world.status).toMatchObject({ phase: 'Degraded', waiting: { reason: 'StableMissing' } });
    expect(world.readyPods('v2')).toBe(5);
  });

  it('an abort holds', () => {
    const world = paused();
    loseStable(world);
    command(world, 'abort');
    world.run(undefined, 60_000);

    expect(world.status?.waiting).toMatchObject({ reason: 'StableMissing', on: 'ReplicaSet/web-v1' });
    expect(world.readyPods('v2')).toBe(5);
  });

  it('going back to its template makes it again', () => {
    const world = paused();
    loseStable(world);
    world.release(1);
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v1' });
    expect(world.readyPods('v1')).toBe(5);
  });
});

it('a rollback to a revision whose ReplicaSet was deleted meanwhile holds, and live traffic stays where it is', () => {
  const world = new BlueGreenWorld({ blueGreen: { scaleDownDelaySeconds: 300 }, endpointMs: 2_000 });
  world.run();
  world.release(2);
  world.run(({ status }) => status?.phase === 'Healthy' && status.stableRS === 'v2');
  command(world, 'rollback', 'v1');
  world.run(({ status }) => status?.transition?.kind === 'promote');
  loseStable(world);
  world.run(undefined, 60_000);

  expect(world.services.get(active)).toBe('v2');
  expect(world.readyPods('v2')).toBe(5);
  expect(world.status?.waiting?.on).toContain('web-v1');
});

it('a promotion that a person asked for in the middle of the analysis after the switch waits for no verdict', () => {
  const world = paused({ blueGreen: { postPromotionAnalysis: templates } });
  world.status = { ...world.status, pauseConditions: undefined };
  world.run(({ runs }) => runs.some(({ metadata }) => metadata.name.endsWith('-post')));
  world.finish('web-v2-2-post', 'Inconclusive');
  world.run(({ status }) => status?.phase === 'Paused');
  expect(world.status?.stableRS).toBe('v1');
  world.status = { ...world.status, pauseConditions: undefined };
  world.run();

  expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
});

it('in argoproj.io the preview Service stays with the aborted revision, as Argo leaves it', () => {
  const world = paused({ dialect: argoDialect });
  command(world, 'abort');
  world.status = { ...world.status, abort: true };
  world.run();

  expect(world.services.get(preview)).toBe('v2');
});

it('an abort without a reason, as Argo Rollouts records it, is told by its revision', () => {
  const world = paused({ blueGreen: { abortScaleDownDelaySeconds: 0 } });
  command(world, 'abort');
  world.run();
  world.status = { ...world.status, verdict: undefined };
  world.run();

  expect(world.status?.waiting?.moves).toMatch(/^Revision v2 failed: change the template/);
});

describe('on the way back', () => {
  /** The active Service selects v2, whose analysis after the switch has no verdict yet. */
  function switched(): BlueGreenWorld {
    const world = new BlueGreenWorld({ blueGreen: { postPromotionAnalysis: templates, scaleDownDelaySeconds: 300 } });
    world.run();
    world.release(2);
    world.run();
    expect(world.services.get(active)).toBe('v2');
    return world;
  }

  it('the stable ReplicaSet is made again when it is deleted, and live traffic waits for it', () => {
    const world = switched();
    world.release(1);
    world.run(({ status }) => status?.transition?.kind === 'back-to-stable');
    loseStable(world);
    world.run(({ sets }) => sets.has('v1'));
    expect(world.services.get(active)).toBe('v2');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v1', currentPodHash: 'v1' });
    expect(world.services.get(active)).toBe('v1');
  });

  it('somebody who gives the failed revision the Service again is undone, and the verdict waits for it', () => {
    const world = switched();
    command(world, 'abort');
    world.run(({ status }) => status?.verdict?.confirmedStableAt !== undefined);
    world.services.set(active, 'v2');
    world.run(({ status }) => status?.verdict?.confirmedStableAt === undefined);
    expect(world.status?.transition?.kind).toBe('abort');
    world.run();

    expect(world.services.get(active)).toBe('v1');
    expect(world.status?.verdict?.confirmedStableAt).toBeDefined();
  });
});

it('a settled Rollout that somebody holds says so, and keeps what it has', () => {
  const world = new BlueGreenWorld({});
  world.run();
  world.given = { ...world.given, paused: true };
  world.run();

  expect(world.status).toMatchObject({ phase: 'Paused', stableRS: 'v1' });
  expect(world.readyPods('v1')).toBe(5);
});
