/** The plugin step in the small cluster: calls, back-off, what status says of it, and how plugins are told of the end. */

import { describe, expect, it } from 'vitest';
import type { CanaryStep } from '../../crds/schema/canary-steps.ts';
import type { JsonObject } from '../../kube/api.ts';
import type { Call } from './calls.ts';
import { decide } from './decide.ts';
import { pluginProblems } from './plugin-names.ts';
import { aRollout, shopKeys, start } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { answered, CallingWorld, noAnswer, type Serve } from './testing/world-calls.ts';

const plugin = (name: string, config?: JsonObject): CanaryStep => ({
  plugin: { name, ...(config === undefined ? {} : { config }) },
});
const plan: CanaryStep[] = [{ setWeight: 20 }, plugin('warm', { size: 3 }), { setWeight: 60 }];
const done = answered(200, { phase: 'Successful', message: 'warm' });
const running = (more: JsonObject = {}) => answered(200, { phase: 'Running', ...more });

function released(serve: Serve, steps: CanaryStep[] = plan, routed = true): CallingWorld {
  const world = new CallingWorld({ rollout: { canary: { steps } }, routed });
  watchInvariants(world, { drainMs: routed ? 10_000 : 0 });
  world.run();
  world.facts.length = 0;
  world.serve = serve;
  world.image = 'shop:2';
  world.generation += 1;
  return world;
}

function command(world: CallingWorld, verb: string): void {
  world.annotations = { [shopKeys.command]: verb, [shopKeys.commandId]: `${verb}-${world.now}` };
}

const statuses = (world: CallingWorld) => world.status?.canary?.stepPluginStatuses ?? [];
const told = (world: CallingWorld) =>
  world.calls.map(({ target }) => (target.kind === 'plugin' ? `${target.operation} ${target.name}` : target.name));
const isCalled = (times: number) => (world: CallingWorld | object) => (world as CallingWorld).calls.length === times;

describe.each([
  ['with a router', true],
  ['by numbers of pods', false],
])('a plugin step %s', (_name, routed) => {
  it('passes when the plugin says that it was successful [Rollout.spec.strategy.canary.steps[].plugin.name, Rollout.spec.strategy.canary.steps[].plugin.config, Rollout.status.canary.stepPluginStatuses[].operation, Rollout.status.canary.stepPluginStatuses[].phase, event:StepPluginTransition]', () => {
    let calls = 0;
    const world = released(() => (++calls < 3 ? running() : done), plan, routed);
    world.run();

    expect(told(world)).toEqual(['Run warm', 'Run warm', 'Run warm']);
    expect(world.calls[0]?.request).toMatchObject({
      rollout: { namespace: 'shop', name: 'web', uid: 'rollout-uid' },
      podHash: 'v2',
      stepIndex: 1,
      attempt: 1,
      operation: 'Run',
      config: { size: 3 },
    });
    expect(statuses(world)).toMatchObject([{ index: 1, name: 'warm', operation: 'Run', phase: 'Successful' }]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.facts.filter((one) => one === 'StepPluginTransition')).toHaveLength(2);
  });
});

