/** S01, S02, S03, S05, S06, S07, S12: what the observer says about weights, Services and scale-downs, and what it does not mind. */

import { describe, expect, it } from 'vitest';
import { aShop, type Shop, type ShopOptions } from './testing/shop.ts';

/** Revision v2 at weight 50 with two pods, confirmed. */
function halfway(options: ShopOptions = {}): Shop {
  const shop = aShop(options);
  shop.begin('v2');
  shop.reach('v2', 50, 2);
  expect(shop.broken()).toEqual([]);
  return shop;
}

function aborting(): Shop {
  const shop = halfway();
  const transition = { id: 'a', kind: 'abort', from: 'v2', to: 'v1' };
  shop.status({ abort: true, abortedAt: shop.stamp(), verdict: { podHash: 'v2' }, transition });
  return shop;
}

describe('S01, weights', () => {
  it.each([
    [50, 40],
    [60, 60],
    [-10, 110],
    [49.5, 50.5],
  ])('minds stable %s and canary %s', (stable, canary) => {
    const shop = halfway();
    shop.weights(stable, canary);
    expect(shop.broken()).toContain('S01');
  });

  const elsewhere = {
    spec: {
      rules: [
        {
          backendRefs: [
            { name: 'web-stable', weight: 50 },
            { name: 'other', weight: 50 },
          ],
        },
      ],
    },
  };
  it.each([
    ['controller', ['S01']],
    ['user', []],
  ] as const)('says of a rule that is led elsewhere by the %s: %j', (by, broken) => {
    const shop = halfway();
    shop.write(by, 'HTTPRoute', 'web', elsewhere);
    expect(shop.broken()).toEqual(broken);
  });

  it('does not mind a rule that goes as a whole', () => {
    const shop = halfway();
    shop.write('controller', 'HTTPRoute', 'web', { spec: { rules: [] } });
    expect(shop.broken()).not.toContain('S01');
  });

  it('does not mind what somebody else wrote', () => {
    const shop = halfway();
    shop.weights(50, 40, 'user');
    expect(shop.broken()).toEqual([]);
  });
});

describe('S02, weight only onto ready endpoints', () => {
  it('minds a weight that two pods cannot carry', () => {
    const shop = halfway();
    shop.weights(25, 75);
    expect(shop.broken()).toEqual(['S02']);
  });

  it('does not mind pods that somebody took just before', () => {
    const shop = halfway();
    shop.scale('v2', 3);
    shop.pods('v2', 3);
    shop.wait(3_000);
    shop.pods('v2', 1);
    shop.wait(500);
    shop.weights(25, 75);
    expect(shop.broken()).toEqual([]);
  });

  it('minds pods that have been gone for longer than the controller may not know', () => {
    const shop = halfway();
    shop.scale('v2', 3);
    shop.pods('v2', 3);
    shop.wait(3_000);
    shop.pods('v2', 1);
    shop.wait(2_000);
    shop.weights(25, 75);
    expect(shop.broken()).toEqual(['S02']);
  });

  it('lets a setCanaryScale say how many pods the weight needs', () => {
    const shop = halfway({ steps: [{ setCanaryScale: { replicas: 2 } }, { setWeight: 75 }] });
    shop.status({ currentStepIndex: 1 });
    shop.weights(25, 75);
    expect(shop.broken()).toEqual([]);
  });

  it('lets all traffic go back at once to one ready pod when the canary has none', () => {
    const shop = aborting();
    shop.pods('v2', 0);
    shop.pods('v1', 1);
    shop.wait(3_000);
    shop.weights(100, 0);
    expect(shop.broken()).toEqual([]);
  });

  it('minds more weight on stable than its ready pods carry while the canary has some', () => {
    const shop = aborting();
    shop.pods('v1', 2);
    shop.wait(3_000);
    shop.weights(100, 0);
    expect(shop.broken()).toEqual(['S02']);
  });
});

