/** Gates in the small cluster: when each has a say, what counts as a yes, and that a yes to one revision is none to the next. */

import { describe, expect, it } from 'vitest';
import type { Gate, GateType } from '../../crds/schema/gates.ts';
import type { Call } from './calls.ts';
import { decide } from './decide.ts';
import { readGate } from './gate-answer.ts';
import { shopKeys } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { answered, CallingWorld, noAnswer, type Serve } from './testing/world-calls.ts';

const gate = (type: GateType, more: Partial<Gate> = {}): Gate => ({
  name: type,
  type,
  url: 'https://user.example/hook?token=secret',
  ...more,
});
const steps = [{ setWeight: 20 }, { setWeight: 60 }];
const yes = answered(200);
const no = answered(403, { message: 'not yet' });
const bodyOf = ({ request }: Call) => request as { podHash: string; phase: string; attempt: number; revision: number };

function released(gates: Gate[], serve: Serve, routed = true): CallingWorld {
  const world = new CallingWorld({ rollout: { canary: { steps }, gates }, routed });
  watchInvariants(world, { drainMs: routed ? 10_000 : 0 });
  world.run();
  world.writes.length = 0;
  world.serve = serve;
  world.image = 'shop:2';
  world.generation += 1;
  return world;
}

function command(world: CallingWorld, verb: string): void {
  world.annotations = { [shopKeys.command]: verb, [shopKeys.commandId]: `${verb}-${world.now}` };
}

const outcome = (world: CallingWorld, name: string) => world.status?.gates?.find((one) => one.name === name)?.outcome;

