import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from './canary.ts';
import { argoDialect, tidegateDialect } from './dialect.ts';
import { aCanary } from './testing/builders.ts';
import { validateRollout } from './validate-rollout.ts';

const routed = { trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } } };
const pair = { canaryService: 'web-canary', stableService: 'web-stable' };
const pingPong = { pingService: 'ping', pongService: 'pong' };
const sentences = (canary: CanaryStrategy, dialect = tidegateDialect) =>
  validateRollout(aCanary(canary), dialect).map((one) =>
    one.message.replace('Rollout shop/web: spec.strategy.canary.', ''),
  );

describe('rules of canary sizes', () => {
  it.each([
    ['dynamicStableScale with a router', { ...routed, ...pair, dynamicStableScale: true }],
    ['ping-pong in place of the two Services', { ...routed, pingPong }],
    ['a threshold', { replicaProgressThreshold: { type: 'Percent' as const, value: 90 } }],
  ])('accepts %s', (_name, canary) => {
    expect(sentences({ canaryService: '', stableService: '', ...canary })).toEqual([]);
  });

  it.each([
    [
      'dynamicStableScale without a router',
      { dynamicStableScale: true },
      'dynamicStableScale is true, but it needs trafficRouting: remove it or add a router.',
    ],
    [
      'dynamicStableScale and scaleDownDelaySeconds',
      { ...routed, ...pair, dynamicStableScale: true, scaleDownDelaySeconds: 5 },
      'dynamicStableScale is true, but it excludes scaleDownDelaySeconds: remove one of the two.',
    ],
    [
      'one Service twice',
      { ...routed, pingPong: { pingService: 'ping', pongService: 'ping' } },
      'pingPong.pongService is "ping", but it must differ from pingService: name another Service.',
    ],
    [
      'ping-pong without a router',
      { pingPong },
      'pingPong is set without trafficRouting, but it needs a router: add a router or remove it.',
    ],
    [
      'a percentage above 100',
      { replicaProgressThreshold: { type: 'Percent' as const, value: 101 } },
      'replicaProgressThreshold.value is 101, but a percentage is 0 to 100: correct it.',
    ],
    [
      'a negative floor',
      { minPodsPerReplicaSet: -1 },
      'minPodsPerReplicaSet is -1, but it must be 0 or more: raise it.',
    ],
  ])('refuses %s', (_name, canary, sentence) => {
    expect(sentences({ canaryService: '', stableService: '', ...canary })).toEqual([sentence]);
    expect(sentences({ canaryService: '', stableService: '', ...canary }, argoDialect)).toEqual([sentence]);
  });
});
