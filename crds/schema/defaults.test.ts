/** What unset fields mean, durations, percentages, selectors, keys and gateway routes. */

import { describe, expect, it } from 'vitest';
import { drainDelayMs, progressDeadlineAbort, rollingLimits } from './defaults.ts';
import { argoDialect, tidegateDialect } from './dialect.ts';
import { durationText, parseDurationMs, pauseDurationMs } from './duration.ts';
import { gatewayRoutes } from './gateway-routes.ts';
import { resolveIntOrPercent } from './int-or-string.ts';
import { keys } from './keys.ts';
import { selectorMatches, selectorText } from './label-selector.ts';
import { metricSettings } from './metric-settings.ts';
import { aCanary, aMetric, aRollout, aRoutedCanary } from './testing/builders.ts';

describe('drainDelayMs', () => {
  it.each([
    ['nothing to drain without a router', aCanary({}), 0, 0],
    ['10 s unless said', aRoutedCanary(), 10_000, 10_000],
    [
      "the Rollout's own delays",
      aRoutedCanary({ scaleDownDelaySeconds: 3, abortScaleDownDelaySeconds: 4 }),
      3000,
      4000,
    ],
    [
      '0 after an abort keeps the canary',
      aRoutedCanary({ scaleDownDelaySeconds: 0, abortScaleDownDelaySeconds: 0 }),
      0,
      'keep',
    ],
  ])('%s', (_name, rollout, promotion, abort) => {
    expect(drainDelayMs(rollout, tidegateDialect, 'promotion')).toBe(promotion);
    expect(drainDelayMs(rollout, tidegateDialect, 'abort')).toBe(abort);
  });

  it('is 30 s in argoproj.io unless said', () => {
    expect(drainDelayMs(aRoutedCanary(), argoDialect, 'abort')).toBe(30_000);
  });
});

describe('progressDeadlineAbort', () => {
  it('differs by dialect only when unset', () => {
    expect(progressDeadlineAbort(aRollout(), tidegateDialect)).toBe(true);
    expect(progressDeadlineAbort(aRollout(), argoDialect)).toBe(false);
    expect(progressDeadlineAbort(aRollout({ progressDeadlineAbort: false }), tidegateDialect)).toBe(false);
  });
});

describe('rollingLimits', () => {
  it.each([
    [aRollout({ replicas: 10 }), { maxSurge: 3, maxUnavailable: 2 }],
    [
      aRollout({ replicas: 10, strategy: { canary: { maxSurge: 1, maxUnavailable: '50%' } } }),
      { maxSurge: 1, maxUnavailable: 5 },
    ],
    [
      aRollout({ replicas: 2, strategy: { canary: { maxSurge: 0, maxUnavailable: '1%' } } }),
      { maxSurge: 0, maxUnavailable: 1 },
    ],
  ])('rounds surge up and missing pods down', (rollout, expected) => {
    expect(rollingLimits(rollout)).toEqual(expected);
  });

  it('reads a text without % as a percentage', () => {
    expect(resolveIntOrPercent('50', 10, 'up')).toBe(5);
    expect(resolveIntOrPercent('x', 10, 'up')).toBeUndefined();
  });
});

describe('durations', () => {
  it.each([
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5s', 1500],
    ['0', 0],
    ['-1s', -1000],
    ['5', undefined],
    ['', undefined],
    ['1d', undefined],
    ['1s ', undefined],
  ])('%j is %s ms', (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });

  it('reads a pause in seconds or as a duration', () => {
    expect([pauseDurationMs(30), pauseDurationMs('30'), pauseDurationMs('2m')]).toEqual([30_000, 30_000, 120_000]);
  });

  it('writes spans shortly', () => {
    expect([0, 61_000, 3_600_000].map(durationText)).toEqual(['0s', '1m1s', '1h']);
  });
});

describe('gatewayRoutes', () => {
  it('reads both forms', () => {
    const plugin = { 'argoproj-labs/gatewayAPI': { httpRoute: 'a', httpRoutes: [{ name: 'b' }], namespace: 'other' } };
    const both = aRoutedCanary({
      trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web', rule: 'main' }] }, plugins: plugin },
    });
    const found = gatewayRoutes(both);

    expect(found.kind === 'routes' && found.routes.map(({ namespace, name, rule }) => [namespace, name, rule])).toEqual(
      [
        ['shop', 'web', 'main'],
        ['other', 'a', undefined],
        ['other', 'b', undefined],
      ],
    );
  });

  it('says where the configuration of the plugin is wrong', () => {
    const wrong = aRoutedCanary({ trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoutes: 'web' } } } });

    expect(gatewayRoutes(wrong)).toMatchObject({ kind: 'unreadable', field: expect.stringContaining('.httpRoutes') });
  });
});

describe('label selectors', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'tier', operator: 'NotIn' as const, values: ['b', 'a'] }],
  };

  it('match when every condition holds', () => {
    expect(selectorMatches(selector, { app: 'web' })).toBe(true);
    expect(selectorMatches(selector, { app: 'web', tier: 'a' })).toBe(false);
    expect(selectorMatches(selector, {})).toBe(false);
  });

  it('have one text', () => {
    expect(selectorText(selector)).toBe('app=web,tier notin (a,b)');
  });
});

describe('keys', () => {
  it("are Argo's in its group and ours elsewhere, the hash label alike", () => {
    const [argo, own] = [keys(argoDialect), keys(tidegateDialect)];

    expect([argo.revision, own.revision]).toEqual(['rollout.argoproj.io/revision', 'tidegate.io/revision']);
    expect([argo.scaleDownDeadline, own.scaleDownDeadline]).toEqual([
      'scale-down-deadline',
      'tidegate.io/scale-down-deadline',
    ]);
    expect([argo.command, own.command]).toEqual(['argoproj.io/command', 'tidegate.io/command']);
    expect(argo.podTemplateHash).toBe(own.podTemplateHash);
    expect(argo.term).toBe('tidegate.io/term');
  });
});

describe('metricSettings', () => {
  it('takes one measurement without an interval and endless ones with it', () => {
    expect(metricSettings(aMetric()).count).toBe(1);
    expect(metricSettings(aMetric({ interval: '5s' })).count).toBeUndefined();
    expect(metricSettings(aMetric({ interval: '5s', count: '3' }))).toMatchObject({
      count: 3,
      intervalMs: 5000,
      consecutiveErrorLimit: 4,
      failureLimit: 0,
    });
  });
});
