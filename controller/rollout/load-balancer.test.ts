/** What AWS is asked, how often, and what its answers mean to a Rollout under way. */

import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import {
  awsKey,
  askEveryMs,
  type Heard,
  type Known,
  knownOf,
  type WeightsReading,
  WeightsReading as Weights,
} from './aws-readings.ts';
import type { CallAnswer } from './calls.ts';
import { albStatus, targetsInService, withLoadBalancers } from './load-balancer.ts';
import type { LoadBalancerSeen } from './load-balancers-seen.ts';
import { effects, type Moves, noMoves, waitFor } from './moves.ts';
import type { Observed } from './observed.ts';
import { type Scene, sceneOf } from './scene.ts';
import { anObserved, aService, aStatus, start } from './testing/builders.ts';

const slot = Math.floor(start / askEveryMs);
const said = (reading: WeightsReading): Known<WeightsReading> => ({ last: { kind: 'heard', reading }, slot });
const resource = (name: string) => ({ name, arn: `arn:${name}`, fullName: `app/${name}` });
const respond = (body: object): CallAnswer => ({
  kind: 'response',
  status: 200,
  type: 'application/json',
  body: JSON.stringify(body),
});

function seen(known: Known<WeightsReading>, ingress = 'web'): LoadBalancerSeen {
  const question = {
    kind: 'weights',
    namespace: 'shop',
    ingress,
    hosts: [],
    canary: 'web-canary',
    stable: 'web-stable',
    groups: [],
  } as const;
  return { ingress, about: `Ingress/${ingress}@1`, question, known };
}

function sceneWith(change: Partial<Observed>, status: Partial<RolloutStatus> = {}, alb?: object): Scene {
  const observed = anObserved();
  const canary = alb === undefined ? {} : { trafficRouting: { alb } };
  const spec = { ...observed.rollout.spec, strategy: { canary } } as Observed['rollout']['spec'];
  return sceneOf({ ...observed, rollout: { ...observed.rollout, spec }, ...change }, aStatus(status));
}

const notConfirmed = waitFor({ reason: 'RouterNotConfirmed', on: 'Router', value: 'not yet', moves: 'later' });

describe('a load balancer', () => {
  const asking = (known: Known<WeightsReading>, moves: Moves = noMoves, status: Partial<RolloutStatus> = {}) =>
    withLoadBalancers(sceneWith({ loadBalancers: [seen(known)] }, status), moves);

  it('is asked once per slot of time, and looked at again in the next', () => {
    const first = asking({});
    const again = asking({ slot });
    const next = asking({ slot: slot - 1 });

    expect(first.effects).toMatchObject([
      { kind: 'Call', call: { key: awsKey('rollout-uid', 'Ingress/web@1', slot), target: { kind: 'aws' } } },
    ]);
    expect(first.lookAgainAt).toBe((slot + 1) * askEveryMs);
    expect(again.effects).toEqual([]);
    expect(again.lookAgainAt).toBe((slot + 1) * askEveryMs);
    expect(next.effects).toHaveLength(1);
  });

  it('that has what was written is asked no more', () => {
    expect(asking(said({ isVerified: true })).effects).toEqual([]);
    expect(asking(said({ isVerified: false })).effects).toEqual([]);
    expect(asking({ ...said({ isVerified: false }), slot: slot - 1 }).effects).toHaveLength(1);
  });

  it('is not asked while something is written', () => {
    const annotate = effects({ kind: 'Annotate', target: { uid: 'x' } as never, set: {}, tells: [] });
    const promoted: Moves = { ...noMoves, event: { type: 'steps-done' } };
    const noted: Moves = { ...noMoves, patch: { currentStepIndex: 1 } };

    for (const moves of [annotate, promoted, noted]) expect(asking({}, moves)).toBe(moves);
  });

  it('that nobody asks about changes nothing', () => {
    expect(withLoadBalancers(sceneWith({}), notConfirmed)).toBe(notConfirmed);
  });

  it('is told of once when AWS does not have it, or could not be asked', () => {
    const absent = said({ isVerified: false, absentHost: 'lb.example' });
    const failed: Known<WeightsReading> = { last: { kind: 'none', why: 'no credentials' }, slot };
    const told = { waiting: { reason: 'RouterNotConfirmed', on: 'Router', value: 'not yet', moves: 'later' } } as const;

    expect(asking(absent, notConfirmed).facts).toMatchObject([
      { reason: 'LoadBalancerNotFound', message: 'AWS has no load balancer with the host lb.example of Ingress web' },
    ]);
    expect(asking(failed, notConfirmed).facts).toMatchObject([
      { reason: 'WeightVerifyError', message: 'The weights could not be verified: no credentials' },
    ]);
    expect(asking(absent, notConfirmed, told).facts).toEqual([]);
    expect(asking(said({ isVerified: false }), notConfirmed).facts).toEqual([]);
    expect(asking({ slot }, notConfirmed).facts).toEqual([]);
    expect(asking(absent).facts).toEqual([]);
  });
});

