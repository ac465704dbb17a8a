import { describe, expect, it } from 'vitest';
import { servicesOf } from '../../crds/schema/services-of.ts';
import { watchInvariants } from './testing/invariants.ts';
import { World } from './testing/world.ts';

const pingPong = { pingService: 'web-stable', pongService: 'web-canary' };
const steps = [{ setWeight: 20 }, { pause: {} }];

function deployed(): { world: World; violations: string[] } {
  const world = new World({ routed: true, rollout: { canary: { pingPong, steps } } });
  const violations = watchInvariants(world, { drainMs: 10_000 });
  world.run();
  expect(world.status).toMatchObject({ phase: 'Healthy', canary: { stablePingPong: 'ping' } });
  world.writes.length = 0;
  return { world, violations };
}

function release(world: World, image: string): void {
  world.image = image;
  world.generation += 1;
  world.run();
}

function promote(world: World): void {
  world.status = { ...world.status, pauseConditions: undefined };
  world.run();
}

const switches = (world: World) =>
  world.writes.flatMap(({ effect }) =>
    effect.kind === 'SwitchService' ? [`${effect.target.name} to ${effect.podHash}`] : [],
  );

describe('ping-pong', () => {
  it('swaps the Services over two releases, and never the selector of one with traffic [Rollout.spec.strategy.canary.pingPong.pingService, Rollout.spec.strategy.canary.pingPong.pongService, Rollout.status.canary.stablePingPong]', () => {
    const { world, violations } = deployed();

    release(world, 'shop:2');
    expect([world.weight, world.routes[0]?.weight]).toEqual([20, 20]);
    promote(world);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2', canary: { stablePingPong: 'pong' } });
    expect([world.weight, world.routes[0]?.weight, world.services.get('web-canary')]).toEqual([0, 100, 'v2']);
    release(world, 'shop:3');
    expect([world.weight, world.routes[0]?.weight]).toEqual([20, 80]);
    promote(world);

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3', canary: { stablePingPong: 'ping' } });
    expect([world.routes[0]?.weight, world.services.get('web-stable')]).toEqual([0, 'v3']);
    expect([world.readyPods('v1'), world.readyPods('v2'), world.readyPods('v3')]).toEqual([0, 0, 5]);
    // Pong carries the second release, ping the third; the free one follows when its drain is over.
    expect(switches(world)).toEqual(['web-canary to v2', 'web-stable to v2', 'web-stable to v3', 'web-canary to v3']);
  });

  it('goes back on an abort without a swap', () => {
    const { world, violations } = deployed();
    release(world, 'shop:2');
    promote(world);
    release(world, 'shop:3');
    world.status = { ...world.status, abort: true };
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v2', canary: { stablePingPong: 'pong' } });
    expect([world.weight, world.routes[0]?.weight]).toEqual([0, 100]);
  });

  it('starts the next release while the old revision still drains behind the free Service', () => {
    const { world, violations } = deployed();
    release(world, 'shop:2');
    world.status = { ...world.status, pauseConditions: undefined };
    world.run((now) => now.status?.stableRS === 'v2');
    release(world, 'shop:3');

    expect(violations).toEqual([]);
    expect([world.weight, world.status?.currentStepIndex]).toEqual([20, 1]);
  });
});

describe('servicesOf', () => {
  const spec = { strategy: { canary: { pingPong: { pingService: 'ping', pongService: 'pong' } } } };

  it.each([
    ['before the first release', undefined, { stable: 'ping', canary: 'pong' }],
    ['when it is new to a Rollout that has a stable revision', { stableRS: 'one' }, { stable: 'pong', canary: 'ping' }],
    ['by status', { stableRS: 'one', canary: { stablePingPong: 'ping' as const } }, { stable: 'ping', canary: 'pong' }],
  ])('%s', (_name, status, services) => {
    expect(servicesOf({ spec, ...(status === undefined ? {} : { status }) })).toEqual(services);
  });

  it('starts the drain of the old revision anew when somebody else gives it weight meanwhile', () => {
    const { world, violations } = deployed();
    release(world, 'shop:2');
    world.status = { ...world.status, pauseConditions: undefined };
    world.run((one) => one.status?.stableRS === 'v2');
    world.run(() => false, 8_000);
    world.editRoute('route', 20);
    world.run(() => false, 8_000);
    const kept = world.readyPods('v1');
    world.run();

    expect(kept).toBe(5);
    expect([world.readyPods('v1'), world.weight]).toEqual([0, 0]);
    expect(violations).toEqual([]);
  });

  it('goes on with its steps while the Rollout is scaled to nothing', () => {
    const { world } = deployed();
    world.given = { ...world.given, replicas: 0 };
    release(world, 'shop:2');

    expect(world.status?.waiting?.reason).toBe('PauseStep');
  });
});
