/** Each kind of effect is one call of the API server, and each of its answers has a consequence and a sentence. */

import { describe, expect, it } from 'vitest';
import type { ApiResult, JsonObject, KubeObject, Ref } from '../../kube/api.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { act } from './act.ts';
import type { Call } from './calls.ts';
import type { RolloutEffect } from './effects.ts';
import type { Observed } from './observed.ts';
import { refTo } from './scene.ts';
import {
  anAnalysisRun,
  anObserved,
  aPod,
  aReplicaSet,
  aService,
  aStatus,
  type ObservedGiven,
  plainRouter,
  shopKeys,
} from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';
import { weightPlan } from './traffic-plan.ts';

type Answer = ReturnType<typeof fakeClient>['answer'];

const notFound: ApiResult = { kind: 'not-found', message: 'no such object' };
const conflict: ApiResult = { kind: 'conflict', message: 'changed' };
const busy: ApiResult = { kind: 'busy', retryAfterMs: 700 };
const two = aReplicaSet('two', { replicas: 3 });
const run = anAnalysisRun('web-two-2-1');
const pod: Ref = { ...refTo(aPod('two')), uid: 'pod-uid' };

interface Given {
  readonly observed?: Observed;
  readonly answer?: Answer;
  readonly signal?: AbortSignal;
}

async function carryOut(effects: readonly RolloutEffect[], given: Given = {}) {
  const { observed = seen(), answer = () => undefined, signal } = given;
  const { status } = observed.rollout;
  const fake = fakeClient();
  fake.answer = answer;
  const asked: Call[] = [];
  const options = { client: fake.client, keys: shopKeys, wrote: () => undefined, signal };
  const call = (one: Call): void => void asked.push(one);
  const outcome = await act({ ...options, call }, observed, { phase: 'act', status, effects, facts: [] });
  return { outcome, calls: fake.calls, asked };
}

function seen(given: ObservedGiven = {}): Observed {
  return anObserved({ rollout: { status: aStatus() }, ...given });
}

function object(kind: string, name: string, more: JsonObject = {}): KubeObject & JsonObject {
  const head = { apiVersion: 'tidegate.io/v1alpha1', kind, metadata: { name, namespace: 'shop' } };
  return { ...head, ...more } as KubeObject & JsonObject;
}
const ok = (one: KubeObject & JsonObject): ApiResult => ({
  kind: 'ok',
  object: one as Extract<ApiResult, { kind: 'ok' }>['object'],
});
const scaleDown = (to = 0, live = true): RolloutEffect => ({
  kind: 'Scale',
  target: refTo(two),
  podHash: 'two',
  from: 3,
  to,
  desired: 5,
  live,
  tells: [],
});
const setWeight: RolloutEffect = {
  kind: 'SetWeight',
  wanted: weightPlan('web-stable', 'web-canary', 20, 100),
  tells: [],
};