describe('what status says of a plugin', () => {
  it('counts calls, keeps its state and times, and asks again when it said [Rollout.status.canary.stepPluginStatuses[].index, Rollout.status.canary.stepPluginStatuses[].executions, Rollout.status.canary.stepPluginStatuses[].status, Rollout.status.canary.stepPluginStatuses[].backoff, Rollout.status.canary.stepPluginStatuses[].updatedAt]', () => {
    const world = released(({ request }) =>
      running({ requeueAfterSeconds: 60, status: { seen: request['status'] ?? 'nothing' } }),
    );
    world.run(isCalled(1));
    const firstAt = world.now;
    world.run(isCalled(2));

    expect(world.now - firstAt).toBeGreaterThanOrEqual(59_000);
    expect(world.now - firstAt).toBeLessThan(63_000);
    expect(world.calls[1]?.request['status']).toEqual({ seen: 'nothing' });
    expect(statuses(world)).toMatchObject([
      { index: 1, executions: 1, backoff: '1m', status: { seen: 'nothing' }, phase: 'Running' },
    ]);
    expect(Date.parse(statuses(world)[0]?.updatedAt ?? '')).toBeGreaterThan(start);
    expect(world.status?.waiting).toMatchObject({ reason: 'StepPluginRunning', on: 'StepPlugin/warm' });
  });

  it('is called again after 30 seconds unless it says otherwise', () => {
    const world = released(() => running());
    world.run(isCalled(2));

    expect(statuses(world)[0]?.backoff).toBe('30s');
  });

  it('has its last words, and when it began and ended [Rollout.status.canary.stepPluginStatuses[].name, Rollout.status.canary.stepPluginStatuses[].message, Rollout.status.canary.stepPluginStatuses[].startedAt, Rollout.status.canary.stepPluginStatuses[].finishedAt]', () => {
    const world = released(() => done);
    world.run();

    const [entry] = statuses(world);
    expect(entry).toMatchObject({ name: 'warm', message: 'warm' });
    expect(Date.parse(entry?.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(entry?.startedAt ?? ''));
  });

  it('passes a plugin that the operator has turned off without a call [Rollout.status.canary.stepPluginStatuses[].disabled]', () => {
    const world = released(() => done);
    const observe = world.observe.bind(world);
    world.observe = () => ({ ...observe(), disabledPlugins: new Set(['warm']) });
    world.run();

    expect(world.calls).toEqual([]);
    expect(statuses(world)).toMatchObject([{ disabled: true, phase: 'Successful' }]);
    expect(world.status?.stableRS).toBe('v2');
  });
});

describe('no answer that means anything', () => {
  it.each([
    ['none at all', noAnswer],
    ['status 500', answered(500)],
    ['another phase', answered(200, { phase: 'Fine' })],
    ['no JSON', { kind: 'response', status: 200, type: 'text/plain', body: 'Successful' } as const],
    ['an error', answered(200, { phase: 'Error', message: 'later' })],
    ['an error without a word', answered(200, { phase: 'Error' })],
    ['a state that is too big', answered(200, { phase: 'Successful', status: 'x'.repeat(20_000) })],
  ])('%s is never success: it is tried again with growing pauses', (_name, said) => {
    const world = released(() => said);
    const times: number[] = [];
    while (times.length < 4) {
      world.run(isCalled(times.length + 1));
      times.push(world.now);
    }

    const gaps = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) / 1000));
    expect(gaps.map((gap) => Math.round(gap / 30))).toEqual([1, 2, 4]);
    expect(statuses(world)).toMatchObject([{ phase: 'Error' }]);
    expect(world.status).toMatchObject({ currentStepIndex: 1, stableRS: 'v1' });
  });

  it('does not run against the progress deadline', () => {
    const world = released(() => noAnswer);
    world.given = { ...world.given, progressDeadlineSeconds: 60 };
    world.run(undefined, 3_000_000);

    expect(world.status?.verdict).toBeUndefined();
  });
});