describe.each([
  ['with a router', true],
  ['by numbers of pods', false],
])('confirm-rollout %s', (_name, routed) => {
  it('holds before the first pod until it opens for the revision, and says so', () => {
    let isOpen = false;
    const world = released([gate('confirm-rollout')], () => (isOpen ? yes : no), routed);
    world.run(undefined, 300_000);

    expect(world.status).toMatchObject({ phase: 'Progressing', currentStepIndex: 0 });
    expect(world.status?.waiting).toMatchObject({
      reason: 'GateClosed',
      on: 'Gate/confirm-rollout',
      value: 'it answered 403: not yet',
      limit: 'a yes of user.example to revision v2',
    });
    expect(JSON.stringify(world.status)).not.toContain('secret');
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([5, 0]);
    expect(world.callsTo('confirm-rollout').length).toBeGreaterThanOrEqual(9);
    // Polls that change nothing are not written.
    expect(world.writes.filter(({ effect }) => effect.kind === 'Status').length).toBeLessThan(8);
    isOpen = true;
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('asks again for the next revision and for the next attempt', () => {
    const world = released([gate('confirm-rollout')], () => yes, routed);
    world.run();
    const first = world.calls.length;
    world.serve = () => no;
    world.image = 'shop:3';
    world.run(undefined, 60_000);

    expect(world.status?.stableRS).toBe('v2');
    expect(world.readyPods('v3')).toBe(0);
    expect(bodyOf(world.calls[first] as Call)).toMatchObject({ podHash: 'v3', attempt: 1, revision: 3 });
    command(world, 'abort');
    world.run();
    command(world, 'retry');
    world.serve = ({ request }) => (request['attempt'] === 2 ? yes : no);
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
  });
});

describe('a closed gate', () => {
  it('refuses an answer for another revision, and tells', () => {
    const world = released([gate('confirm-rollout')], () => answered(200, { podHash: 'v1' }));
    world.run(undefined, 60_000);

    expect(world.status?.currentStepIndex).toBe(0);
    expect(world.status?.waiting?.value).toBe('its answer is about podHash v1, not v2, and was refused');
    expect(world.facts.filter((one) => one === 'GateAnswerRefused')).toHaveLength(1);
    expect(world.readyPods('v2')).toBe(0);
  });

  it('aborts at its deadline', () => {
    const world = released([gate('confirm-rollout', { deadlineSeconds: 120 })], () => no);
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1' });
    expect(world.status?.verdict).toMatchObject({
      cause: 'GateFailed',
      message: expect.stringContaining('confirm-rollout at user.example stayed closed for 2m: it answered 403'),
    });
  });

  it('is not opened by promote, but skipped by promote-full', () => {
    const world = released([gate('confirm-rollout'), gate('confirm-promotion')], () => no);
    world.run(undefined, 30_000);
    command(world, 'promote');
    world.run(undefined, 30_000);

    expect(world.status?.lastCommand).toMatchObject({ outcome: 'Rejected' });
    expect(world.status?.lastCommand?.message).toContain('a gate holds it');
    command(world, 'promote-full');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('does not let the progress deadline run', () => {
    const world = released([gate('confirm-rollout')], () => no);
    world.run(undefined, 3_000_000);

    expect(world.status?.verdict).toBeUndefined();
    expect(world.status?.waiting?.reason).toBe('GateClosed');
  });
});

describe('pre-rollout', () => {
  it('is asked once, when the pods are there and before any weight', () => {
    const seen: number[][] = [];
    const world: CallingWorld = released([gate('pre-rollout')], () => {
      seen.push([world.weight, world.readyPods('v2')]);
      return yes;
    });
    world.run();

    expect(seen).toEqual([[0, 1]]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it.each([
    ['says no', no],
    ['does not answer', noAnswer],
    ['fails', answered(500)],
    ['answers with a web page', { kind: 'response', status: 200, type: 'text/html', body: '<html>' } as const],
    ['speaks of another attempt', answered(200, { attempt: 7 })],
  ])('counts when it %s, and aborts past its limit', (_name, said) => {
    const world = released([gate('pre-rollout', { failureLimit: 1 })], () => said);
    let most = 0;
    world.run((one) => {
      most = Math.max(most, one.weight);
      return false;
    });

    expect(world.callsTo('pre-rollout')).toHaveLength(2);
    expect(world.status?.verdict).toMatchObject({ cause: 'GateFailed', podHash: 'v2' });
    expect(world.status?.verdict?.message).toContain('failed 2 times');
    expect(most).toBe(0);
    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1' });
  });

  it('bears failures up to its limit', () => {
    let calls = 0;
    const world = released([gate('pre-rollout')], () => (++calls > 2 ? yes : no));
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });
});

describe('the other gates', () => {
  it('confirm-promotion holds after the last step', () => {
    let isOpen = false;
    const world = released([gate('confirm-promotion')], () => (isOpen ? yes : no));
    world.run(undefined, 300_000);

    expect([world.weight, world.status?.stableRS]).toEqual([60, 'v1']);
    expect(world.status?.waiting).toMatchObject({ reason: 'GateClosed', on: 'Gate/confirm-promotion' });
    isOpen = true;
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it.each([
    ['while another gate holds', [gate('rollback'), gate('confirm-promotion')]],
    ['before the first step', [gate('rollback'), gate('confirm-rollout')]],
  ])('rollback aborts %s', (_name, gates) => {
    let isBad = false;
    const world = released(gates, ({ target }) => (target.name === 'rollback' && isBad ? yes : no));
    world.run(undefined, 120_000);
    expect(world.status?.abortedAt).toBeUndefined();
    isBad = true;
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1' });
    expect(world.status?.verdict).toMatchObject({ cause: 'GateFailed' });
    expect(world.status?.verdict?.message).toContain('asked to go back');
  });

  it('rollback without an answer, or for another revision, aborts nothing', () => {
    const said = [noAnswer, answered(503), answered(200, { podHash: 'v1' })];
    let calls = 0;
    const world = released([gate('rollback', { intervalSeconds: 1 })], () => said[calls++ % 3] ?? noAnswer);
    world.run();

    expect(calls).toBeGreaterThan(3);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('post-rollout is told of either end, and what it says changes nothing', () => {
    const world = released([gate('post-rollout'), gate('pre-rollout')], ({ target }) =>
      target.name === 'post-rollout' ? answered(500) : yes,
    );
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.callsTo('post-rollout').map((call) => bodyOf(call).phase)).toEqual(Array(3).fill('Succeeded'));
    expect(outcome(world, 'post-rollout')).toBe('Failed');
    world.serve = ({ target }) => (target.name === 'post-rollout' ? yes : no);
    world.image = 'shop:3';
    world.run();

    expect(bodyOf(world.callsTo('post-rollout').at(-1) as Call)).toMatchObject({ phase: 'Failed', podHash: 'v3' });
    expect(outcome(world, 'post-rollout')).toBe('Passed');
  });

  it('a post-rollout gate that is added to a settled Rollout is not told of its past', () => {
    const world = released([], () => yes);
    world.run();
    world.given = { ...world.given, gates: [gate('post-rollout')] };
    world.run();

    expect(world.calls).toEqual([]);
  });
});

describe('a crash', () => {
  it('repeats the call with the same key, and loses no pass', () => {
    const world = released([gate('pre-rollout')], () => yes);
    world.run((one) => (one as CallingWorld).calls.length === 1);
    world.restart();
    world.run();

    const [first, second] = world.callsTo('pre-rollout');
    expect(second?.key).toBe(first?.key);
    expect(world.callsTo('pre-rollout')).toHaveLength(2);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('after the pass was recorded asks no more', () => {
    const world = released([gate('pre-rollout'), gate('confirm-rollout')], () => yes);
    world.run((one) => one.status?.gates?.every((entry) => entry.outcome === 'Passed') === true);
    const before = world.calls.length;
    world.restart();
    world.run();

    expect(world.calls).toHaveLength(before);
    expect(world.status?.stableRS).toBe('v2');
  });

  it('a call that is under way is not made again', () => {
    const world = released([gate('confirm-rollout')], () => no);
    world.run((one) => (one as CallingWorld).calls.length === 1);

    const kinds = decide(world.observe()).effects.map(({ kind }) => kind);
    expect(kinds).not.toContain('Call');
    expect(decide(world.observe())).toEqual(decide(world.observe()));
  });
});

describe('the answer of a gate', () => {
  const bound = { rolloutUid: 'u', podHash: 'v2', checksum: 'v2', revision: 2, attempt: 1 };
  const read = (status: number, body: string, type = 'application/json') =>
    readGate({ kind: 'response', status, type, body }, bound).kind;

  it('is a yes only when it is complete and about this revision', () => {
    expect([read(200, ''), read(202, '{"podHash":"v2","revision":"2"}'), read(200, 'ok', 'text/plain')]).toEqual(
      Array(3).fill('yes'),
    );
    expect([read(403, ''), read(404, ''), read(200, '{"open":false}')]).toEqual(Array(3).fill('no'));
    expect([read(429, ''), read(500, ''), read(302, ''), read(200, '[]'), read(200, '{"a'), read(200, 'ok')]).toEqual(
      Array(6).fill('unknown'),
    );
    expect([
      read(200, '{"revision":3}'),
      read(200, '{"rollout":{"uid":"other"}}'),
      read(200, '{"checksum":"v1"}'),
    ]).toEqual(Array(3).fill('other'));
  });
});

describe('a plan without steps', () => {
  it.each([
    ['with a router', true],
    ['by numbers of pods', false],
  ])('%s waits for every gate before anything starts', (_name, routed) => {
    const open = new Set<string>();
    const gates = [gate('confirm-rollout'), gate('pre-rollout', { failureLimit: 100 }), gate('confirm-promotion')];
    const world = released(gates, ({ target }) => (open.has(target.name) ? yes : no), routed);
    world.given = { ...world.given, canary: { steps: [] } };
    for (const { name } of gates) {
      world.run(undefined, 90_000);
      expect(world.status?.waiting).toMatchObject({ reason: 'GateClosed', on: `Gate/${name}` });
      expect([world.status?.stableRS, world.readyPods('v2')]).toEqual(['v1', 0]);
      open.add(name);
    }
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });
});

describe('sizes', () => {
  it.each([
    ['with a router', true],
    ['by numbers of pods', false],
  ])('of stable follow spec.replicas while a gate holds %s', (_name, routed) => {
    const world = released([gate('confirm-rollout')], () => no, routed);
    world.run(undefined, 60_000);
    world.given = { ...world.given, replicas: 8 };
    world.run(undefined, 60_000);

    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([8, 0]);
  });
});
