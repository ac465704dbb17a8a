/** S09, S10, S11, S16, S17: what the observer says about steps, verdicts, commands and what status tells. */

import { describe, expect, it } from 'vitest';
import { aShop, type RunOptions, type Shop, type ShopOptions } from './testing/shop.ts';

const keyOf = (name: string): string => `tidegate.io/${name}`;

function command(shop: Shop, verb: string, id = `${verb}-1`): void {
  shop.annotate({ [keyOf('command')]: verb, [keyOf('command-id')]: id });
}

function outcome(verb: string, id = `${verb}-1`, result = 'Applied') {
  return { lastCommand: { id, verb, outcome: result, message: 'Done.' } };
}

/** At the pause of step 1, begun now. */
function paused(options: ShopOptions = {}): Shop {
  const shop = aShop(options);
  shop.begin('v2');
  shop.reach('v2', 50, 2);
  const pauseConditions = [{ reason: 'CanaryPauseStep', startTime: shop.stamp() }];
  shop.status({ currentStepIndex: 1, pauseConditions, controllerPause: true });
  expect(shop.broken()).toEqual([]);
  return shop;
}

/** At the analysis of step 2. */
function judging(): Shop {
  const shop = paused();
  shop.wait(5_000);
  shop.status({ currentStepIndex: 2, pauseConditions: null, controllerPause: null });
  expect(shop.broken()).toEqual([]);
  return shop;
}

const promotion = { currentStepIndex: 3, transition: { id: 'p', kind: 'promote', from: 'v1', to: 'v2' } };
const abort = { id: 'a', kind: 'abort', from: 'v2', to: 'v1' };

describe('S09, a step passes on a verdict only', () => {
  const good: RunOptions = { hash: 'v2', step: 2, phase: 'Successful' };
  it.each<readonly [string, RunOptions | undefined, readonly string[]]>([
    ['a success', good, []],
    ['nothing', undefined, ['S09']],
    ['a run that is inconclusive', { ...good, phase: 'Inconclusive' }, ['S09']],
    ['a run in error', { ...good, phase: 'Error' }, ['S09']],
    ['a run that still runs', { ...good, phase: 'Running' }, ['S09']],
    ['a run that was told to stop', { ...good, terminate: true }, ['S09']],
    ['a success of another step', { ...good, step: 1 }, ['S09']],
    ['a success of another attempt', { ...good, attempt: 2 }, ['S09']],
    ['a success of another revision', { ...good, hash: 'v1' }, ['S09']],
  ])('by %s: %j', (_name, run, broken) => {
    const shop = judging();
    if (run !== undefined) shop.analysisRun('web-run', run);
    shop.status(promotion);
    expect(shop.broken()).toEqual(broken);
  });

  it.each([
    ['NaN', 'Successful'],
    ['[]', 'Successful'],
    ['[0.01]', 'Error'],
    ['[0.01]', 'Inconclusive'],
  ])('minds a run called successful with the value %s and a metric that is %s', (value, phase) => {
    const shop = judging();
    shop.analysisRun('web-run', { hash: 'v2', step: 2, phase: 'Running' });
    shop.analysisRun('web-run', {
      hash: 'v2',
      step: 2,
      phase: 'Successful',
      metrics: [{ name: 'errors', phase, value }],
    });
    expect(shop.broken()).toEqual(['S09']);
  });

  it('lets people promote without one', () => {
    const shop = judging();
    command(shop, 'promote');
    shop.status({ ...promotion, ...outcome('promote') });
    expect(shop.broken()).toEqual([]);
  });

  it('minds a promotion without a good value beside the steps', () => {
    const shop = paused({
      steps: [{ setWeight: 50 }, { pause: { duration: '5s' } }],
      canary: { analysis: { templates: [{}] } },
    });
    shop.wait(5_000);
    shop.analysisRun('web-back', { hash: 'v2', phase: 'Running' });
    shop.status({ ...promotion, currentStepIndex: 2, pauseConditions: null, controllerPause: null });
    expect(shop.broken()).toEqual(['S09']);
  });

  it('minds a step after the analysis beside the steps has failed', () => {
    const shop = paused();
    shop.analysisRun('web-back', { hash: 'v2', phase: 'Failed' });
    shop.wait(5_000);
    shop.status({ currentStepIndex: 2, pauseConditions: null, controllerPause: null });
    expect(shop.broken()).toEqual(['S09']);
  });
});

