import { describe, expect, it } from 'vitest';
import { tidegateDialect } from './dialect.ts';
import { aRoutedCanary } from './testing/builders.ts';
import { validateRollout } from './validate-rollout.ts';

const routing = { gatewayAPI: { httpRoutes: [{ name: 'web' }] }, managedRoutes: [{ name: 'beta' }] };
const match = [{ headerName: 'x', headerValue: { exact: 'y' } }];
const at = 'spec.strategy.canary.steps[0]';

const problemsOf = (step: object, trafficRouting: object = routing) =>
  validateRollout(aRoutedCanary({ trafficRouting, steps: [step] }), tidegateDialect).map((one) => one.message);

describe('steps that make routes', () => {
  it.each([
    ['header', { setHeaderRoute: { name: 'beta', match } }],
    ['header, removed', { setHeaderRoute: { name: 'beta' } }],
    ['mirror', { setMirrorRoute: { name: 'beta', percentage: 10, match: [{ path: { prefix: '/' } }] } }],
  ])('are fine with a name of managedRoutes (%s)', (_what, step) => {
    expect(problemsOf(step)).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'a name that is not listed [Rollout.spec.strategy.canary.trafficRouting.managedRoutes[].name]',
      { setHeaderRoute: { name: 'gamma', match } },
      `${at}.setHeaderRoute.name is "gamma", but it must be listed in spec.strategy.canary.trafficRouting.managedRoutes, which lists beta: list it there or correct the name.`,
    ],
    [
      'no name [Rollout.spec.strategy.canary.steps[].setMirrorRoute.name]',
      { setMirrorRoute: { match: [{ path: { prefix: '/' } }] } },
      `${at}.setMirrorRoute.name is unset, but it must name a managed route: name the route.`,
    ],
    [
      'a header without a value [Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue]',
      { setHeaderRoute: { name: 'beta', match: [{ headerName: 'x' }] } },
      `${at}.setHeaderRoute.match[0].headerValue is empty, but exactly one of exact, prefix, regex must be set: set one.`,
    ],
    [
      'two kinds of match in a field of a mirror [Rollout.spec.strategy.canary.steps[].setMirrorRoute.match[].method]',
      { setMirrorRoute: { name: 'beta', match: [{ method: { exact: 'GET', regex: 'G.*' } }] } },
      `${at}.setMirrorRoute.match[0].method is with exact and regex, but exactly one of exact, prefix, regex must be set: leave one.`,
    ],
    [
      'two kinds of match in a header of a mirror [Rollout.spec.strategy.canary.steps[].setMirrorRoute.match[].headers]',
      { setMirrorRoute: { name: 'beta', match: [{ headers: { x: { exact: 'a', prefix: 'b' } } }] } },
      `${at}.setMirrorRoute.match[0].headers["x"] is with exact and prefix, but exactly one of exact, prefix, regex must be set: leave one.`,
    ],
  ])('are refused with %s', (_what, step, message) => {
    expect(problemsOf(step)).toEqual([expect.stringContaining(message)]);
  });

  it('list each name once', () => {
    const twice = { ...routing, managedRoutes: [{ name: 'beta' }, { name: 'beta' }] };

    expect(problemsOf({ setWeight: 5 }, twice)).toEqual([
      expect.stringContaining('managedRoutes[1].name is "beta" again'),
    ]);
  });
});
