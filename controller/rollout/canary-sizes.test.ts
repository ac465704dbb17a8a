import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { decide } from './decide.ts';
import { anObserved, aReplicaSet, aService, aStatus, shopKeys, start } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { World } from './testing/world.ts';

const steps: CanaryStrategy['steps'] = [{ setWeight: 20 }, { pause: {} }, { setWeight: 80 }, { pause: {} }];

/** A Rollout of 10 pods whose first revision is stable. */
function deployed(canary: CanaryStrategy, replicas = 10): { world: World; violations: string[] } {
  const world = new World({ routed: true, rollout: { replicas, canary: { steps, ...canary } } });
  const violations = watchInvariants(world, { drainMs: 10_000 });
  world.run();
  expect(world.status).toMatchObject({ phase: 'Healthy' });
  world.writes.length = 0;
  return { world, violations };
}

function release(world: World, image: string): void {
  world.image = image;
  world.generation += 1;
}

const pods = (world: World) => [world.readyPods('v1'), world.readyPods('v2')];
const promote = (world: World) => {
  world.status = { ...world.status, pauseConditions: undefined };
  world.run();
};
const sizesOf = (world: World, podHash: string) =>
  world.writes.flatMap(({ effect }) => (effect.kind === 'Scale' && effect.podHash === podHash ? effect.to : []));

describe('dynamicStableScale', () => {
  it('shrinks stable by its weight after the drain, to the end [Rollout.spec.strategy.canary.dynamicStableScale]', () => {
    const { world, violations } = deployed({ dynamicStableScale: true });

    release(world, 'shop:2');
    world.run();
    expect([world.weight, ...pods(world)]).toEqual([20, 8, 2]);
    promote(world);
    expect([world.weight, ...pods(world)]).toEqual([80, 2, 8]);
    promote(world);

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect([world.weight, ...pods(world)]).toEqual([0, 0, 10]);
    expect(sizesOf(world, 'v1')).toEqual([8, 2, 0]);
  });

  it('goes back as fast as stable has ready pods, never faster [Rollout.spec.strategy.canary.dynamicStableScale]', () => {
    const { world, violations } = deployed({ dynamicStableScale: true });
    release(world, 'shop:2');
    world.run();
    promote(world);
    const before = world.writes.length;

    world.status = { ...world.status, abort: true };
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1' });
    expect([world.weight, ...pods(world)]).toEqual([0, 10, 0]);
    const order = world.writes.slice(before).flatMap(({ effect }) => {
      if (effect.kind === 'Scale') return [`${effect.podHash} to ${effect.to}`];
      return effect.kind === 'SetWeight' ? ['weight'] : [];
    });
    expect(order).toEqual(['v1 to 10', 'weight', 'v2 to 0']);
  });

  it('gives weight back in parts while stable pods come one after the other', () => {
    const observed = anObserved({
      rollout: {
        replicas: 10,
        canary: { dynamicStableScale: true, steps },
        status: aStatus({
          abort: true,
          abortedAt: new Date(start).toISOString(),
          transition: { id: 'a', kind: 'abort', since: new Date(start).toISOString(), from: 'two', to: 'one' },
        }),
      },
      weight: 80,
      replicaSets: [
        aReplicaSet('one', { replicas: 10, available: 5 }),
        aReplicaSet('two', { replicas: 8, revision: 2 }),
      ],
      stableService: aService('web-stable', 'one', { one: 5 }),
      canaryService: aService('web-canary', 'two', { two: 8 }),
    });

    const written = decide(observed).effects.find((one) => one.kind === 'SetWeight');

    expect(written?.kind === 'SetWeight' && written.wanted.destinations.map((one) => one.weight)).toEqual([50, 50]);
  });

  it('grows stable before weight falls in the middle of the plan', () => {
    const falling = [{ setWeight: 80 }, { pause: {} }, { setWeight: 40 }, { pause: {} }];
    const { world, violations } = deployed({ dynamicStableScale: true, steps: falling });
    release(world, 'shop:2');
    world.run();
    promote(world);

    expect(violations).toEqual([]);
    expect([world.weight, ...pods(world)]).toEqual([40, 6, 4]);
  });

  it('has no stable pod left at weight 100, and gets all of them back on an abort', () => {
    const { world, violations } = deployed({ dynamicStableScale: true, steps: [{ setWeight: 100 }, { pause: {} }] });
    release(world, 'shop:2');
    world.run();
    expect([world.weight, ...pods(world)]).toEqual([100, 0, 10]);
    world.status = { ...world.status, abort: true };
    world.run();

    expect(violations).toEqual([]);
    expect([world.weight, ...pods(world)]).toEqual([0, 10, 0]);
  });

  it('a third revision waits for stable to be whole again', () => {
    const { world, violations } = deployed({ dynamicStableScale: true });
    release(world, 'shop:2');
    world.run();
    promote(world);
    release(world, 'shop:3');
    world.run();

    expect(violations).toEqual([]);
    expect([world.weight, world.readyPods('v1'), world.readyPods('v2'), world.readyPods('v3')]).toEqual([20, 8, 0, 2]);
  });

  it('follows spec.replicas in the middle of an update', () => {
    const { world, violations } = deployed({ dynamicStableScale: true });
    release(world, 'shop:2');
    world.run();
    world.given = { ...world.given, replicas: 20 };
    world.run();
    expect(pods(world)).toEqual([16, 4]);
    world.given = { ...world.given, replicas: 5 };
    world.run();

    expect(violations).toEqual([]);
    expect(pods(world)).toEqual([4, 1]);
  });
});