describe('an effect', () => {
  const draft = object('AnalysisRun', 'web-two-2-1');
  const cases: readonly (readonly [RolloutEffect, object])[] = [
    [
      { kind: 'StartAnalysis', draft: { name: draft.metadata.name, object: { ...draft } as never }, tells: [] },
      { verb: 'create', kind: 'AnalysisRun', name: 'web-two-2-1', options: { fieldManager: 'tidegate' } },
    ],
    [
      { kind: 'StopAnalysis', target: refTo(run), tells: [] },
      { verb: 'merge', kind: 'AnalysisRun', body: { spec: { terminate: true } }, options: { uid: 'uid-web-two-2-1' } },
    ],
    [
      { kind: 'Delete', target: refTo(run), tells: [] },
      { verb: 'delete', name: 'web-two-2-1', options: { uid: 'uid-web-two-2-1', resourceVersion: '1' } },
    ],
    [
      { kind: 'Patch', target: refTo(two), patch: { metadata: { labels: { a: 'b' } } }, tells: [] },
      { verb: 'merge', kind: 'ReplicaSet', body: { metadata: { labels: { a: 'b' } } }, options: { uid: 'uid-two' } },
    ],
    [
      { kind: 'Evict', target: pod, tells: [] },
      {
        verb: 'createSub',
        name: 'web-two-1',
        body: { kind: 'Eviction', deleteOptions: { preconditions: { uid: 'pod-uid' } } },
      },
    ],
  ];

  for (const [effect, call] of cases)
    it(`${effect.kind} is one write, on the object that was decided on`, async () => {
      const { outcome, calls } = await carryOut([effect]);

      expect(calls).toHaveLength(1);
      expect(calls[0]).toMatchObject(call);
      expect(outcome).toMatchObject({ writes: 1 });
      expect(outcome.stopped).toBeUndefined();
    });

  it('Call is handed over and sends nothing to the API server', async () => {
    const call: Call = {
      key: 'k',
      target: { kind: 'plugin', name: 'example/check', operation: 'Run' },
      request: { step: 1 },
    };
    const { outcome, calls, asked } = await carryOut([{ kind: 'Call', call, tells: [] }]);

    expect(asked).toEqual([call]);
    expect(calls).toEqual([]);
    expect(outcome.writes).toBe(0);
  });

  it('ends with the leadership: its signal goes along with every request', async () => {
    const { signal } = new AbortController();
    const { calls } = await carryOut([{ kind: 'Delete', target: refTo(run), tells: [] }], { signal });

    expect(calls[0]?.options).toMatchObject({ signal });
  });
});

describe('an Experiment', () => {
  const start: RolloutEffect = {
    kind: 'StartExperiment',
    draft: {
      name: 'web-two-2-1',
      object: object('Experiment', 'web-two-2-1', { spec: {} }) as never,
      templates: [{ name: 'old' }, { name: 'new', specRef: 'canary' }],
      sets: { canary: 'web-two', stable: 'web-one' },
    },
    tells: [],
  };

  it('takes the pod templates that the two ReplicaSets have now', async () => {
    const { calls } = await carryOut([start], {
      answer: ({ verb, name }) =>
        verb === 'get' ? ok(object('ReplicaSet', name, { spec: { template: { spec: { from: name } } } })) : undefined,
    });

    expect(calls.map(({ verb, name }) => `${verb} ${name}`)).toEqual([
      'get web-two',
      'get web-one',
      'create web-two-2-1',
    ]);
    expect(calls[2]?.body).toMatchObject({
      spec: {
        templates: [
          { name: 'old', template: { spec: { from: 'web-one' } } },
          { name: 'new', template: { spec: { from: 'web-two' } } },
        ],
      },
    });
  });

  it('is not made when one of them can not be read', async () => {
    const { outcome, calls } = await carryOut([start], {
      answer: ({ name }) => (name === 'web-one' ? notFound : undefined),
    });

    expect(outcome.stopped?.why).toBe('could not read ReplicaSet web-one: no such object');
    expect(calls.map(({ verb }) => verb)).toEqual(['get', 'get']);
  });
});

