import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { alb } from './alb.ts';
import type { ManagedRoute } from './router.ts';
import { aRollout, holding, live, type LiveObject, merged, wanted, written } from './testing/route-world.ts';

const prefix = 'alb.ingress.kubernetes.io';
const book = 'rollouts.argoproj.io/managed-alb-annotations';
const path = (service: string, port: JsonObject = { name: 'use-annotation' }): JsonObject => ({
  path: '/*',
  pathType: 'ImplementationSpecific',
  backend: { service: { name: service, port } },
});
const rule = (...paths: JsonObject[]): JsonObject => ({ http: { paths } });

function anIngress(
  rules: JsonObject[] = [rule(path('shop-root'))],
  annotations: JsonObject = {},
  name = 'web',
): LiveObject {
  return live({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'team', annotations: { 'kubernetes.io/ingress.class': 'alb', ...annotations } },
    spec: { rules },
  });
}

const settings = { ingress: 'web', servicePort: 80, rootService: 'shop-root' };
const rollout = (more: JsonObject = {}, canary: JsonObject = {}, apiVersion?: string) =>
  aRollout({ alb: { ...settings, ...more }, managedRoutes: [{ name: 'beta' }, { name: 'staff' }] }, canary, apiVersion);

const group = (service: string, weight: number, port = '80') =>
  `{"ServiceName":"${service}","ServicePort":"${port}","Weight":${weight}}`;
const action = (...groups: string[]) => `{"Type":"forward","ForwardConfig":{"TargetGroups":[${groups.join(',')}]}}`;
const split = (canary: number) => action(group('shop-canary', canary), group('shop-stable', 100 - canary));

function at(canary: number, of = rollout(), objects: readonly LiveObject[] = [anIngress()], managed?: ManagedRoute[]) {
  const plan = { ...wanted(canary), ...(managed ? { managed } : {}) };
  return written(objects, alb.plan(of, plan, holding(objects)));
}

const header = (name: string, value: string): ManagedRoute => ({
  kind: 'header',
  name,
  match: [{ headerName: 'X-Group', headerValue: { exact: value } }],
});

