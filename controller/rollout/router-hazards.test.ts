import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { decide } from './decide.ts';
import type { ReplicaSetView } from './observed.ts';
import { phaseOf } from './phase.ts';
import { sceneOf } from './scene.ts';
import { holdWeight } from './stepping.ts';
import { weightPlan } from './traffic-plan.ts';
import { aReplicaSet, aService, aStatus, anObserved } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { World, type WorldOptions } from './testing/world.ts';

const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }];

/** A routed Rollout with v1 stable; `violations` fill while it runs. */
function deployed(options: Partial<WorldOptions> = {}) {
  const world = new World({ rollout: { canary: { steps } }, routed: true, ...options });
  const violations = watchInvariants(world, { drainMs: 10_000 });
  world.run();
  return { world, violations };
}

function release(world: World, version: number): void {
  world.image = `shop:${version}`;
  world.generation += 1;
}

function scaledDown(world: World, podHash: string, since: number) {
  return world.writes.find(
    ({ at, effect }) => at >= since && effect.kind === 'Scale' && effect.podHash === podHash && effect.to < effect.from,
  );
}

const weightsOf = (world: World) => world.routes.map((one) => one.weight);

describe('two routes', () => {
  const routes = ['a', 'b'];

  it('both get the weight when the write of one of them was refused', () => {
    const { world, violations } = deployed({ routes });
    let refused = 0;
    world.conflicts = (name) => name === 'b' && (refused += 1) <= 2;
    release(world, 2);
    world.run();

    expect(refused).toBeGreaterThan(2);
    expect(weightsOf(world)).toEqual([20, 20]);
    expect(violations).toEqual([]);
  });

  it.each([
    ['lowers', 0],
    ['raises', 90],
  ])('both have the weight of the step again after somebody %s one of them', (_what, weight) => {
    const { world, violations } = deployed({ routes });
    release(world, 2);
    world.run();
    world.editRoute('b', weight);
    world.run();

    expect(weightsOf(world)).toEqual([20, 20]);
    expect(violations).toEqual([]);
  });

  it('a promotion ends although somebody lowers one of them at full weight', () => {
    const { world, violations } = deployed({ routes, rollout: { canary: { steps: [{ setWeight: 20 }] } } });
    release(world, 2);
    world.run((now) => now.weight === 100);
    world.editRoute('b', 0);
    world.run();

    expect(world.status?.stableRS).toBe('v2');
    expect(weightsOf(world)).toEqual([0, 0]);
    expect(violations).toEqual([]);
  });

  it('an abort brings both back, and raises neither, when stable can take only a part', () => {
    const { world, violations } = deployed({
      routes,
      rollout: { canary: { steps: [{ setWeight: 80 }, { pause: {} }] } },
    });
    release(world, 2);
    world.run();
    world.editRoute('b', 10);
    for (const pod of world.pods.filter((one) => one.podHash === 'v1').slice(0, 3)) pod.endsAt = world.now + 1;
    world.settlePods();
    world.status = { ...world.status, abort: true };
    world.run();

    expect(weightsOf(world)).toEqual([0, 0]);
    expect(violations).toEqual([]);
  });
});