describe('an answer that is no success', () => {
  const remove: RolloutEffect = { kind: 'Delete', target: refTo(run), tells: [] };
  const evict: RolloutEffect = { kind: 'Evict', target: pod, tells: [] };
  const make: RolloutEffect = {
    kind: 'StartAnalysis',
    draft: { name: 'x', object: object('AnalysisRun', 'x') as never },
    tells: [],
  };

  const sentences: readonly (readonly [ApiResult, string])[] = [
    [conflict, 'it changed meanwhile'],
    [busy, 'the API server is busy'],
    [{ kind: 'forbidden', message: 'no', right: 'delete analysisruns' }, 'the controller may not delete analysisruns'],
    [{ kind: 'invalid', message: 'it is odd', problems: [] }, 'it is odd'],
    [{ kind: 'gone', message: 'too old' }, 'too old'],
    [{ kind: 'unknown', cause: new Error('no answer in time') }, 'no answer in time'],
  ];
  for (const [answer, why] of sentences)
    it(`(${answer.kind}) stops the pass and says why`, async () => {
      const { outcome } = await carryOut([remove], { answer: () => answer });

      expect(outcome.stopped?.why).toBe(`could not delete AnalysisRun web-two-2-1: ${why}`);
      expect(outcome.writes).toBe(0);
    });

  it('waits as long as a busy API server asks for', async () => {
    const { outcome } = await carryOut([remove], { answer: () => busy });

    expect(outcome.stopped?.afterMs).toBe(700);
  });

  it('is none for an object that is gone already', async () => {
    const removed = await carryOut([remove], { answer: () => notFound });
    const evicted = await carryOut([evict], { answer: () => notFound });
    const anew = await carryOut([evict], { answer: () => conflict });

    for (const { outcome } of [removed, evicted, anew]) {
      expect(outcome.stopped).toBeUndefined();
      expect(outcome.writes).toBe(0);
    }
  });

  it('waits half a minute after a disruption budget refused an eviction', async () => {
    const { outcome } = await carryOut([evict], { answer: () => busy });

    expect(outcome.stopped).toEqual({
      kind: 'stopped',
      why: 'the eviction of pod web-two-1 was refused',
      afterMs: 30_000,
    });
  });

  it('names the right that an eviction lacks', async () => {
    const answer = (): ApiResult => ({ kind: 'forbidden', message: 'no', right: 'create pods/eviction' });
    const { outcome } = await carryOut([evict], { answer });

    expect(outcome.stopped?.why).toBe('could not evict pod web-two-1: the controller may not create pods/eviction');
  });

  it('waits for the cache when what it makes is there from an earlier pass', async () => {
    const { outcome } = await carryOut([make], { answer: () => conflict });

    expect(outcome.stopped).toMatchObject({ why: 'AnalysisRun x exists already', afterMs: 50 });
  });
});

describe('a ReplicaSet that can not be made', () => {
  const create: RolloutEffect = {
    kind: 'CreateReplicaSet',
    draft: { name: 'web-two', podHash: 'two', replicas: 1, object: object('ReplicaSet', 'web-two') as never },
    tells: [],
  };

  it('says so', async () => {
    const { outcome } = await carryOut([create], { answer: () => busy });

    expect(outcome.stopped?.why).toBe('could not create ReplicaSet web-two: the API server is busy');
  });

  it('counts no collision while nobody knows whose the name is', async () => {
    const { outcome, calls } = await carryOut([create], {
      answer: ({ verb }) => (verb === 'create' ? conflict : busy),
    });

    expect(outcome.stopped?.why).toBe('could not read ReplicaSet web-two: the API server is busy');
    expect(calls.map(({ verb }) => verb)).toEqual(['create', 'get']);
  });

  it('looks again when the collision could not be counted', async () => {
    const { outcome } = await carryOut([create], {
      answer: ({ verb }) => (verb === 'create' || verb === 'merge' ? conflict : undefined),
    });

    expect(outcome.stopped?.why).toBe('could not change Rollout web: it changed meanwhile');
  });
});