describe('the end of a plugin step', () => {
  const two = [{ setWeight: 20 }, plugin('first'), plugin('second'), plugin('third'), { pause: {} }];

  it('is an abort when the plugin fails, and those before it are told in reverse order', () => {
    const world = released(
      ({ target, request }) =>
        target.name === 'third' && request['operation'] === 'Run'
          ? answered(200, { phase: 'Failed', message: 'too cold' })
          : done,
      two,
    );
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1' });
    expect(world.status?.verdict).toMatchObject({
      cause: 'StepPluginFailed',
      message: 'Step plugin third of step 4 failed: too cold',
    });
    expect(told(world)).toEqual(['Run first', 'Run second', 'Run third', 'Abort third', 'Abort second', 'Abort first']);
    expect(statuses(world).filter(({ operation }) => operation === 'Abort')).toMatchObject([
      { index: 3, phase: 'Successful' },
      { index: 2, phase: 'Successful' },
      { index: 1, phase: 'Successful' },
    ]);
  });

  it('terminates one that still runs when a person aborts', () => {
    const world = released(
      ({ target }) =>
        target.name === 'second' && target.kind === 'plugin' && target.operation === 'Run' ? running() : done,
      two,
    );
    world.run(isCalled(2));
    command(world, 'abort');
    world.run();

    expect(told(world).filter((one) => !one.startsWith('Run'))).toEqual(['Terminate second', 'Abort first']);
    expect(world.status).toMatchObject({ phase: 'Degraded', abort: true });
  });

  it('terminates it when a person goes on without it', () => {
    const world = released(({ request }) => (request['operation'] === 'Run' ? running() : done));
    world.run(isCalled(1));
    world.run(undefined, 1_000);
    command(world, 'promote');
    world.run();

    expect(told(world).slice(-1)).toEqual(['Terminate warm']);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('tells the plugins of a superseded revision, and runs anew for the next', () => {
    const world = released(({ request }) =>
      request['operation'] === 'Run' && request['podHash'] === 'v2' ? running() : done,
    );
    world.run(isCalled(1));
    world.image = 'shop:3';
    world.generation += 1;
    world.run();

    const after = world.calls.slice(1).map(({ key }) => {
      const [, podHash, , , , operation] = key.split('/');
      return `${operation} ${podHash}`;
    });
    expect(after).toContain('Terminate v2');
    expect(after.indexOf('Terminate v2')).toBeLessThan(after.indexOf('Run v3'));
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(world.status?.pluginEnds).toBeUndefined();
  });

  it('runs again at a retry, once the end of the first attempt was told', () => {
    let isGood = false;
    const world = released(({ request }) =>
      request['operation'] !== 'Run' || isGood ? done : answered(200, { phase: 'Failed' }),
    );
    world.run();
    isGood = true;
    command(world, 'retry');
    world.run();

    expect(world.calls.at(-1)?.request).toMatchObject({ operation: 'Run', attempt: 2 });
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('is left after five calls that nobody answered', () => {
    const world = released(({ request }) => (request['operation'] === 'Run' ? running() : noAnswer));
    world.run(isCalled(1));
    command(world, 'abort');
    world.run();

    expect(told(world).filter((one) => one === 'Terminate warm')).toHaveLength(5);
    expect(statuses(world).at(-1)).toMatchObject({ operation: 'Terminate', phase: 'Failed' });
    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1' });
  });
});

describe('a crash', () => {
  it('between call and answer repeats the call with the same key', () => {
    const world = released(() => done);
    world.run(isCalled(1));
    world.restart();
    world.run();

    const [first, second] = world.calls as [Call, Call];
    expect(second.key).toBe(first.key);
    expect(first.key).toBe('rollout-uid/v2/1/1/warm/Run/1');
    expect(world.status?.stableRS).toBe('v2');
  });

  it('after the outcome was recorded calls no more', () => {
    const world = released(() => done);
    world.run((one) => one.status?.canary?.stepPluginStatuses?.[0]?.phase === 'Successful');
    world.restart();
    world.run();

    expect(told(world)).toEqual(['Run warm']);
  });

  it('a call that is under way is not made again', () => {
    const world = released(() => done);
    world.run(isCalled(1));

    expect(decide(world.observe()).effects).toEqual([]);
    expect(decide(world.observe())).toEqual(decide(world.observe()));
  });
});

describe('a plugin that the operator has not named', () => {
  const rollout = aRollout({ canary: { steps: [plugin('warm')] } });
  const parsed = { rollout, podHash: 'a', stepHash: 'b', problems: [] };

  it('is a problem that lists those that are', () => {
    const stepPlugins = new Map([['other', { disabled: false }]]);
    expect(pluginProblems({ stepPlugins }, parsed)).toEqual([
      {
        scope: 'forward',
        field: 'spec.strategy.canary.steps[0].plugin.name',
        message:
          'Rollout shop/web: spec.strategy.canary.steps[0].plugin.name is "warm", but the operator of this controller has named only other: use one of these or ask for it.',
      },
    ]);
    expect(pluginProblems({}, parsed)[0]?.message).toContain('has named no step plugins');
    expect(pluginProblems({ stepPlugins: new Map([['warm', { disabled: false }]]) }, parsed)).toEqual([]);
  });
});