describe('status of load balancers', () => {
  const reading = { isVerified: true, loadBalancer: resource('lb') };
  const groups = { canaryTargetGroup: resource('c'), stableTargetGroup: resource('s') };

  it('names the one of an Ingress, or those of several', () => {
    const one = [seen(said({ ...reading, ...groups }))];
    const two = [...one, seen(said(reading), 'web-2')];

    expect(albStatus(sceneWith({ loadBalancers: one }, {}, { ingress: 'web' }))).toEqual({
      alb: { ingress: 'web', loadBalancer: resource('lb'), ...groups },
    });
    expect(albStatus(sceneWith({ loadBalancers: two }, {}, { ingresses: ['web', 'web-2'] }))).toEqual({
      albs: [
        { ingress: 'web', loadBalancer: resource('lb'), ...groups },
        { ingress: 'web-2', loadBalancer: resource('lb') },
      ],
    });
  });

  it('says nothing before AWS has named one', () => {
    const silent = [seen({}), seen({ last: { kind: 'none', why: 'no' } }), seen(said({ isVerified: false }))];

    expect(albStatus(sceneWith({ loadBalancers: silent }))).toEqual({});
    expect(albStatus(sceneWith({}))).toEqual({});
  });
});

describe('target groups of a Service', () => {
  const service = aService('web-canary', 'two');
  const about = 'Service/uid-web-canary@1';
  const alb = { ingress: 'web' };
  const asked = (answer?: CallAnswer, status: Partial<RolloutStatus> = {}) => {
    const answers = new Map(answer === undefined ? [] : [[awsKey('rollout-uid', about, slot), answer]]);
    return targetsInService(sceneWith({ verifiesTargets: true, answers }, status, alb), service);
  };

  it('are waited for until AWS has every endpoint in service', () => {
    const { isVerified, moves } = asked();

    expect(isVerified).toBe(false);
    expect(moves.effects).toMatchObject([
      { kind: 'Call', call: { target: { question: { kind: 'targets', service: 'web-canary', mustExist: true } } } },
    ]);
    expect(moves.waiting).toMatchObject({
      reason: 'TargetsNotInService',
      on: 'Service/web-canary',
      value: 'AWS has not answered yet',
    });
    expect(asked({ kind: 'open' }).moves.effects).toEqual([]);
  });

  it('that have them are told of', () => {
    const body = { isVerified: true, groups: [{ name: 'g', arn: 'a', registered: 3, wanted: 3 }] };
    const { isVerified, moves } = asked(respond(body));

    expect(isVerified).toBe(true);
    expect(moves.facts).toMatchObject([
      {
        reason: 'TargetGroupVerified',
        message: 'All 3 endpoints of Service web-canary are in service in target group g',
      },
    ]);
  });

  it('that lack some are told of once', () => {
    const answer = respond({ isVerified: false, why: '1 of 3 is in service', groups: [] });
    const waiting = { reason: 'TargetsNotInService', on: 'x', value: '1 of 3 is in service', moves: 'm' } as const;

    expect(asked(answer).moves.facts).toMatchObject([
      { message: 'The target groups of Service web-canary are not ready: 1 of 3 is in service' },
    ]);
    expect(asked(answer).moves.waiting?.value).toBe('1 of 3 is in service');
    expect(asked(answer, { waiting }).moves.facts).toEqual([]);
  });

  it('that could not be looked at are not taken for ready [event:TargetGroupVerifyError]', () => {
    const failed = asked({ kind: 'none', why: 'access denied' });
    const garbled = asked(respond({ isVerified: 'maybe' }));

    expect(failed.moves.facts).toMatchObject([
      {
        reason: 'TargetGroupVerifyError',
        message: 'The target groups of Service web-canary could not be verified: access denied',
      },
    ]);
    expect(garbled.moves.waiting?.value).toBe('the answer could not be read');
    expect([failed.isVerified, garbled.isVerified]).toEqual([false, false]);
  });

  it('are not asked about where nobody wants it, or nothing stands behind the Service', () => {
    const noPods = { ...sceneWith({ verifiesTargets: true }, {}, alb), replicas: 0 };
    const plain = sceneWith({ verifiesTargets: true });
    const unwanted = sceneWith({}, {}, alb);

    for (const scene of [noPods, plain, unwanted])
      expect(targetsInService(scene, service)).toEqual({ isVerified: true, moves: noMoves });
    expect(targetsInService(sceneWith({ verifiesTargets: true }, {}, alb), undefined).isVerified).toBe(true);
    expect(targetsInService({ ...plain, blueGreen: { activeService: 'a' } }, service).isVerified).toBe(false);
  });
});

describe('what AWS has answered', () => {
  const known = (...answers: readonly (readonly [number, CallAnswer])[]) =>
    knownOf(
      new Map(answers.map(([at, answer]) => [awsKey('u', 'Ingress/x@1', at), answer])),
      'u',
      'Ingress/x@1',
      Weights,
    );
  const no = (why: string) => respond({ isVerified: false, why });
  const whyOf = (last: Heard<WeightsReading> | undefined) => (last?.kind === 'heard' ? last.reading.why : last?.why);

  it('is the first yes, else the newest answer, whatever was asked since', () => {
    expect(known([3, respond({ isVerified: true, why: 'first' })], [4, no('late')]).last).toMatchObject({
      reading: { why: 'first' },
    });
    expect(whyOf(known([4, no('late')], [3, no('early')]).last)).toBe('late');
    expect(known([4, no('late')], [5, { kind: 'open' }])).toMatchObject({ slot: 5, last: { kind: 'heard' } });
  });

  it('is nothing for another version of the object', () => {
    expect(known()).toEqual({});
    expect(knownOf(undefined, 'u', 'Ingress/x@2', Weights)).toEqual({});
    const other = new Map([[awsKey('u', 'Ingress/x@1', 3), no('old')]]);
    expect(knownOf(other, 'u', 'Ingress/x@2', Weights)).toEqual({});
  });
});