describe('sizes of a step', () => {
  it('keeps a floor under every revision that has pods [Rollout.spec.strategy.canary.minPodsPerReplicaSet]', () => {
    const { world, violations } = deployed({ dynamicStableScale: true, minPodsPerReplicaSet: 3 });
    release(world, 'shop:2');
    world.run();
    expect(pods(world)).toEqual([8, 3]);
    promote(world);
    expect(pods(world)).toEqual([3, 8]);
    promote(world);

    expect(violations).toEqual([]);
    expect(pods(world)).toEqual([0, 10]);
  });

  it('the floor is never above spec.replicas', () => {
    const { world } = deployed({ minPodsPerReplicaSet: 5 }, 2);
    release(world, 'shop:2');
    world.run();
    expect(pods(world)).toEqual([2, 2]);
  });

  it.each([
    [{ replicas: 4 }, 4],
    [{ weight: 50 }, 5],
  ])(
    'setCanaryScale %j parts the size from the weight, matchTrafficWeight joins them again [Rollout.spec.strategy.canary.steps[].setCanaryScale, Rollout.spec.strategy.canary.steps[].setCanaryScale.matchTrafficWeight]',
    (setCanaryScale, size) => {
      const plan = [
        { setWeight: 20 },
        { setCanaryScale },
        { pause: {} },
        { setCanaryScale: { matchTrafficWeight: true } },
        { pause: {} },
      ];
      const { world, violations } = deployed({ steps: plan });
      release(world, 'shop:2');
      world.run();
      expect([world.weight, ...pods(world)]).toEqual([20, 10, size]);
      promote(world);

      expect(violations).toEqual([]);
      expect([world.weight, ...pods(world)]).toEqual([20, 10, 2]);
    },
  );

  it.each([
    ['Percent', 75],
    ['Pods', 3],
  ] as const)(
    'a step goes on with %s %i of its pods, but weight never exceeds the ready ones [Rollout.spec.strategy.canary.replicaProgressThreshold.type, Rollout.spec.strategy.canary.replicaProgressThreshold.value]',
    (type, value) => {
      const status = aStatus();
      const observed = (ready: number) =>
        anObserved({
          rollout: {
            replicas: 10,
            canary: { steps: [{ setWeight: 40 }, { pause: {} }], replicaProgressThreshold: { type, value } },
            status,
          },
          weight: 0,
          replicaSets: [
            aReplicaSet('one', { replicas: 10, desired: 10 }),
            aReplicaSet('two', { replicas: 4, available: ready, revision: 2 }),
          ],
          stableService: aService('web-stable', 'one', { one: 10 }),
          canaryService: aService('web-canary', 'two', { two: ready }),
        });
      const weightOf = (ready: number) => {
        const write = decide(observed(ready)).effects.find((one) => one.kind === 'SetWeight');
        return write?.kind === 'SetWeight'
          ? write.wanted.destinations.find((one) => one.role === 'canary')?.weight
          : undefined;
      };

      expect([weightOf(2), weightOf(3), weightOf(4)]).toEqual([undefined, 30, 40]);
    },
  );

  it('a step by numbers of pods goes on with the threshold, too', () => {
    const world = new World({
      routed: false,
      rollout: {
        replicas: 10,
        canary: { steps: [{ setWeight: 50 }, { pause: {} }], replicaProgressThreshold: { type: 'Pods', value: 1 } },
      },
    });
    world.run();
    release(world, 'shop:2');
    world.run((now) => now.status?.currentStepIndex === 1);

    expect(world.readyPods('v2')).toBeLessThan(6);
    expect(world.status?.currentStepIndex).toBe(1);
  });
});