describe('the action annotation', () => {
  it('is written letter for letter as Argo writes it, with its bookkeeping [router:alb, Rollout.spec.strategy.canary.trafficRouting.alb.ingress, Rollout.spec.strategy.canary.trafficRouting.alb.rootService, Rollout.spec.strategy.canary.trafficRouting.alb.servicePort, annotation:rollouts.argoproj.io/managed-alb-annotations]', () => {
    const writes = alb.plan(rollout(), wanted(10), holding([anIngress()]));

    expect(writes).toEqual([
      {
        kind: 'patch',
        object: anIngress(),
        patch: {
          metadata: {
            annotations: {
              [`${prefix}/actions.shop-root`]: split(10),
              [book]: `{"shop":["${prefix}/actions.shop-root"]}`,
            },
          },
        },
      },
    ]);
  });

  it('is named after the stable Service without a root Service', () => {
    const of = rollout({ rootService: undefined });

    const [after] = at(10, of, [anIngress([rule(path('shop-stable'))])]);

    expect(after?.metadata.annotations).toHaveProperty([`${prefix}/actions.shop-stable`], split(10));
  });

  it('has the stickiness and the prefix that are asked for [Rollout.spec.strategy.canary.trafficRouting.alb.annotationPrefix, Rollout.spec.strategy.canary.trafficRouting.alb.stickinessConfig.enabled, Rollout.spec.strategy.canary.trafficRouting.alb.stickinessConfig.durationSeconds]', () => {
    const of = rollout({ annotationPrefix: 'my.alb', stickinessConfig: { enabled: true, durationSeconds: 3600 } });

    const [after] = at(10, of);

    expect(after?.metadata.annotations).toHaveProperty(
      ['my.alb/actions.shop-root'],
      `${split(10).slice(0, -2)},"TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":3600}}}`,
    );
  });

  it('puts the Services of an experiment between canary and stable', () => {
    const plan = wanted(10, 100, {
      destinations: [
        { service: 'shop-stable', role: 'stable', weight: 85 },
        { service: 'shop-canary', role: 'canary', weight: 10 },
        { service: 'baseline', role: 'extra', weight: 5 },
      ],
    });

    const [after] = written([anIngress()], alb.plan(rollout(), plan, holding([anIngress()])));

    expect(after?.metadata.annotations).toHaveProperty(
      [`${prefix}/actions.shop-root`],
      action(group('shop-canary', 10), group('baseline', 5), group('shop-stable', 85)),
    );
    expect(alb.read(rollout(), holding([after!])).written).toMatchObject({ total: 100 });
  });

  it('is kept the same on several Ingresses, each with its ports [Rollout.spec.strategy.canary.trafficRouting.alb.ingresses, Rollout.spec.strategy.canary.trafficRouting.alb.servicePorts[].ingress, Rollout.spec.strategy.canary.trafficRouting.alb.servicePorts[].servicePorts]', () => {
    const of = rollout({
      ingress: undefined,
      ingresses: ['web', 'inner'],
      servicePorts: [{ ingress: 'inner', servicePorts: [8080, 9090] }],
    });

    const after = at(25, of, [anIngress(), anIngress(undefined, {}, 'inner')]);

    expect(after[0]?.metadata.annotations).toHaveProperty([`${prefix}/actions.shop-root`], split(25));
    expect(after[1]?.metadata.annotations).toHaveProperty(
      [`${prefix}/actions.shop-root`],
      action(
        group('shop-canary', 25, '8080'),
        group('shop-canary', 25, '9090'),
        group('shop-stable', 75, '8080'),
        group('shop-stable', 75, '9090'),
      ),
    );
    expect(alb.read(of, holding(after))).toEqual({ written: wanted(25), confirmed: 'unknown' });
    expect(alb.plan(of, wanted(25), holding(after))).toEqual([]);
  });

  it('follows the turns of ping-pong Services [Rollout.spec.strategy.canary.pingPong.pingService]', () => {
    const of = rollout({}, { pingPong: { pingService: 'shop-ping', pongService: 'shop-pong' } });
    const plan = {
      total: 100,
      destinations: [
        { service: 'shop-ping', role: 'stable' as const, weight: 90 },
        { service: 'shop-pong', role: 'canary' as const, weight: 10 },
      ],
    };

    const [after] = written([anIngress()], alb.plan(of, plan, holding([anIngress()])));

    expect(after?.metadata.annotations).toHaveProperty(
      [`${prefix}/actions.shop-root`],
      action(group('shop-pong', 10), group('shop-ping', 90)),
    );
  });

  it('keeps the bookkeeping of other Rollouts of the Ingress, and uses its own key in the other dialect', () => {
    const shared = anIngress(undefined, { [book]: '{"blog":["x"]}', 'tidegate.io/managed-alb-annotations': 'broken' });

    const [argo] = at(10, rollout(), [shared]);
    const [own] = at(10, rollout({}, {}, 'tidegate.io/v1alpha1'), [shared]);

    expect(argo?.metadata.annotations).toHaveProperty([book], `{"blog":["x"],"shop":["${prefix}/actions.shop-root"]}`);
    expect(own?.metadata.annotations).toMatchObject({
      [book]: '{"blog":["x"]}',
      'tidegate.io/managed-alb-annotations': `{"shop":["${prefix}/actions.shop-root"]}`,
    });
  });
});

describe('moving the weight', () => {
  it.each<[string, string | null]>([
    ['another weight', split(90)],
    ['a text that is no action', 'nonsense'],
    ['no annotation', null],
  ])('sets a foreign edit right: %s', (_name, text) => {
    const [good] = at(20);
    const edited = live(merged(good!, { metadata: { annotations: { [`${prefix}/actions.shop-root`]: text } } }));

    const [after] = written([edited], alb.plan(rollout(), wanted(20), holding([edited])));

    expect(after).toEqual(good);
    expect(alb.plan(rollout(), wanted(20), holding([after!]))).toEqual([]);
  });

  it('on the way down raises no Ingress that is lower already', () => {
    const of = rollout({ ingress: undefined, ingresses: ['web', 'inner'] });
    const objects = [at(50)[0]!, anIngress(undefined, {}, 'inner')];

    const after = written(objects, alb.plan(of, wanted(20), holding(objects), 'lower'));

    expect(alb.read(of, holding(after))).toMatchObject({ written: wanted(20), lowest: wanted(0) });
  });
});

