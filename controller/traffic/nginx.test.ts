import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { canaryIngressName, nginx } from './nginx.ts';
import {
  aRollout,
  holding,
  live,
  type LiveObject,
  merged,
  ownerOfShop,
  wanted,
  written,
} from './testing/route-world.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const path = (service: string, at = '/'): JsonObject => ({
  path: at,
  pathType: 'Prefix',
  backend: { service: { name: service, port: { number: 80 } } },
});
const rule = (host: string, ...paths: JsonObject[]): JsonObject => ({ host, http: { paths } });

function stableIngress(spec: JsonObject = {}, annotations: JsonObject = {}, name = 'web'): LiveObject {
  return live({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'team', annotations: { 'cert-manager.io/issuer': 'le', ...annotations } },
    spec: { ingressClassName: 'nginx', rules: [rule('shop.example.com', path('shop-stable'))], ...spec },
  });
}

const rollout = (nginxSettings: JsonObject = { stableIngress: 'web' }, more: JsonObject = {}) =>
  aRollout({ nginx: nginxSettings, ...more });

/** The world after the weight was written once. */
function at(canary: number, of = rollout(), objects: readonly LiveObject[] = [stableIngress()]): readonly LiveObject[] {
  return written(objects, nginx.plan(of, wanted(canary), holding(objects)));
}

describe('the canary Ingress', () => {
  it('is made beside the stable one, owned by the Rollout, with its class and the canary Service as backend [router:nginx, Rollout.spec.strategy.canary.trafficRouting.nginx.stableIngress]', () => {
    const stable = stableIngress({ tls: [{ hosts: ['shop.example.com'], secretName: 'cert' }] });

    const writes = nginx.plan(rollout(), wanted(20), holding([stable]));

    expect(writes).toEqual([
      {
        kind: 'create',
        object: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata: {
            name: 'shop-web-canary',
            namespace: 'team',
            annotations: { [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: '20' },
            ownerReferences: [ownerOfShop],
          },
          spec: {
            ingressClassName: 'nginx',
            tls: [{ hosts: ['shop.example.com'], secretName: 'cert' }],
            rules: [rule('shop.example.com', path('shop-canary'))],
          },
        },
      },
    ]);
  });

  it('copies only rules with a path to stable, and of these the other paths as they are', () => {
    const stable = stableIngress({
      rules: [
        rule('docs.example.com', path('docs')),
        rule('shop.example.com', path('api', '/api'), path('shop-stable')),
      ],
    });

    const [, canary] = at(20, rollout(), [stable]);

    expect(canary).toMatchObject({
      spec: { rules: [rule('shop.example.com', path('api', '/api'), path('shop-canary'))] },
    });
    expect(canary?.['spec']).toHaveProperty('rules.length', 1);
  });

  it('keeps a class that is given as annotation', () => {
    const stable = stableIngress({ ingressClassName: undefined }, { 'kubernetes.io/ingress.class': 'inner' });

    const [, canary] = at(20, rollout(), [stable]);

    expect(canary?.metadata.annotations).toMatchObject({ 'kubernetes.io/ingress.class': 'inner' });
    expect(canary?.['spec']).not.toHaveProperty('ingressClassName');
  });

  it('counts in parts of maxTrafficWeight [Rollout.spec.strategy.canary.trafficRouting.maxTrafficWeight]', () => {
    const of = rollout(undefined, { maxTrafficWeight: 1000 });

    const writes = nginx.plan(of, wanted(5, 1000), holding([stableIngress()]));

    const after = written([stableIngress()], writes);
    expect(after[1]?.metadata.annotations).toEqual({
      [`${prefix}/canary`]: 'true',
      [`${prefix}/canary-weight`]: '5',
      [`${prefix}/canary-weight-total`]: '1000',
    });
    expect(nginx.read(of, holding(after)).written).toEqual(wanted(5, 1000));
    expect(nginx.plan(of, wanted(2, 100), holding([stableIngress()]))).toMatchObject([
      { object: { metadata: { annotations: { [`${prefix}/canary-weight`]: '20' } } } },
    ]);
  });

  it('carries annotations with another prefix and those of the user, short names with the prefix [Rollout.spec.strategy.canary.trafficRouting.nginx.annotationPrefix, Rollout.spec.strategy.canary.trafficRouting.nginx.additionalIngressAnnotations, Rollout.spec.strategy.canary.trafficRouting.nginx.canaryIngressAnnotations]', () => {
    const of = rollout({
      stableIngress: 'web',
      annotationPrefix: 'inner.example.com',
      additionalIngressAnnotations: { 'canary-by-header': 'X-Canary', 'inner.example.com/canary-by-cookie': 'beta' },
      canaryIngressAnnotations: { 'example.com/team': 'shop' },
    });

    const [, canary] = at(20, of);

    expect(canary?.metadata.annotations).toEqual({
      'inner.example.com/canary-by-header': 'X-Canary',
      'inner.example.com/canary-by-cookie': 'beta',
      'example.com/team': 'shop',
      'inner.example.com/canary': 'true',
      'inner.example.com/canary-weight': '20',
    });
  });

  it('is made for each of several Ingresses [Rollout.spec.strategy.canary.trafficRouting.nginx.stableIngresses]', () => {
    const of = rollout({ stableIngresses: ['web', 'inner'] });

    const after = at(30, of, [stableIngress(), stableIngress({}, {}, 'inner')]);

    expect(after.map((one) => one.metadata.name)).toEqual(['web', 'inner', 'shop-web-canary', 'shop-inner-canary']);
    expect(nginx.needs(of).map((key) => key.name)).toEqual(['web', 'shop-web-canary', 'inner', 'shop-inner-canary']);
  });

  it('has a name of at most 253 characters', () => {
    const long = `${'a'.repeat(240)}.example.com`;

    const name = canaryIngressName(rollout(), long);

    expect(name.length).toBeLessThanOrEqual(253);
    expect(name).toBe(`shop-${'a'.repeat(240)}-canary`);
  });
});

