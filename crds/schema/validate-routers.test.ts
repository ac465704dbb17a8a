/** Each rule about the settings of a router: one sentence with field, value, what is allowed, what to do. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from './dialect.ts';
import type { Rollout } from './rollout.ts';
import { aRoutedCanary } from './testing/builders.ts';
import { validateRollout } from './validate-rollout.ts';

type Routing = NonNullable<NonNullable<Rollout['spec']['strategy']['canary']>['trafficRouting']>;

const sentences = (trafficRouting: Routing, canary: object = {}) =>
  validateRollout(aRoutedCanary({ ...canary, trafficRouting }), tidegateDialect).map((one) => one.message);

const at = 'Rollout shop/web: spec.strategy.canary';
const exact = { setHeaderRoute: { name: 'beta', match: [{ headerName: 'a', headerValue: { exact: 'b' } }] } };

describe('routers that can be used', () => {
  it.each<[string, Routing]>([
    ['nginx', { nginx: { stableIngress: 'web' }, maxTrafficWeight: 1000 }],
    ['nginx with several Ingresses', { nginx: { stableIngresses: ['a', 'b'] } }],
    ['alb', { alb: { ingress: 'web', servicePort: 80, stickinessConfig: { enabled: true, durationSeconds: 60 } } }],
    ['ambassador', { ambassador: { mappings: ['web'] } }],
    ['traefik', { traefik: { weightedTraefikServiceName: 'web' } }],
    ['apisix', { apisix: { route: { name: 'web' } } }],
    ['contour', { contour: { httpProxies: [{ name: 'web' }] } }],
  ])('%s has no problem', (_name, routing) => {
    expect(sentences(routing)).toEqual([]);
  });
});

describe('settings of routers', () => {
  it.each<[string, Routing, string]>([
    [
      'nginx with both fields',
      { nginx: { stableIngress: 'a', stableIngresses: ['b'] } },
      '.trafficRouting.nginx is with both stableIngress and stableIngresses, but exactly one of stableIngress and stableIngresses must be set: remove one.',
    ],
    [
      'nginx with neither',
      { nginx: {} },
      '.trafficRouting.nginx is without stableIngress and stableIngresses, but exactly one of stableIngress and stableIngresses must be set: add one.',
    ],
    [
      'alb with both fields',
      { alb: { ingress: 'a', ingresses: ['b'] } },
      '.trafficRouting.alb is with both ingress and ingresses, but exactly one of ingress and ingresses must be set: remove one.',
    ],
    [
      'stickiness that AWS refuses',
      { alb: { ingress: 'a', stickinessConfig: { enabled: true, durationSeconds: 700_000 } } },
      '.trafficRouting.alb.stickinessConfig.durationSeconds is 700000, but AWS takes 1 to 604800 seconds: write such a number.',
    ],
    [
      'ports of an Ingress that is not named',
      { alb: { ingress: 'a', servicePorts: [{ ingress: 'b', servicePorts: [80] }] } },
      '.trafficRouting.alb.servicePorts[0].ingress is "b", but it must be one of the Ingresses that alb names: correct the name.',
    ],
    [
      'no Mapping',
      { ambassador: { mappings: [] } },
      '.trafficRouting.ambassador.mappings is empty, but it must name a Mapping: name a Mapping.',
    ],
    [
      'no ApisixRoute',
      { apisix: {} },
      '.trafficRouting.apisix.route is unset, but it must name an ApisixRoute: name an ApisixRoute.',
    ],
    [
      'another total than 100 with a router of percentages',
      { ambassador: { mappings: ['web'] }, maxTrafficWeight: 1000 },
      '.trafficRouting.maxTrafficWeight is 1000, but only nginx, plugins, gatewayAPI and contour count in other parts than 100: remove it.',
    ],
  ])('%s', (_name, routing, sentence) => {
    expect(sentences(routing)).toEqual([`${at}${sentence}`]);
  });

  it('alb with ping-pong needs a root Service', () => {
    const pingPong = { pingService: 'a', pongService: 'b' };

    expect(sentences({ alb: { ingress: 'web' } }, { pingPong })).toContain(
      `${at}.trafficRouting.alb.rootService is unset, but with pingPong it is required: name the Service that the Ingress has.`,
    );
    expect(sentences({ alb: { ingress: 'web', rootService: 'root' } }, { pingPong }).join()).not.toMatch(/rootService/);
  });

  it('alb matches headers by exact values only', () => {
    const byPrefix = { setHeaderRoute: { name: 'beta', match: [{ headerName: 'a', headerValue: { prefix: 'b' } }] } };
    const routing = { alb: { ingress: 'web' }, managedRoutes: [{ name: 'beta' }] };

    expect(sentences(routing, { steps: [exact, { setWeight: 10 }] })).toEqual([]);
    expect(sentences(routing, { steps: [byPrefix, { setWeight: 10 }] })).toEqual([
      `${at}.steps[0].setHeaderRoute.match[0].headerValue is a prefix, but with alb only exact values can be matched: set exact.`,
    ]);
  });
});
