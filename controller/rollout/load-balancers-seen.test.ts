/** Which Ingresses AWS is asked about, and what its answers confirm. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { alb } from '../traffic/alb.ts';
import { routeKindId } from '../traffic/route-kinds.ts';
import { askEveryMs, awsKey } from './aws-readings.ts';
import type { CallAnswer } from './calls.ts';
import { askedRouters, loadBalancersSeen } from './load-balancers-seen.ts';
import { observe } from './observe.ts';
import type { RolloutObject } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import type { RolloutStores } from './stores.ts';
import { aRollout, aService, aStatus, plainRouter, shopKeys, start } from './testing/builders.ts';

const canary = {
  stableService: 'web-stable',
  canaryService: 'web-canary',
  trafficRouting: { alb: { ingress: 'web', servicePort: 80, rootService: 'root' } },
  steps: [{ setWeight: 10 }, { pause: {} }],
};
const rollout = aRollout({ canary });
const targetGroups = [
  { serviceName: 'web-canary', servicePort: '80', weight: 10 },
  { serviceName: 'web-stable', servicePort: '80', weight: 90 },
];
const ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'i',
    resourceVersion: '4',
    annotations: {
      'alb.ingress.kubernetes.io/actions.root': JSON.stringify({ type: 'forward', forwardConfig: { targetGroups } }),
    },
  },
  spec: {
    rules: [{ http: { paths: [{ backend: { service: { name: 'root', port: { name: 'use-annotation' } } } }] } }],
  },
  status: { loadBalancer: { ingress: [{ hostname: 'lb.example' }] } },
} as unknown as KubeObject & JsonObject;
const found = () => ingress;
const slot = Math.floor(start / askEveryMs);

function answers(body: object | undefined, version = '4'): ReadonlyMap<string, CallAnswer> {
  const key = awsKey('rollout-uid', `Ingress/i@${version}`, slot);
  const answer: CallAnswer =
    body === undefined
      ? { kind: 'none', why: 'access denied' }
      : { kind: 'response', status: 200, type: 'application/json', body: JSON.stringify(body) };
  return new Map([[key, answer]]);
}

it('an Ingress is asked about by its host, Services and weights as they are written', () => {
  expect(loadBalancersSeen(rollout, found, undefined)).toEqual([
    {
      ingress: 'web',
      about: 'Ingress/i@4',
      question: {
        kind: 'weights',
        namespace: 'shop',
        ingress: 'web',
        hosts: ['lb.example'],
        canary: 'web-canary',
        stable: 'web-stable',
        groups: [
          { service: 'web-canary', port: '80', weight: 10 },
          { service: 'web-stable', port: '80', weight: 90 },
        ],
      },
      known: {},
    },
  ]);
});

describe('the weights of a load balancer', () => {
  const stateBy = (known: ReadonlyMap<string, CallAnswer> | undefined) =>
    askedRouters([plainRouter, alb], rollout, known)[1]?.read(rollout, found);

  it('are confirmed by what AWS says of the Ingress as it stands', () => {
    expect(stateBy(answers({ isVerified: true }))?.confirmed).toBe('yes');
  });

  it.each<[string, ReadonlyMap<string, CallAnswer> | undefined, string]>([
    ['nobody asked', undefined, 'AWS has not been asked about the weights yet'],
    ['an answer speaks of an earlier version', answers({ isVerified: true }, '3'), 'AWS has not been asked'],
    ['AWS could not be asked', answers(undefined), 'access denied'],
    ['AWS says why not', answers({ isVerified: false, why: 'it has 80' }), 'it has 80'],
    ['AWS says no', answers({ isVerified: false }), 'the load balancer does not have them'],
  ])('are not confirmed when %s', (_what, known, why) => {
    expect(stateBy(known)).toMatchObject({ confirmed: 'no', why: expect.stringContaining(why) as unknown });
  });

  it('of other routers are theirs to confirm', () => {
    expect(askedRouters([plainRouter, alb], rollout, undefined)[0]).toBe(plainRouter);
  });
});

describe('an observation', () => {
  const none = { get: () => undefined, byIndex: () => [], byOwner: () => [] };
  const services = ['web-stable', 'web-canary'].map((name) => aService(name, 'one').view);
  const stores = {
    ...Object.fromEntries(
      ['replicaSets', 'pods', 'endpointSlices', 'analysisRuns', 'experiments', 'analysisTemplates', 'rolloutRuns'].map(
        (name) => [name, none],
      ),
    ),
    services: {
      ...none,
      get: (_namespace: string, name: string) => services.find((one) => one.metadata.name === name),
    },
    workloads: { Deployment: none, ReplicaSet: none, PodTemplate: none },
    routes: new Map([[routeKindId({ group: 'networking.k8s.io', kind: 'Ingress' }), { ...none, get: () => ingress }]]),
  } as unknown as RolloutStores;
  const object = rollout as unknown as RolloutObject;
  const { podHash } = parseRollout(object, tidegateDialect);
  const seen = (status: object, verifiesAws: boolean) =>
    observe(
      {
        stores,
        dialect: tidegateDialect,
        keys: shopKeys,
        routers: [alb],
        verifiesAws,
        calls: { answers: () => answers({ isVerified: true }) },
      },
      { ...object, status } as unknown as RolloutObject,
      start,
    );

  it('has what AWS said of a Rollout under way, and only where it is to be asked', () => {
    const underWay = aStatus({ currentPodHash: podHash });
    const asked = seen(underWay, true);

    expect(asked.traffic?.state.confirmed).toBe('yes');
    expect(asked.loadBalancers).toMatchObject([{ ingress: 'web', known: { last: { reading: { isVerified: true } } } }]);
    expect(asked.verifiesTargets).toBe(true);
    for (const other of [seen(underWay, false), seen(aStatus({ currentPodHash: 'one' }), true)]) {
      expect(other.traffic?.state.confirmed).toBe('unknown');
      expect(other.loadBalancers).toBeUndefined();
    }
  });
});
