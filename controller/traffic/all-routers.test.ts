import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../crds/schema/rollout.ts';
import { composite } from './all-routers.ts';
import { inabilities } from './inabilities.ts';
import type { ManagedRoute, RouteState, TrafficRouter, WeightPlan } from './router.ts';

const rollout = {
  metadata: { name: 'shop', namespace: 'team' },
  spec: { strategy: { canary: {} } },
} as unknown as Rollout;
const nothing = () => undefined;

const split = (canary: number): WeightPlan => ({
  total: 100,
  destinations: [
    { service: 'stable', role: 'stable', weight: 100 - canary },
    { service: 'canary', role: 'canary', weight: canary },
  ],
});

function aRouter(name: string, more: Partial<TrafficRouter> = {}, state: Partial<RouteState> = {}): TrafficRouter {
  return {
    name,
    can: new Set(['weight', 'confirm']),
    needs: () => [{ group: name, kind: 'Route', namespace: 'team', name: 'shop' }],
    read: () => ({ written: split(20), confirmed: 'yes', ...state }),
    plan: () => [],
    claims: () => [],
    ...more,
  };
}

const readOf = (...routers: TrafficRouter[]) => composite(routers, rollout)?.read(rollout, nothing);

describe('several routers of one Rollout', () => {
  it('is none when no router is used', () => {
    expect(composite([aRouter('a', { needs: () => [] })], rollout)).toBeUndefined();
  });

  it('holds the range of all of them, and is not confirmed while they differ', () => {
    const late = aRouter('late', {}, { written: split(0), confirmed: 'no', why: 'it is slow' });

    expect(readOf(aRouter('quick'), late)).toEqual({
      written: split(20),
      lowest: split(0),
      confirmed: 'no',
      why: 'late: it is slow',
    });
  });

  it('shows no weights while one of them shows none', () => {
    const gone = aRouter('b', {}, { written: undefined, confirmed: 'no', why: 'the object is gone' });

    expect(readOf(aRouter('a'), gone)).toEqual({ written: undefined, confirmed: 'no', why: 'b: the object is gone' });
  });

  it('never takes one that could be asked and does not answer for done', () => {
    const silent = aRouter('silent', {}, { confirmed: 'unknown' });
    const mute = aRouter('mute', { can: new Set(['weight']) }, { confirmed: 'unknown' });

    expect(readOf(aRouter('a'), silent)).toMatchObject({ confirmed: 'no', why: expect.stringMatching(/^silent: /) });
    expect(readOf(aRouter('a'), mute)?.confirmed).toBe('unknown');
    expect(readOf(aRouter('a'), aRouter('b'))?.confirmed).toBe('yes');
  });

  it('can what all of them can', () => {
    const more = aRouter('b', { can: new Set(['weight', 'header']) });

    expect([
      ...(composite([aRouter('a', { can: new Set(['weight', 'header', 'mirror']) }), more], rollout)?.can ?? []),
    ]).toEqual(['weight', 'header']);
  });

  it('writes nothing when one refuses, and names it', () => {
    const write = { kind: 'delete', object: { apiVersion: 'v1', kind: 'Route', metadata: { name: 'x' } } } as const;
    const refuses = aRouter('b', {
      plan: () => ({ kind: 'refused', field: 'f', message: 'a third backend is there' }),
    });
    const writes = aRouter('a', { plan: () => [write] });

    expect(composite([writes, refuses], rollout)?.plan(rollout, split(10), nothing)).toEqual({
      kind: 'refused',
      field: 'f',
      message: 'b: a third backend is there',
    });
    expect(composite([writes, writes], rollout)?.plan(rollout, split(10), nothing)).toHaveLength(2);
  });
});

describe('what a router can not do', () => {
  const header: ManagedRoute = {
    kind: 'header',
    name: 'beta',
    match: [{ headerName: 'x', headerValue: { exact: 'y' } }],
  };
  const extra = { service: 'big', role: 'extra', weight: 5 } as const;

  it('is refused even if the adapter would pass over it', () => {
    const router = composite([aRouter('plain')], rollout);

    expect(router?.plan(rollout, { ...split(10), managed: [header] }, nothing)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('the router plain can not make header routes'),
    });
    expect(
      router?.plan(rollout, { ...split(10), destinations: [...split(10).destinations, extra] }, nothing),
    ).toMatchObject({ kind: 'refused' });
  });

  it('is told of the steps before anything starts', () => {
    const steps = [
      { setWeight: 5 },
      { setHeaderRoute: { name: 'beta', match: header.match } },
      { setHeaderRoute: { name: 'beta' } },
    ];
    const planned = { ...rollout, spec: { strategy: { canary: { steps } } } } as unknown as Rollout;

    expect(inabilities(planned, aRouter('plain')).map((one) => one.field)).toEqual([
      'spec.strategy.canary.steps[1].setHeaderRoute',
    ]);
    expect(inabilities(planned, aRouter('able', { can: new Set(['header']) }))).toEqual([]);
  });
});
