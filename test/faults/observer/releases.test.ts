/** Whole releases, told step by step as the controller makes them: nothing is wrong with any of them. */

import { expect, it } from 'vitest';
import { aShop, type Shop } from './testing/shop.ts';

it('says nothing about a release that is promoted step by step', () => {
  const shop = aShop();
  shop.begin('v2');
  shop.reach('v2', 50, 2);
  pass(shop, 1, { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: shop.stamp() }], controllerPause: true });
  shop.wait(5_000);
  pass(shop, 2, { pauseConditions: null, controllerPause: null });
  shop.analysisRun('web-v2-2-2', { hash: 'v2', step: 2, phase: 'Running' });
  shop.analysisRun('web-v2-2-2', { hash: 'v2', step: 2, phase: 'Successful' });
  pass(shop, 3, { transition: { id: 'p', kind: 'promote', from: 'v1', to: 'v2' } });
  shop.scale('v2', 4);
  shop.pods('v2', 4);
  shop.weights(0, 100);
  shop.confirm();
  shop.select('web-stable', 'v2');
  shop.pods('v2', 4);
  shop.weights(100, 0);
  shop.confirm();
  shop.status({
    transition: null,
    stableRS: 'v2',
    phase: 'Healthy',
    canary: { weights: { canary: { weight: 0 }, verified: true } },
  });
  shop.wait(10_000);
  shop.scale('v1', 0);
  shop.pods('v1', 0);

  expect(shop.finish()).toEqual([]);
});

it('says nothing about an abort in its order', () => {
  const shop = abortedShop();
  shop.weights(100, 0);
  shop.confirm();
  shop.status({ verdict: { confirmedStableAt: shop.stamp() } });
  shop.select('web-canary', 'v1');
  shop.pods('v1', 4);
  shop.wait(5_000);
  shop.scale('v2', 0);
  shop.pods('v2', 0);
  shop.status({ transition: null, phase: 'Degraded', waiting: { on: 'user', moves: 'Change the template.' } });

  expect(shop.finish()).toEqual([]);
});

it('says nothing about a release by numbers of pods', () => {
  const shop = aShop({ routed: false, steps: [{ setWeight: 25 }] });
  shop.begin('v2');
  shop.createSet('v2', 1);
  shop.pods('v2', 1);
  shop.wait(3_000);
  shop.scale('v1', 3);
  shop.pods('v1', 3);
  pass(shop, 1, { transition: { id: 'p', kind: 'promote', from: 'v1', to: 'v2' } });
  for (const size of [2, 3, 4]) {
    shop.scale('v2', size);
    shop.pods('v2', size);
    shop.wait(3_000);
    shop.scale('v1', 4 - size);
    shop.pods('v1', 4 - size);
  }
  shop.select('web-stable', 'v2');
  shop.select('web-canary', 'v2');
  shop.status({ transition: null, stableRS: 'v2', phase: 'Healthy' });

  expect(shop.finish()).toEqual([]);
});

function pass(shop: Shop, index: number, patch: Parameters<Shop['status']>[0] = {}): void {
  shop.status({ currentStepIndex: index, ...patch });
}

function abortedShop(): Shop {
  const shop = aShop();
  shop.begin('v2');
  shop.reach('v2', 50, 2);
  shop.status({
    abort: true,
    abortedAt: shop.stamp(),
    verdict: { podHash: 'v2', cause: 'AnalysisFailed' },
    transition: { id: 'a', kind: 'abort', from: 'v2', to: 'v1' },
  });
  return shop;
}
