import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { aRollout, holding, live, type LiveObject, wanted, written } from './testing/route-world.ts';
import { traefik } from './traefik.ts';

const service = (name: string, weight?: number, more: JsonObject = {}): JsonObject => ({
  name,
  port: 80,
  ...(weight === undefined ? {} : { weight }),
  ...more,
});

function aService(services: readonly JsonObject[] = [service('shop-stable'), service('shop-canary')]): LiveObject {
  return live({
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'TraefikService',
    metadata: { name: 'web', namespace: 'team' },
    spec: { weighted: { sticky: { cookie: { name: 'side' } }, services } },
  });
}

const rollout = aRollout({ traefik: { weightedTraefikServiceName: 'web' } });

describe('weights of a TraefikService', () => {
  it('are written on both Services, all else stays as it is [router:traefik, Rollout.spec.strategy.canary.trafficRouting.traefik.weightedTraefikServiceName]', () => {
    const nested = service('shop-canary', 0, { kind: 'TraefikService' });
    const before = aService([
      nested,
      service('shop-stable', undefined, { serversTransport: 't' }),
      service('shop-canary'),
    ]);

    const [after] = written([before], traefik.plan(rollout, wanted(30), holding([before])));

    expect(after).toEqual(
      aService([nested, service('shop-stable', 70, { serversTransport: 't' }), service('shop-canary', 30)]),
    );
    expect(traefik.plan(rollout, wanted(30), holding([after!]))).toEqual([]);
  });

  it.each([
    ['absent as 1, as Traefik does', undefined, undefined, wanted(1, 2)],
    ['as they are', 75, 25, wanted(25)],
  ])('are read %s', (_name, stable, canary, plan) => {
    const objects = [aService([service('shop-stable', stable), service('shop-canary', canary)])];

    expect(traefik.read(rollout, holding(objects))).toEqual({ written: plan, confirmed: 'unknown' });
  });

  it('are set right again after a foreign edit, and back to 0', () => {
    const edited = aService([service('shop-stable', 1), service('shop-canary', 99)]);

    const [after] = written([edited], traefik.plan(rollout, wanted(0), holding([edited])));

    expect(traefik.read(rollout, holding([after!])).written).toEqual(wanted(0));
  });

  it('are claimed', () => {
    expect(traefik.claims(rollout, holding([aService()])).flatMap((one) => one.pointers)).toEqual([
      '/spec/weighted/services/0/weight',
      '/spec/weighted/services/1/weight',
    ]);
  });
});

it('is unreadable without the Services', () => {
  expect(traefik.read(rollout, holding([]))).toMatchObject({ written: undefined, confirmed: 'no' });
  expect(traefik.read(rollout, holding([aService([service('shop-stable')])]))).toMatchObject({ written: undefined });
});

it.each<[string, readonly LiveObject[], RegExp]>([
  ['the TraefikService does not exist', [], /^TraefikService\/web does not exist in namespace team/],
  [
    'it lacks a Service',
    [aService([service('shop-stable')])],
    /of TraefikService\/web does not name Service\/shop-canary; add both/,
  ],
  [
    'a third Service gets weight',
    [aService([service('shop-stable'), service('shop-canary'), service('old', 5)])],
    /of TraefikService\/web gives weight to old; allowed are only/,
  ],
])('refuses when %s', (_name, objects, message) => {
  expect(traefik.plan(rollout, wanted(30), holding(objects))).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(message),
  });
});
