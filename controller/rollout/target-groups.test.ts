/** Target groups of AWS at the end of a release: no old pod goes before the load balancer has the new ones. */

import { describe, expect, it } from 'vitest';
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