describe('old revisions', () => {
  it('live on for scaleDownDelaySeconds, as many as the limit allows [Rollout.spec.strategy.canary.scaleDownDelaySeconds, Rollout.spec.strategy.canary.scaleDownDelayRevisionLimit]', () => {
    const { world, violations } = deployed(
      { steps: [], scaleDownDelaySeconds: 3600, scaleDownDelayRevisionLimit: 1 },
      2,
    );
    release(world, 'shop:2');
    world.run((now) => now.status?.stableRS === 'v2', 60_000);
    world.run(() => false, 30_000);
    expect(pods(world)).toEqual([2, 2]);
    release(world, 'shop:3');
    world.run((now) => now.status?.stableRS === 'v3', 60_000);
    world.run(() => false, 60_000);

    expect([...pods(world), world.readyPods('v3')]).toEqual([0, 2, 2]);
    expect(violations).toEqual([]);
  });

  describe('after an abort in argoproj.io', () => {
    const argoKeys = keys(argoDialect);
    const noted = { [argoKeys.desiredReplicas]: '5' };
    const aborting = (available: number, annotations: Record<string, string>, abortScaleDownDelaySeconds?: number) =>
      anObserved({
        dialect: argoDialect,
        rollout: {
          canary: { steps, ...(abortScaleDownDelaySeconds === undefined ? {} : { abortScaleDownDelaySeconds }) },
          status: aStatus({
            abort: true,
            abortedAt: new Date(start).toISOString(),
            drainUntil: new Date(start - 1000).toISOString(),
            transition: { id: 'a', kind: 'abort', since: new Date(start).toISOString(), from: 'two', to: 'one' },
            verdict: {
              outcome: 'Failed',
              cause: 'AbortedByUser',
              podHash: 'two',
              revision: 2,
              at: new Date(start).toISOString(),
              message: 'Aborted',
              confirmedStableAt: new Date(start).toISOString(),
            },
          }),
        },
        weight: 0,
        replicaSets: [
          aReplicaSet('one', { available, annotations: noted }),
          aReplicaSet('two', { replicas: 1, revision: 2, annotations: { ...noted, ...annotations } }),
        ],
        stableService: aService('web-stable', 'one', { one: available }),
        canaryService: aService('web-canary', 'one', { one: available }),
      });

    it('the deadline is written once stable is fully available [annotation:scale-down-deadline, Rollout.spec.strategy.canary.abortScaleDownDelaySeconds]', () => {
      expect(decide(aborting(4, {}, 60))).toMatchObject({ effects: [], waiting: { reason: 'PodsNotAvailable' } });
      expect(decide(aborting(5, {}, 60)).effects).toEqual([
        expect.objectContaining({
          kind: 'Annotate',
          set: { [argoKeys.scaleDownDeadline]: new Date(start + 60_000).toISOString().replace('.000Z', 'Z') },
        }),
      ]);
    });

    it('pods go when it has passed, not before [annotation:scale-down-deadline]', () => {
      const at = (ms: number) => ({ [argoKeys.scaleDownDeadline]: new Date(start + ms).toISOString() });
      expect(decide(aborting(5, at(30_000)))).toMatchObject({ effects: [], waiting: { reason: 'Draining' } });
      expect(decide(aborting(5, at(-1_000))).effects).toEqual([
        expect.objectContaining({ kind: 'Scale', podHash: 'two', to: 0 }),
      ]);
    });
  });

  it('a canary is kept for ever with a delay of 0 after an abort [Rollout.spec.strategy.canary.abortScaleDownDelaySeconds]', () => {
    const { world, violations } = deployed({ abortScaleDownDelaySeconds: 0 });
    release(world, 'shop:2');
    world.run();
    world.status = { ...world.status, abort: true };
    world.run();

    expect(violations).toEqual([]);
    expect([world.weight, ...pods(world)]).toEqual([0, 10, 2]);
  });

  it('a revision that is released again loses the deadline of its earlier life', () => {
    const late = { [shopKeys.scaleDownDeadline]: new Date(start - 1000).toISOString() };
    const observed = anObserved({
      rollout: {
        canary: { steps: [{ setWeight: 20 }, { pause: {} }] },
        status: aStatus(),
        annotations: { [shopKeys.revision]: '2' },
      },
      weight: 0,
      replicaSets: [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2, annotations: late })],
      canaryService: aService('web-canary', 'two', { two: 1 }),
    });

    expect(decide(observed).effects).toContainEqual(
      expect.objectContaining({ kind: 'Annotate', set: { [shopKeys.scaleDownDeadline]: null } }),
    );
  });
});