describe('S09 and S10, a promotion on record', () => {
  const half = { transition: promotion.transition };
  it('minds one in the middle, when it is recorded', () => {
    const shop = judging();
    shop.status(half);
    expect(shop.broken()).toEqual(['S09', 'S10']);
  });

  it('minds one in the middle of steps without an analysis', () => {
    const shop = paused({ steps: [{ setWeight: 50 }, { pause: { duration: '5s' } }] });
    shop.status(half);
    expect(shop.broken()).toEqual(['S10']);
  });

  it('lets people ask for a full one', () => {
    const shop = judging();
    command(shop, 'promote-full');
    shop.status({ ...promotion, promoteFull: true, ...outcome('promote-full') });
    expect(shop.broken()).toEqual([]);
  });

  it.each([
    ['by command', true, []],
    ['by itself', false, ['S10']],
  ])('says of the promotion of an older revision %s: %j', (_name, isAsked, broken) => {
    const shop = aShop();
    if (isAsked) command(shop, 'rollback');
    shop.status({
      phase: 'Progressing',
      transition: { id: 'r', kind: 'promote', from: 'v1', to: 'v0' },
      ...(isAsked && outcome('rollback')),
    });
    expect(shop.broken()).toEqual(broken);
  });
});

describe('S10, steps and pauses', () => {
  it('minds a step that is left out', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.status({ currentStepIndex: 2 });
    expect(shop.broken()).toEqual(['S10']);
  });

  it('minds a new revision that does not begin at the first step', () => {
    const shop = judging();
    shop.spec({ template: { version: 'v3' } });
    shop.status({ currentPodHash: 'v3', currentStepIndex: 2 });
    expect(shop.broken()).toContain('S10');
  });

  it('minds a way back without a cause', () => {
    const shop = judging();
    shop.status({ currentStepIndex: 0 });
    expect(shop.broken()).toContain('S10');
  });

  it('minds a pause that is cut short', () => {
    const shop = paused();
    shop.wait(3_000);
    shop.status({ currentStepIndex: 2, pauseConditions: null, controllerPause: null });
    expect(shop.broken()).toEqual(['S10']);
  });

  it('lets a command end a pause, in two writes', () => {
    const shop = paused();
    command(shop, 'promote');
    shop.status({ pauseConditions: null, ...outcome('promote') });
    shop.status({ currentStepIndex: 2, controllerPause: null });
    expect(shop.broken()).toEqual([]);
  });

  it('minds a pause that nobody ended', () => {
    const shop = paused();
    shop.status({ pauseConditions: null });
    expect(shop.broken()).toEqual(['S10']);
  });

  it('minds a pause that is said to have begun long ago', () => {
    const shop = aShop({ steps: [{ pause: { duration: '60s' } }] });
    shop.begin('v2');
    shop.status({
      pauseConditions: [{ reason: 'CanaryPauseStep', startTime: shop.stamp(-55_000) }],
      controllerPause: true,
    });
    expect(shop.broken()).toEqual(['S10']);
  });

  it('minds a setWeight that passes before a Gateway has the weight', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.createSet('v2', 2);
    shop.pods('v2', 2);
    shop.select('web-canary', 'v2');
    shop.pods('v2', 2);
    shop.wait(3_000);
    shop.weights(50, 50);
    shop.wait(3_000);
    shop.status({ currentStepIndex: 1 });
    expect(shop.broken()).toEqual(['S10']);
  });
});

