/** Target groups of AWS at the end of a release: no old pod goes before the load balancer has the new ones. */

import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import type { Observed } from './observed.ts';
import { active } from './testing/blue-green-world.ts';
import { answered, CallingBlueGreenWorld, CallingWorld, noAnswer } from './testing/world-calls.ts';

class AskedBlueGreen extends CallingBlueGreenWorld {
  override observe(): Observed {
    return { ...super.observe(), verifiesTargets: true };
  }
}

const groups = [{ name: 'web', arn: 'arn:web', registered: 5, wanted: 5 }];
const short = answered(200, { isVerified: false, why: '2 of 5 are in service', groups: [] });
const whole = answered(200, { isVerified: true, groups });

describe('a blue-green Rollout whose target groups are asked about', () => {
  it.each([
    ['lack pods', short, '2 of 5 are in service'],
    ['can not be looked at', noAnswer, noAnswer.kind === 'none' ? noAnswer.why : ''],
  ] as const)('keeps both revisions after the switch while they %s', (_what, answer, value) => {
    const world = new AskedBlueGreen({ rollout: {} });
    world.http.serve = () => whole;
    world.run();
    world.http.serve = () => answer;
    world.release(2);
    world.run(undefined, 120_000);

    expect(world.services.get(active)).toBe('v2');
    expect(world.status).toMatchObject({ stableRS: 'v1', waiting: { reason: 'TargetsNotInService', value } });
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([5, 5]);

    world.http.serve = () => whole;
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.readyPods('v1')).toBe(0);
    expect(world.facts.filter((one) => one === 'TargetGroupVerified')).toHaveLength(1);
  });

  it('asks about the active Service, and not before the switch', () => {
    const world = new AskedBlueGreen({ rollout: {} });
    world.http.serve = () => whole;
    world.run();
    expect(world.http.calls).toEqual([]);
    world.release(2);
    world.run();

    expect(world.http.calls.map(({ target }) => target)).toEqual([
      {
        kind: 'aws',
        name: 'aws',
        question: { kind: 'targets', namespace: 'shop', service: active, mustExist: false },
      },
    ]);
  });
});

/** The routes are the small cluster's own; the spec also names an AWS load balancer, so its targets are asked about. */
class AskedCanary extends CallingWorld {
  override observe(): Observed {
    const seen = super.observe();
    const { canary = {} } = seen.rollout.spec.strategy ?? {};
    const trafficRouting = { ...canary.trafficRouting, alb: { ingress: 'web', servicePort: 80 } };
    const spec = { ...seen.rollout.spec, strategy: { canary: { ...canary, trafficRouting } } };
    return { ...seen, rollout: { ...seen.rollout, spec }, verifiesTargets: true };
  }
}

function released(canary: CanaryStrategy): AskedCanary {
  const world = new AskedCanary({ rollout: { canary: { steps: [{ setWeight: 20 }], ...canary } }, routed: true });
  world.run();
  world.serve = () => short;
  world.image = 'shop:2';
  world.generation += 1;
  world.run(undefined, 120_000);
  return world;
}

describe('a canary behind an AWS load balancer', () => {
  it('gives no weight back to the stable Service while its target groups lack pods', () => {
    const world = released({});
    expect(world.weight).toBe(100);
    expect(world.services.get('web-stable')).toBe('v2');
    expect(world.status).toMatchObject({ stableRS: 'v1', waiting: { reason: 'TargetsNotInService' } });
    expect(world.readyPods('v1')).toBe(5);

    world.serve = () => whole;
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect([world.weight, world.readyPods('v1')]).toEqual([0, 0]);
  });

  it('by ping-pong is not promoted while the target groups of the Service with all weight lack pods', () => {
    const world = released({ pingPong: { pingService: 'web-stable', pongService: 'web-canary' } });
    expect(world.weight).toBe(100);
    expect(world.calls.at(-1)?.target).toMatchObject({ question: { service: 'web-canary', mustExist: true } });
    expect(world.status).toMatchObject({ stableRS: 'v1', waiting: { reason: 'TargetsNotInService' } });
    expect(world.readyPods('v1')).toBe(5);

    world.serve = () => whole;
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2', canary: { stablePingPong: 'pong' } });
    expect(world.readyPods('v1')).toBe(0);
  });
});

describe('a canary without an AWS load balancer', () => {
  it('is asked nothing', () => {
    class Asked extends CallingWorld {
      override observe(): Observed {
        return { ...super.observe(), verifiesTargets: true };
      }
    }
    const world = new Asked({ rollout: { canary: { steps: [{ setWeight: 20 }] } }, routed: true });
    world.run();
    world.image = 'shop:2';
    world.generation += 1;
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.calls).toEqual([]);
  });
});
