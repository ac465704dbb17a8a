/** How plugins of a revision that is over are told: after failures again, in their order, and not for ever. */

import { describe, expect, it } from 'vitest';
import type { CanaryStep } from '../../crds/schema/canary-steps.ts';
import { textAt } from '../../crds/schema/json.ts';
import { shopKeys } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { answered, CallingWorld, noAnswer, type Serve } from './testing/world-calls.ts';

const plugin = (name: string): CanaryStep => ({ plugin: { name } });
const done = answered(200, { phase: 'Successful' });
const running = answered(200, { phase: 'Running', status: { id: 7 } });

/** Revision v2 stands at the last of these plugins, which still runs, and then v3 takes its place. */
function superseded(names: readonly string[], end: Serve): CallingWorld {
  const steps = [{ setWeight: 20 }, ...names.map(plugin), { setWeight: 60 }];
  const world = new CallingWorld({ rollout: { canary: { steps } }, routed: true });
  watchInvariants(world, { drainMs: 10_000 });
  world.run();
  world.serve = (call) => {
    const { operation, podHash } = call.request;
    if (operation !== 'Run') return end(call);
    return podHash === 'v2' && call.target.name === names.at(-1) ? running : done;
  };
  world.image = 'shop:2';
  world.run(() => world.calls.some((one) => one.target.name === names.at(-1)));
  world.run(undefined, 1_000);
  world.image = 'shop:3';
  return world;
}

const ends = (world: CallingWorld) =>
  world.calls.flatMap(({ target, request }) =>
    request['operation'] === 'Run'
      ? []
      : [[textAt(request, 'operation'), target.name, 'of', textAt(request, 'podHash')].join(' ')],
  );

describe('the plugins of a superseded revision', () => {
  it('are told one after the other, the last step first, each with its own state', () => {
    const world = superseded(['first', 'second'], () => done);
    world.run();

    expect(ends(world)).toEqual(['Terminate second of v2', 'Abort first of v2']);
    expect(world.calls.find(({ request }) => request['operation'] === 'Terminate')?.request).toMatchObject({
      attempt: 1,
      status: { id: 7 },
    });
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(world.status?.pluginEnds).toBeUndefined();
  });

  it('are told again with growing pauses when they do not answer', () => {
    let failures = 2;
    const world = superseded(['warm'], () => (--failures >= 0 ? noAnswer : done));
    const times: number[] = [];
    while (times.length < 3) {
      world.run(() => ends(world).length > times.length);
      times.push(world.now);
    }
    world.run();

    const gaps = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) / 10_000) * 10);
    expect(gaps).toEqual([30, 60]);
    expect(ends(world)).toHaveLength(3);
    expect(world.status).toMatchObject({ stableRS: 'v3' });
  });

  it('are told without the configuration of another plugin that has their place now', () => {
    const world = superseded(['warm'], () => done);
    world.given = {
      ...world.given,
      canary: { steps: [{ setWeight: 20 }, { plugin: { name: 'cool', config: { to: 3 } } }] },
    };
    world.run();

    expect(world.calls.map(({ target, request }) => [target.name, request['operation'], request['config']])).toEqual([
      ['warm', 'Run', undefined],
      ['warm', 'Terminate', undefined],
      ['cool', 'Run', { to: 3 }],
    ]);
  });

  it('are left after five calls, and the next revision runs its own', () => {
    const world = superseded(['warm'], () => noAnswer);
    world.run();

    expect(ends(world)).toEqual(Array(5).fill('Terminate warm of v2'));
    expect(world.calls.at(-1)?.request).toMatchObject({ operation: 'Run', podHash: 'v3' });
    expect(world.status?.pluginEnds).toBeUndefined();
  });
});

it('a plugin that says five times that it still ends is left', () => {
  const steps = [{ setWeight: 20 }, plugin('warm')];
  const world = new CallingWorld({ rollout: { canary: { steps } }, routed: true });
  world.run();
  world.serve = () => answered(200, { phase: 'Running' });
  world.image = 'shop:2';
  world.run(() => world.calls.length === 1);
  world.annotations = { [shopKeys.command]: 'abort', [shopKeys.commandId]: 'x' };
  world.run();

  expect(ends(world)).toHaveLength(5);
  expect(world.status?.canary?.stepPluginStatuses?.at(-1)).toMatchObject({
    operation: 'Terminate',
    phase: 'Failed',
    message: 'left after 5 calls',
  });
});