describe('the routes', () => {
  const routed = seen({ weight: 0 });

  it('are not written without a router, or when the router refuses', async () => {
    const none = await carryOut([setWeight]);
    const refused = await carryOut([setWeight], {
      observed: { ...routed, traffic: { ...routed.traffic!, found: () => undefined } },
    });

    expect(none.outcome.stopped?.why).toBe('there is no router');
    expect(refused.outcome.stopped?.why).toBe('PlainRoute/route does not exist');
    expect(refused.calls).toEqual([]);
  });

  it('are made and removed as the router plans it', async () => {
    const stale = { ...object('Split', 'old'), metadata: { name: 'old', namespace: 'shop', uid: 'u-old' } };
    const router: TrafficRouter = {
      ...plainRouter,
      plan: () => [
        { kind: 'create', object: object('Split', 'new') },
        { kind: 'delete', object: stale },
      ],
    };
    const { calls } = await carryOut([setWeight], { observed: { ...routed, traffic: { ...routed.traffic!, router } } });

    expect(calls).toMatchObject([
      { verb: 'create', kind: 'Split', name: 'new' },
      { verb: 'delete', kind: 'Split', name: 'old', options: { uid: 'u-old' } },
    ]);
  });

  it('keep all pods of a revision when none of them is there', async () => {
    const { outcome } = await carryOut([scaleDown()], { observed: routed, answer: () => notFound });

    expect(outcome.stopped).toMatchObject({ why: 'the routes hold no weights', afterMs: 1000 });
  });

  it('keep pods by a weight that was not known when the size was decided on', async () => {
    const canaryService = aService('web-canary', 'two');
    const stableService = aService('web-stable', 'two');
    const state = { written: undefined, confirmed: 'no' as const };
    const blind = { ...routed, traffic: { ...routed.traffic!, state } };
    const spec = { canary: 5, stable: 95, confirmed: true };
    const answer = () => ok(object('PlainRoute', 'route', { spec }));
    const canary = await carryOut([scaleDown(1)], { observed: { ...blind, canaryService }, answer });
    const stable = await carryOut([scaleDown(1)], { observed: { ...blind, stableService }, answer });

    for (const { outcome } of [canary, stable])
      expect(outcome.stopped?.why).toMatch(/^revision two has .* weight than was known$/);
  });

  it('keep the canary while a header or mirror route leads to it', async () => {
    const canary = {
      trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'route' }] }, managedRoutes: [{ name: 'inside' }] },
    };
    const router: TrafficRouter = {
      ...plainRouter,
      plan: (_rollout, { managed }) =>
        managed === undefined ? [] : [{ kind: 'create', object: object('Split', 'none') }],
    };
    const known = seen({
      weight: 0,
      rollout: { status: aStatus(), canary },
      canaryService: aService('web-canary', 'two'),
    });
    const { outcome } = await carryOut([scaleDown()], {
      observed: { ...known, traffic: { ...known.traffic!, router } },
      answer: () => ok(object('PlainRoute', 'route', { spec: { canary: 0, stable: 100, confirmed: true } })),
    });

    expect(outcome.stopped?.why).toBe('header or mirror routes still lead to revision two');
  });
});

describe('the active Service of a blue-green Rollout, asked before its pods go', () => {
  const plain = seen();
  const strategy = { blueGreen: { activeService: 'web-active' } };
  const observed = { ...plain, rollout: { ...plain.rollout, spec: { ...plain.rollout.spec, strategy } } };
  const selects = (selector: Record<string, string>) => () =>
    ok(object('Service', 'web-active', { spec: { selector } }));

  const kept: readonly (readonly [string, Answer, string])[] = [
    [
      'selects them',
      selects({ [shopKeys.podTemplateHash]: 'two' }),
      'the active Service web-active selects revision two',
    ],
    ['selects all pods', selects({ app: 'web' }), 'the active Service web-active selects the pods of every revision'],
    [
      'has no selector',
      () => ok(object('Service', 'web-active')),
      'the active Service web-active selects the pods of every revision',
    ],
    ['can not be read', () => busy, 'the active Service web-active could not be read'],
  ];
  for (const [what, answer, why] of kept)
    it(`keeps them when it ${what}`, async () => {
      const { outcome, calls } = await carryOut([scaleDown()], { observed, answer });

      expect(outcome.stopped?.why).toBe(why);
      expect(calls.map(({ verb }) => verb)).toEqual(['get']);
    });

  it('lets them go when it selects another revision', async () => {
    const { outcome, calls } = await carryOut([scaleDown()], {
      observed,
      answer: ({ verb }) => (verb === 'get' ? selects({ [shopKeys.podTemplateHash]: 'one' })() : undefined),
    });

    expect(outcome.stopped).toBeUndefined();
    expect(calls.map(({ verb }) => verb)).toEqual(['get', 'merge']);
  });

  it('is not asked when no pod is lost, nor by a strategy that has none', async () => {
    const grown = await carryOut([scaleDown(5, false)], { observed });
    const canary = await carryOut([scaleDown()]);

    expect(grown.calls.map(({ verb }) => verb)).toEqual(['merge']);
    expect(canary.calls.map(({ verb }) => verb)).toEqual(['merge']);
  });
});