describe('S03 and S05, no pods go before weight, confirmation and drain', () => {
  it('minds a canary that is scaled down with weight on it', () => {
    const shop = aborting();
    shop.scale('v2', 0);
    expect(shop.broken()).toEqual(['S03', 'S05']);
  });

  it('minds a canary that is scaled down when a Gateway may still serve the old weights', () => {
    const shop = aborting();
    shop.weights(100, 0);
    shop.wait(60_000);
    shop.scale('v2', 0);
    expect(shop.broken()).toEqual(['S03', 'S05']);
  });

  it.each([
    [4_000, ['S03', 'S05']],
    [5_000, []],
  ])('knows the drain delay of an abort: after %d ms %j', (ms, broken) => {
    const shop = aborting();
    shop.weights(100, 0);
    shop.confirm();
    shop.wait(ms);
    shop.scale('v2', 0);
    expect(shop.broken()).toEqual(broken);
  });

  it.each([
    [9_000, ['S03']],
    [10_000, []],
  ])('knows the drain delay of a lower step: after %d ms %j', (ms, broken) => {
    const shop = halfway({ steps: [{ setWeight: 50 }, { setWeight: 25 }] });
    shop.status({ currentStepIndex: 1 });
    shop.weights(75, 25);
    shop.confirm();
    shop.wait(ms);
    shop.scale('v2', 1);
    expect(shop.broken()).toEqual(broken);
  });

  it('does not mind what an autoscaler does', () => {
    const shop = halfway();
    shop.scale('v2', 1, 'user');
    expect(shop.broken()).toEqual([]);
  });

  it('minds a confirmation that no Gateway gave', () => {
    const shop = aborting();
    shop.weights(100, 0);
    shop.wait(3_000);
    shop.status({ verdict: { confirmedStableAt: shop.stamp() } });
    expect(shop.broken()).toEqual(['S05']);
  });

  it('minds an abort that gives the canary more', () => {
    const shop = aborting();
    shop.weights(40, 60);
    expect(shop.broken()).toContain('S05');
  });
});

describe('S06, Services', () => {
  it('minds a stable Service that selects pods which cannot carry its weight', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.reach('v2', 25, 1);
    shop.status({ promoteFull: true }, 'user');
    shop.status({ transition: { id: 'p', kind: 'promote', to: 'v2' } });
    shop.select('web-stable', 'v2');
    expect(shop.broken()).toEqual(['S06']);
  });

  it('minds a Service without weight that selects a revision without pods', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.createSet('v2', 2);
    shop.select('web-canary', 'v2');
    expect(shop.broken()).toEqual(['S06']);
  });

  it('minds a hash that is taken out of a selector', () => {
    const shop = aShop();
    shop.select('web-stable', null);
    expect(shop.broken()).toContain('S06');
  });

  it('does not mind a Service that is given back after somebody changed it', () => {
    const shop = halfway();
    shop.select('web-stable', 'v2', 'user');
    shop.pods('v1', 2);
    shop.wait(5_000);
    shop.select('web-stable', 'v1');
    expect(shop.broken()).toEqual([]);
  });
});

describe('S07, roles', () => {
  it('minds a stable Service on the new revision without a recorded transition', () => {
    const shop = halfway();
    shop.scale('v2', 4);
    shop.pods('v2', 4);
    shop.wait(3_000);
    shop.select('web-stable', 'v2');
    expect(shop.broken()).toContain('S07');
  });

  it('minds a promotion that is called complete before the stable Service has the revision', () => {
    const shop = halfway();
    shop.status({ currentStepIndex: 1, transition: { id: 'p', kind: 'promote', to: 'v2' } });
    shop.status({ transition: null, stableRS: 'v2' });
    expect(shop.broken()).toContain('S07');
  });

  it('does not mind what somebody else selects', () => {
    const shop = halfway();
    shop.select('web-stable', 'v2', 'user');
    shop.status({ message: 'looking' });
    expect(shop.broken()).toEqual([]);
  });
});

describe('S12, one revision besides stable', () => {
  it('minds a third revision behind the canary Service while the second may still be served', () => {
    const shop = halfway();
    shop.begin('v3');
    shop.createSet('v3', 2);
    shop.pods('v3', 2);
    shop.wait(3_000);
    shop.select('web-canary', 'v3');
    expect(shop.broken()).toContain('S12');
  });

  it('does not mind a third revision once the second has lost its weight', () => {
    const shop = halfway();
    const transition = { id: 's', kind: 'supersede', from: 'v2', to: 'v3' };
    shop.spec({ template: { version: 'v3' } });
    shop.status({ currentPodHash: 'v3', currentStepIndex: 0, transition });
    shop.weights(100, 0);
    shop.confirm();
    shop.createSet('v3', 2);
    shop.pods('v3', 2);
    shop.wait(3_000);
    shop.select('web-canary', 'v3');
    expect(shop.broken()).toEqual([]);
  });

  it('minds pods for a third revision while the second has some, where pods are weight', () => {
    const shop = aShop({ routed: false });
    shop.begin('v2');
    shop.createSet('v2', 1);
    shop.begin('v3');
    shop.createSet('v3', 1);
    expect(shop.broken()).toEqual(['S12']);
  });
});