describe('reading', () => {
  it('takes an Ingress without the annotation as weight 0', () => {
    expect(alb.read(rollout(), holding([anIngress()]))).toEqual({ written: wanted(0), confirmed: 'unknown' });
  });

  it('understands small first letters of keys, as AWS documents them', () => {
    const text =
      '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"shop-canary","servicePort":"80","weight":30},{"serviceName":"shop-stable","servicePort":80,"weight":70}]}}';
    const state = alb.read(rollout(), holding([anIngress(undefined, { [`${prefix}/actions.shop-root`]: text })]));

    expect(state.written).toEqual(wanted(30));
  });

  it('takes an action that it can not read as anything from none to all', () => {
    const object = anIngress(undefined, { [`${prefix}/actions.shop-root`]: '{"type":"redirect"}' });

    expect(alb.read(rollout(), holding([object]))).toMatchObject({ written: wanted(100), lowest: wanted(0) });
  });
});

describe('header routes', () => {
  const twoRules = [rule(path('docs', { number: 80 })), rule(path('shop-root'))];

  it('are an action, a condition and a path in front of the rule that leads to the Rollout [step:setHeaderRoute, Rollout.spec.strategy.canary.steps[].setHeaderRoute.name, Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerName, Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue.exact]', () => {
    const [after] = at(0, rollout(), [anIngress(twoRules)], [header('beta', 'yes')]);

    expect(after?.metadata.annotations).toMatchObject({
      [`${prefix}/actions.beta`]: action(group('shop-canary', 100)),
      [`${prefix}/conditions.beta`]:
        '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Group","values":["yes"]}}]',
      [book]: `{"shop":["${prefix}/actions.shop-root","${prefix}/actions.beta","${prefix}/conditions.beta"]}`,
    });
    expect(after?.['spec']).toEqual({ rules: [twoRules[0], rule(path('beta'), path('shop-root'))] });
  });

  it('stand in the order they are given, first wins, and are written once [Rollout.spec.strategy.canary.trafficRouting.managedRoutes[].name]', () => {
    const managed = [header('beta', 'yes'), header('staff', 'yes')];
    const before = at(0, rollout(), [anIngress()], [managed[1]!]);

    const after = at(0, rollout(), before, managed);

    expect(after[0]?.['spec']).toEqual({ rules: [rule(path('beta'), path('staff'), path('shop-root'))] });
    expect(alb.plan(rollout(), wanted(0, 100, { managed }), holding(after))).toEqual([]);
  });

  it('go without a trace when they are not wanted any more', () => {
    const before = at(0);
    const between = at(0, rollout(), before, [header('beta', 'yes')]);

    expect(alb.plan(rollout(), wanted(0), holding(between))).toEqual([]);
    expect(at(0, rollout(), between, [])).toEqual(before);
  });

  it('are refused with a prefix or a regular expression', () => {
    const managed: ManagedRoute[] = [
      { kind: 'header', name: 'beta', match: [{ headerName: 'X-Group', headerValue: { prefix: 'y' } }] },
    ];

    expect(alb.plan(rollout(), wanted(0, 100, { managed }), holding([anIngress()]))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(
        /^header route beta matches header X-Group by prefix or regex; with alb only exact/,
      ),
    });
  });

  it('are claimed as paths as long as they are there', () => {
    const [after] = at(0, rollout(), [anIngress(twoRules)], [header('beta', 'yes')]);

    const pointers = alb.claims(rollout(), holding([after!])).flatMap((claim) => claim.pointers);

    expect(pointers).toContain('/spec/rules/1/http/paths/0');
    expect(pointers).toContain('/metadata/annotations/alb.ingress.kubernetes.io~1actions.shop-root');
  });
});

it.each<[string, readonly LiveObject[], RegExp]>([
  ['the Ingress does not exist', [], /^Ingress\/web does not exist in namespace team/],
  [
    'no rule has the root Service',
    [anIngress([rule(path('other'))])],
    /^no rule of Ingress\/web has Service\/shop-root as backend/,
  ],
  [
    'the path names a real port',
    [anIngress([rule(path('shop-root', { number: 80 }))])],
    /so its action annotation has no effect; set the port name to use-annotation$/,
  ],
])('refuses when %s', (_name, objects, message) => {
  expect(alb.plan(rollout(), wanted(20), holding(objects))).toMatchObject({
    kind: 'refused',
    field: 'spec.strategy.canary.trafficRouting.alb.ingress',
    message: expect.stringMatching(message),
  });
});
