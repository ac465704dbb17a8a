import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { ambassador, canaryMappingName } from './ambassador.ts';
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

function aMapping(spec: JsonObject = {}, name = 'web', metadata: JsonObject = {}): LiveObject {
  return live({
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace: 'team', labels: { app: 'shop' }, ...metadata },
    spec: { hostname: '*', prefix: '/shop', service: 'shop-stable:8080', ...spec },
  });
}

const rollout = (...mappings: string[]) =>
  aRollout({ ambassador: { mappings: mappings.length > 0 ? mappings : ['web'] } });

function at(canary: number, of = rollout(), objects: readonly LiveObject[] = [aMapping()]): readonly LiveObject[] {
  return written(objects, ambassador.plan(of, wanted(canary), holding(objects)));
}

describe('the canary Mapping', () => {
  it('is made with the first weight, as a copy that leads to the canary Service at the same port [router:ambassador, Rollout.spec.strategy.canary.trafficRouting.ambassador.mappings]', () => {
    const writes = ambassador.plan(rollout(), wanted(30), holding([aMapping()]));

    expect(writes).toEqual([
      {
        kind: 'create',
        object: {
          apiVersion: 'getambassador.io/v3alpha1',
          kind: 'Mapping',
          metadata: { name: 'web-canary', namespace: 'team', ownerReferences: [ownerOfShop] },
          spec: { hostname: '*', prefix: '/shop', service: 'shop-canary:8080', weight: 30 },
        },
      },
    ]);
  });

  it('does not exist before, and is deleted when the weight is back at 0', () => {
    expect(ambassador.plan(rollout(), wanted(0), holding([aMapping()]))).toEqual([]);
    expect(at(0, rollout(), at(30))).toEqual([aMapping()]);
  });

  it.each([
    ['shop-stable', 'shop-canary'],
    ['shop-stable.team:80', 'shop-canary:80'],
    ['https://shop-stable:443', 'https://shop-canary:443'],
  ])('of service %s has service %s', (service, copy) => {
    const [, canary] = at(30, rollout(), [aMapping({ service })]);

    expect(canary).toHaveProperty('spec.service', copy);
  });

  it('is made for each Mapping, with a name of at most 253 characters', () => {
    const long = 'm'.repeat(253);

    const after = at(30, rollout('web', long), [aMapping(), aMapping({}, long)]);

    expect(after.map((one) => one.metadata.name)).toEqual(['web', long, 'web-canary', canaryMappingName(long)]);
    expect(canaryMappingName(long)).toHaveLength(253);
  });

  it('takes over one that Argo made, which has no owner', () => {
    const argos = aMapping({ service: 'shop-canary:8080', weight: 20 }, 'web-canary');

    expect(ambassador.plan(rollout(), wanted(20), holding([aMapping(), argos]))).toEqual([]);
  });
});

describe('moving the weight', () => {
  it('writes the weight alone, and nothing when it is there', () => {
    const objects = at(30);

    expect(ambassador.plan(rollout(), wanted(30), holding(objects))).toEqual([]);
    expect(ambassador.plan(rollout(), wanted(60), holding(objects))).toMatchObject([
      { patch: { spec: { weight: 60 } } },
    ]);
  });

  it.each<[string, JsonObject]>([
    ['another weight', { weight: 90 }],
    ['no weight', { weight: null }],
    ['another service', { service: 'elsewhere' }],
    ['a condition more', { headers: { 'x-a': 'b' } }],
  ])('sets a foreign edit right: %s', (_name, edit) => {
    const [stable, canary] = at(30);
    const edited = [stable!, live(merged(canary!, { spec: edit }))];

    expect(written(edited, ambassador.plan(rollout(), wanted(30), holding(edited)))[1]).toEqual(canary);
  });

  it('on the way down makes no Mapping that is not there', () => {
    const of = rollout('web', 'inner');
    const objects = [...at(60), aMapping({}, 'inner')];

    const after = written(objects, ambassador.plan(of, wanted(30), holding(objects), 'lower'));

    expect(ambassador.read(of, holding(after))).toMatchObject({ written: wanted(30), lowest: wanted(0) });
  });

  it('goes back to stable although the Mapping of stable is gone', () => {
    const [, canary] = at(30);

    expect(ambassador.read(rollout(), holding([canary!]))).toMatchObject({ written: wanted(100), lowest: wanted(0) });
    expect(ambassador.plan(rollout(), wanted(0), holding([canary!]))).toMatchObject([{ kind: 'delete' }]);
  });
});

it('reads a missing canary Mapping as weight 0', () => {
  expect(ambassador.read(rollout(), holding([aMapping()]))).toEqual({ written: wanted(0), confirmed: 'unknown' });
});

it.each<[string, readonly LiveObject[], RegExp]>([
  ['the Mapping does not exist', [], /^Mapping\/web does not exist in namespace team/],
  [
    'the Mapping carries a weight itself',
    [aMapping({ weight: 40 })],
    /^Mapping\/web has spec.weight 40; .* remove it$/,
  ],
  [
    'somebody else has a Mapping of that name',
    [aMapping(), aMapping({}, 'web-canary')],
    /^Mapping\/web-canary exists already and does not belong to Rollout\/shop/,
  ],
])('refuses when %s', (_name, objects, message) => {
  expect(ambassador.plan(rollout(), wanted(30), holding(objects))).toMatchObject({
    kind: 'refused',
    field: 'spec.strategy.canary.trafficRouting.ambassador.mappings[0]',
    message: expect.stringMatching(message),
  });
});