describe('going back because the template is that of stable again', () => {
  it.each([
    [false, 'Progressing'],
    [true, 'Healthy'],
  ])('with weight 0 confirmed by the router: %s, is %s', (confirmed, phase) => {
    const transition = {
      id: 'b',
      kind: 'back-to-stable',
      from: 'two',
      to: 'one',
      since: '2026-01-01T00:00:00Z',
    } as const;
    const observed = anObserved({ weight: 0, confirmed, replicaSets: [aReplicaSet('one')] });
    const counts = { replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    const status = aStatus({ currentPodHash: 'one', stableRS: 'one', transition, ...counts });

    expect(phaseOf(observed, status).phase).toBe(phase);
  });
});

describe('an aborted Rollout', () => {
  it.each([true, false])(
    'takes the stable Service back when it selects the failed revision (with a router: %s)',
    (routed) => {
      const { world, violations } = deployed({ routed, rollout: { canary: { steps, stableService: 'web-stable' } } });
      release(world, 2);
      world.run();
      world.status = { ...world.status, abort: true };
      world.run();
      expect(world.status?.transition).toBeUndefined();
      world.services.set('web-stable', 'v2');
      world.edited();
      world.run();

      expect(world.services.get('web-stable')).toBe('v1');
      expect(violations).toEqual([]);
    },
  );
});

describe('going back to stable', () => {
  it('drains anew when somebody gives the failed revision traffic in the middle of the drain', () => {
    const { world, violations } = deployed();
    release(world, 2);
    world.run();
    world.status = { ...world.status, abort: true };
    world.run((now) => now.status?.drainUntil !== undefined);
    const first = Date.parse(world.status?.drainUntil ?? '');
    world.now = first - 500;
    world.editRoute('route', 60);
    world.run((now) => now.weight === 0);

    expect(world.status?.drainUntil).toBeUndefined();
    expect(world.status?.verdict?.confirmedStableAt).toBeUndefined();
    world.run();
    expect(scaledDown(world, 'v2', first - 500)?.at).toBeGreaterThanOrEqual(first + 9_500);
    expect(world.status?.verdict?.confirmedStableAt).toBeDefined();
    expect(violations).toEqual([]);
  });

  it.each([
    ['a fourth revision', 4],
    ['the stable one again', 1],
  ])('%s waits until the router has confirmed that the second has no weight', (_what, version) => {
    const { world, violations } = deployed({ confirmMs: 500 });
    release(world, 2);
    world.run();
    world.confirmMs = 120_000;
    release(world, 3);
    world.run((now) => now.weight === 0);
    const since = world.now;
    release(world, version);
    world.run(() => false, 60_000);

    expect(scaledDown(world, 'v2', since)).toBeUndefined();
    expect(world.services.get('web-canary')).toBe('v2');
    world.run();
    expect(world.services.get('web-canary')).toBe(version === 1 ? 'v1' : 'v4');
    expect(violations).toEqual([]);
  });

  it('a retry in the middle of it switches the stable Service back only when stable has the pods for the weight on it', () => {
    const { world, violations } = deployed({ rollout: { canary: { steps: [{ setWeight: 20 }] } } });
    world.confirmMs = 3_000;
    release(world, 2);
    world.run((now) => now.services.get('web-stable') === 'v2' && now.weight === 0);
    for (const pod of world.pods.filter((one) => one.podHash === 'v1').slice(0, 4)) pod.readyAt = world.now + 300_000;
    world.settlePods();
    world.now += 300;
    world.status = { ...world.status, abort: true };
    world.pass();
    world.status = { ...world.status, abort: false };
    world.run((now) => now.services.get('web-stable') === 'v1', 20_000);

    expect(Math.min(...world.servedWeights())).toBe(100);
    expect(violations).toEqual([]);
  });
});

describe('weight that comes back', () => {
  it('right before a partial scale-down keeps the pods', () => {
    const { world, violations } = deployed({
      rollout: { canary: { steps: [{ setWeight: 60 }, { setWeight: 20 }, { pause: {} }] } },
    });
    world.race = () => {
      world.race = () => undefined;
      expect(world.readyPods('v2')).toBe(3);
      world.editRoute('route', 60);
    };
    release(world, 2);
    world.run((now) => now.routes.some((one) => !one.isOurs));
    world.run(() => false, 9_000);

    expect(world.weight).toBe(20);
    expect(world.readyPods('v2')).toBe(3);
    world.run();
    expect(world.readyPods('v2')).toBe(1);
    expect(violations).toEqual([]);
  });

  it('between two updates keeps the canary Service on stable until the gateway has taken it off again', () => {
    const { world, violations } = deployed();
    world.confirmMs = 120_000;
    world.editRoute('route', 60);
    world.run((now) => now.weight === 0);
    release(world, 2);
    world.run(() => false, 60_000);

    expect(world.services.get('web-canary')).toBe('v1');
    expect(world.status?.waiting?.reason).toBe('RouterNotConfirmed');
    world.run();
    expect(world.services.get('web-canary')).toBe('v2');
    expect(world.weight).toBe(20);
    expect(violations).toEqual([]);
  });

  it('while the analysis holds ends the drain of an earlier weight before it falls', () => {
    const held = (status: RolloutStatus) => {
      const observed = anObserved({
        weight: 90,
        canaryService: aService('web-canary', 'two', { two: 3 }),
        rollout: { canary: { steps }, status },
      });
      return holdWeight(sceneOf(observed, status));
    };

    expect(held(aStatus({ drainUntil: '2026-01-01T00:00:05Z' }))).toEqual({
      effects: [],
      facts: [],
      patch: { drainUntil: undefined },
    });
    expect(held(aStatus()).effects).toMatchObject([
      { kind: 'SetWeight', wanted: weightPlan('web-stable', 'web-canary', 20, 100) },
    ]);
  });

  const few = [aReplicaSet('one', { available: 1 }), aReplicaSet('two', { available: 1, revision: 2 })];

  it.each([
    ['after an abort', aStatus({ abort: true, abortedAt: '2026-01-01T00:00:00Z' }), 'two'],
    ['when all is done', aStatus({ stableRS: 'two' }), 'one'],
  ])('%s the canary Service changes hands only onto the pods that it takes', (_when, status, behind) => {
    const stable = status.stableRS ?? '';
    const given = (replicaSets: readonly ReplicaSetView[]) =>
      decide(
        anObserved({
          weight: 60,
          replicaSets,
          stableService: aService('web-stable', stable, { [stable]: 1 }),
          canaryService: aService('web-canary', behind, { [behind]: 3 }),
          rollout: { status },
        }),
      ).effects.filter((one) => one.kind === 'SwitchService');

    expect(given(few)).toEqual([]);
    expect(given([aReplicaSet('one'), aReplicaSet('two', { revision: 2 })])).toMatchObject([{ podHash: stable }]);
  });
});

describe('trafficRouting removed', () => {
  it('in the middle of an update: nothing moves, whatever template comes, and it goes on when it is put back', () => {
    const { world, violations } = deployed();
    release(world, 2);
    world.run();
    const pods = world.readyPods('v2');
    world.isRouted = false;
    release(world, 3);
    world.run(() => false, 60_000);

    expect(world.readyPods('v2')).toBe(pods);
    expect(world.services.get('web-canary')).toBe('v2');
    expect(world.status?.waiting).toMatchObject({ reason: 'InvalidSpec', on: 'user' });
    expect(world.status?.message).toMatch(
      /Rollout shop\/web: spec\.strategy\.canary\.trafficRouting was removed in the middle of an update, and the routes still hold the last canary weight that was recorded \(20\): put it back/,
    );
    world.isRouted = true;
    world.run();
    expect(world.status?.currentPodHash).toBe('v3');
    expect(world.readyPods('v2')).toBe(0);
    expect(world.readyPods('v3')).toBe(1);
    expect(violations).toEqual([]);
  });

  it('between two updates: the next one goes by numbers of pods', () => {
    const { world } = deployed();
    world.isRouted = false;
    release(world, 2);
    world.run();

    expect(world.status?.phase).toBe('Paused');
    expect(world.readyPods('v2')).toBe(1);
    expect(world.weight).toBe(0);
  });
});