describe('moving the weight', () => {
  it('writes only the weight when it changes, and nothing when it does not', () => {
    const objects = at(20);

    expect(nginx.plan(rollout(), wanted(20), holding(objects))).toEqual([]);
    expect(nginx.plan(rollout(), wanted(50), holding(objects))).toEqual([
      {
        kind: 'patch',
        object: objects[1],
        patch: { metadata: { annotations: { [`${prefix}/canary-weight`]: '50' } } },
      },
    ]);
  });

  it('goes back to 0 and keeps the Ingress', () => {
    const before = at(50);

    const after = written(before, nginx.plan(rollout(), wanted(0), holding(before)));

    expect(nginx.read(rollout(), holding(after))).toEqual({ written: wanted(0), confirmed: 'unknown' });
    expect(after).toHaveLength(2);
  });

  it('follows the stable Ingress when its rules change', () => {
    const [, canary] = at(20);
    const stable = stableIngress({ rules: [rule('new.example.com', path('shop-stable'))] });

    const after = written([stable, canary!], nginx.plan(rollout(), wanted(20), holding([stable, canary!])));

    expect(after[1]).toMatchObject({ spec: { rules: [rule('new.example.com', path('shop-canary'))] } });
  });

  it.each<[string, JsonObject]>([
    ['another weight', { metadata: { annotations: { [`${prefix}/canary-weight`]: '90' } } }],
    ['an unreadable weight', { metadata: { annotations: { [`${prefix}/canary-weight`]: 'much' } } }],
    ['no canary mark', { metadata: { annotations: { [`${prefix}/canary`]: null } } }],
    ['a canary annotation more', { metadata: { annotations: { [`${prefix}/canary-by-cookie`]: 'x' } } }],
    ['another backend', { spec: { rules: [rule('shop.example.com', path('elsewhere'))] } }],
    ['a default backend', { spec: { defaultBackend: { service: { name: 'x', port: { number: 1 } } } } }],
  ])('sets a foreign edit right: %s', (_name, edit) => {
    const [stable, canary] = at(20);
    const edited = [stable!, live(merged(canary!, edit))];

    const after = written(edited, nginx.plan(rollout(), wanted(20), holding(edited)));

    expect(after[1]).toEqual(canary);
    expect(nginx.plan(rollout(), wanted(20), holding(after))).toEqual([]);
  });

  it('leaves annotations of others alone', () => {
    const [stable, canary] = at(20);
    const edited = [stable!, live(merged(canary!, { metadata: { annotations: { 'example.com/seen': 'yes' } } }))];

    expect(nginx.plan(rollout(), wanted(20), holding(edited))).toEqual([]);
  });

  it('on the way down raises no Ingress that is lower already', () => {
    const of = rollout({ stableIngresses: ['web', 'inner'] });
    const objects = [...at(50, rollout(), [stableIngress()]), stableIngress({}, {}, 'inner')];

    const writes = nginx.plan(of, wanted(20), holding(objects), 'lower');

    expect(writes).toMatchObject([{ kind: 'patch', object: { metadata: { name: 'shop-web-canary' } } }]);
    expect(writes).toHaveLength(1);
  });
});

describe('reading', () => {
  it('takes a missing canary Ingress as weight 0', () => {
    expect(nginx.read(rollout(), holding([stableIngress()]))).toEqual({ written: wanted(0), confirmed: 'unknown' });
  });

  it('tells both ends when Ingresses differ', () => {
    const of = rollout({ stableIngresses: ['web', 'inner'] });
    const objects = [...at(50, rollout(), [stableIngress()]), stableIngress({}, {}, 'inner')];

    const state = nginx.read(of, holding(objects));

    expect(state).toMatchObject({ written: wanted(50), lowest: wanted(0) });
    expect(state.why).toBe('the weights of Ingress/shop-web-canary, Ingress/shop-inner-canary differ');
  });

  it('takes a weight that it can not read as anything from none to all', () => {
    const [stable, canary] = at(20);
    const edited = live(merged(canary!, { metadata: { annotations: { [`${prefix}/canary-weight`]: 'much' } } }));

    expect(nginx.read(rollout(), holding([stable!, edited]))).toMatchObject({
      written: wanted(100),
      lowest: wanted(0),
    });
  });

  it('is unreadable without the stable Ingress', () => {
    expect(nginx.read(rollout(), holding([]))).toEqual({
      written: undefined,
      confirmed: 'no',
      why: 'Ingress/web does not exist',
    });
  });
});

it.each<[string, readonly LiveObject[], RegExp]>([
  ['the stable Ingress does not exist', [], /^Ingress\/web does not exist in namespace team; create it/],
  [
    'no rule has the stable Service',
    [stableIngress({ rules: [rule('shop.example.com', path('other'))] })],
    /^no rule of Ingress\/web has Service\/shop-stable as backend; add a path/,
  ],
  [
    'somebody else has an Ingress of that name',
    [stableIngress(), stableIngress({}, {}, 'shop-web-canary')],
    /^Ingress\/shop-web-canary exists already and does not belong to Rollout\/shop/,
  ],
])('refuses when %s', (_name, objects, message) => {
  const refusal = nginx.plan(rollout(), wanted(20), holding(objects));

  expect(refusal).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
  expect(refusal).toHaveProperty('field', 'spec.strategy.canary.trafficRouting.nginx.stableIngress');
});
