/** S04 and S08: what the observer says about the stable revision and about available pods. */

import { describe, expect, it } from 'vitest';
import { aShop } from './testing/shop.ts';

describe('S04, the stable revision', () => {
  it('minds its ReplicaSet scaled below spec.replicas', () => {
    const shop = aShop();
    shop.scale('v1', 3);
    expect(shop.broken()).toContain('S04');
  });

  it('does not mind fewer pods when fewer are wanted', () => {
    const shop = aShop();
    shop.spec({ replicas: 3 });
    shop.weights(100, 0);
    shop.scale('v1', 3);
    expect(shop.broken()).not.toContain('S04');
  });

  it('minds its ReplicaSet deleted', () => {
    const shop = aShop();
    shop.remove('controller', 'ReplicaSet', 'web-v1');
    expect(shop.broken()).toContain('S04');
  });

  it('minds a revision that becomes stable without a promotion on record', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.reach('v2', 50, 2);
    shop.status({ stableRS: 'v2' });
    expect(shop.broken()).toContain('S04');
  });

  it.each([
    [3, []],
    [1, ['S04', 'S08']],
  ])('knows what a step of 25 leaves to stable without a router: %d of 4 is %j', (size, broken) => {
    const shop = aShop({ routed: false, steps: [{ setWeight: 25 }] });
    shop.begin('v2');
    shop.createSet('v2', 1);
    shop.pods('v2', 1);
    shop.wait(3_000);
    shop.scale('v1', size);
    expect(shop.broken()).toEqual(broken);
  });
});

describe('S08, available pods', () => {
  it('minds ready pods taken before others are ready', () => {
    const shop = aShop({ routed: false, steps: [{ setWeight: 50 }] });
    shop.begin('v2');
    shop.createSet('v2', 2);
    shop.wait(3_000);
    shop.scale('v1', 2);
    expect(shop.broken()).toEqual(['S08']);
  });

  it('does not mind pods taken that were not ready', () => {
    const shop = aShop({ routed: false, steps: [{ setWeight: 50 }] });
    shop.pods('v1', 2);
    shop.begin('v2');
    shop.wait(3_000);
    shop.scale('v1', 2);
    expect(shop.broken()).toEqual([]);
  });
});