describe('S11, commands', () => {
  it('minds a second outcome of one command', () => {
    const shop = paused();
    command(shop, 'pause');
    shop.status({ manualPauseStartedAt: shop.stamp(), ...outcome('pause') });
    shop.status(outcome('pause', 'pause-1', 'Rejected'));
    expect(shop.broken()).toEqual(['S11']);
  });

  it('minds an outcome of a command that nobody gave', () => {
    const shop = paused();
    shop.status({ pauseConditions: null, ...outcome('promote') });
    expect(shop.broken()).toEqual(['S11']);
  });

  it('minds a command that is called applied without being it', () => {
    const shop = paused();
    command(shop, 'abort');
    shop.status(outcome('abort'));
    expect(shop.broken()).toEqual(['S11']);
  });

  it('minds a promotion after an abort was asked for', () => {
    const shop = judging();
    shop.analysisRun('web-run', { hash: 'v2', step: 2, phase: 'Successful' });
    command(shop, 'abort');
    shop.status(promotion);
    expect(shop.broken()).toEqual(['S11']);
  });

  it.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ['an abort', {}, ['S11']],
    ['an abort of the current step', { [keyOf('command-step')]: '1' }, ['S11']],
    ['an abort of the current revision', { [keyOf('command-revision')]: 'v2' }, ['S11']],
    ['an abort of another step', { [keyOf('command-step')]: '0' }, []],
    ['an abort of another revision', { [keyOf('command-revision')]: 'v1' }, []],
  ])('says of %s that is rejected (%j): %j', (_name, notes, broken) => {
    const shop = paused();
    shop.annotate(notes);
    command(shop, 'abort');
    shop.status(outcome('abort', 'abort-1', 'Rejected'));
    expect(shop.broken()).toEqual(broken);
  });

  it('does not mind an abort that is rejected with nothing left to abort', () => {
    const shop = aShop();
    command(shop, 'abort');
    shop.status(outcome('abort', 'abort-1', 'Rejected'));
    expect(shop.broken()).toEqual([]);
  });

  it('minds an abort by the status that is just taken away', () => {
    const shop = paused();
    shop.status({ abort: true }, 'user');
    shop.status({ abort: null });
    expect(shop.broken()).toEqual(['S11']);
  });

  it('minds a command without an outcome at the end', () => {
    const shop = paused({ observer: { liveness: { expect: 'off' } } });
    command(shop, 'promote');
    expect(shop.finish().map((one) => one.invariant)).toEqual(['S11']);
  });

  it('lets a retry by the status keep the id of the command before', () => {
    const shop = paused();
    command(shop, 'abort');
    shop.status({
      abort: true,
      abortedAt: shop.stamp(),
      transition: abort,
      verdict: { podHash: 'v2' },
      currentStepIndex: 0,
      pauseConditions: null,
      ...outcome('abort'),
    });
    shop.status({ abort: false }, 'user');
    shop.status({
      abort: null,
      abortedAt: null,
      verdict: null,
      transition: null,
      attempt: 2,
      ...outcome('retry', 'abort-1'),
    });
    expect(shop.broken()).toEqual([]);
  });
});

describe('S16, what status tells', () => {
  it('minds the generation of a spec that was not used', () => {
    const shop = paused();
    shop.status({ observedGeneration: 1 });
    expect(shop.broken()).toEqual(['S16']);
  });

  it.each([
    [50, []],
    [20, ['S16']],
  ])('minds a weight that the route does not have: %d is %j', (weight, broken) => {
    const shop = paused();
    shop.status({ canary: { weights: { canary: { weight } } } });
    expect(shop.broken()).toEqual(broken);
  });

  it('minds a confirmation that no Gateway gave', () => {
    const shop = aShop();
    shop.weights(99, 1, 'user');
    shop.wait(3_000);
    shop.status({ canary: { weights: { canary: { weight: 1 }, verified: true } } });
    expect(shop.broken()).toEqual(['S16']);
  });

  it('minds Healthy in the middle', () => {
    const shop = paused();
    shop.status({ phase: 'Healthy' });
    expect(shop.broken()).toEqual(['S16']);
  });

  it('minds Healthy with pods that have long been gone', () => {
    const shop = aShop();
    shop.pods('v1', 2);
    shop.wait(3_000);
    shop.status({ message: 'fine' });
    expect(shop.broken()).toEqual(['S16']);
  });
});

describe('S17, revisions that failed', () => {
  function aborted(): Shop {
    const shop = judging();
    shop.status({
      abort: true,
      abortedAt: shop.stamp(),
      transition: abort,
      verdict: { podHash: 'v2' },
      currentStepIndex: 0,
    });
    shop.weights(100, 0);
    shop.confirm();
    shop.status({ transition: null });
    shop.wait(3_000);
    expect(shop.broken()).toEqual([]);
    return shop;
  }

  it('minds weight for one that nobody asked for again, whatever status says now', () => {
    const shop = aborted();
    shop.status({ abort: null, abortedAt: null, verdict: null });
    shop.weights(50, 50);
    expect(shop.broken()).toEqual(['S17']);
  });

  it('minds its promotion', () => {
    const shop = aborted();
    shop.status({ ...promotion, abort: null, abortedAt: null, verdict: null, promoteFull: true });
    expect(shop.broken()).toEqual(['S17']);
  });

  it('lets a retry begin anew', () => {
    const shop = aborted();
    command(shop, 'retry');
    shop.status({ abort: null, abortedAt: null, verdict: null, attempt: 2, ...outcome('retry') });
    shop.weights(50, 50);
    expect(shop.broken()).toEqual([]);
  });
});
