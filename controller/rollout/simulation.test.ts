import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import type { RolloutGiven } from './testing/builders.ts';
import { shopKeys } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { World, type WorldOptions } from './testing/world.ts';

const steps: CanaryStrategy['steps'] = [
  { setWeight: 20 },
  { pause: { duration: 30 } },
  { setWeight: 60 },
  { pause: {} },
];

function deployed(options: Partial<WorldOptions> & { rollout?: RolloutGiven } = {}): {
  world: World;
  violations: string[];
} {
  const world = new World({ routed: true, rollout: { canary: { steps } }, ...options });
  const violations = watchInvariants(world, { drainMs: world.options.routed ? 10_000 : 0 });
  world.run();
  expect(world.status).toMatchObject({ phase: 'Healthy' });
  world.writes.length = 0;
  world.facts.length = 0;
  return { world, violations };
}

function release(world: World, image: string): void {
  world.image = image;
  world.generation += 1;
}

const isAtStep = (index: number) => (world: World) =>
  world.status?.currentStepIndex === index && world.status.controllerPause === true;

describe.each([
  ['with a router', true],
  ['by numbers of pods', false],
])('a canary %s', (_name, routed) => {
  it('is promoted step by step', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.run(isAtStep(3));
    expect(world.status?.phase).toBe('Paused');
    expect(world.status?.waiting).toMatchObject({ reason: 'PauseStep', on: 'user' });
    expect([world.weight, world.readyPods('v1'), world.readyPods('v2')]).toEqual(routed ? [60, 5, 3] : [0, 2, 3]);
    world.status = { ...world.status, pauseConditions: undefined };
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2', currentPodHash: 'v2', currentStepIndex: 4 });
    expect(world.status?.waiting).toBeUndefined();
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([0, 5]);
    expect([world.weight, world.services.get('web-stable')]).toEqual([0, routed ? 'v2' : undefined]);
  });

  it('goes back to stable when a person aborts, and retries', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.run(isAtStep(3));
    world.status = { ...world.status, abort: true };
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({
      phase: 'Degraded',
      stableRS: 'v1',
      verdict: { cause: 'AbortedByUser', podHash: 'v2' },
      failedPodHash: 'v2',
      waiting: { reason: 'Aborted', on: 'user' },
    });
    expect(world.status?.verdict?.confirmedStableAt).toBeDefined();
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([5, 0]);

    world.status = { ...world.status, abort: false };
    world.run(isAtStep(3));
    expect(world.status).toMatchObject({ phase: 'Paused', attempt: 2 });
    expect(world.status?.verdict).toBeUndefined();
    world.annotations = { ...world.annotations, [shopKeys.command]: 'promote-full', [shopKeys.commandId]: '1' };
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(violations).toEqual([]);
  });

  it('drains the second revision before the third gets traffic', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.run(isAtStep(3));
    release(world, 'shop:3');
    world.run(isAtStep(1));

    expect(world.sets.get('v2')?.replicas).toBe(0);
    expect(world.sets.get('v3')?.replicas).toBe(1);
    world.annotations = { ...world.annotations, [shopKeys.command]: 'promote-full', [shopKeys.commandId]: '1' };
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(violations).toEqual([]);
  });

  it('goes back without steps when the template is stable again', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.run(isAtStep(3));
    release(world, 'shop:1');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v1', currentStepIndex: 4 });
    expect(world.sets.get('v2')?.replicas).toBe(0);
    expect(world.facts).toContain('SkipSteps');
    expect(violations).toEqual([]);
  });

  it('never releases a failed revision again by itself', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.run(isAtStep(1));
    world.status = { ...world.status, abort: true };
    world.run();
    release(world, 'shop:1');
    world.run();
    expect(world.status?.phase).toBe('Healthy');
    release(world, 'shop:2');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', verdict: { podHash: 'v2' } });
    expect(world.sets.get('v2')?.replicas).toBe(0);
    expect(violations).toEqual([]);
  });

  it('keeps the ratio when the number of pods changes in the middle', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.run(isAtStep(3));
    world.given = { ...world.given, replicas: 10 };
    world.run();

    expect(world.readyPods('v2')).toBe(6);
    expect(world.readyPods('v1')).toBe(routed ? 10 : 4);
    world.given = { ...world.given, replicas: 5 };
    world.run();
    expect(world.readyPods('v2')).toBe(3);
    expect(violations).toEqual([]);
  });

  it('waits while a person holds it, and goes on', () => {
    const { world, violations } = deployed({ routed });

    world.given = { ...world.given, paused: true };
    release(world, 'shop:2');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'manually paused', currentStepIndex: 0 });
    world.given = { ...world.given, paused: false };
    world.run(isAtStep(1));

    expect(world.status?.phase).toBe('Paused');
    expect(violations).toEqual([]);
  });

  it('aborts when the canary gets no pods before the progress deadline', () => {
    const { world, violations } = deployed({ routed });

    world.broken.add('v2');
    release(world, 'shop:2');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', verdict: { cause: 'ProgressDeadline' } });
    expect(world.readyPods('v1')).toBe(5);
    expect(violations).toEqual([]);
  });

  it('rolls a promoted revision back without steps by command', () => {
    const { world, violations } = deployed({ routed });

    release(world, 'shop:2');
    world.annotations = { ...world.annotations, [shopKeys.command]: 'promote-full', [shopKeys.commandId]: '1' };
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    world.annotations = {
      ...world.annotations,
      [shopKeys.command]: 'rollback',
      [shopKeys.commandId]: '2',
      [shopKeys.commandRevision]: 'v1',
      [shopKeys.commandActor]: 'release/shop-abc',
    };
    world.run();

    expect(world.status).toMatchObject({
      phase: 'Degraded',
      stableRS: 'v1',
      currentPodHash: 'v2',
      lastCommand: { id: '2', outcome: 'Applied' },
      verdict: { cause: 'AbortedByUser', actor: 'release/shop-abc', podHash: 'v2' },
    });
    expect(world.status?.verdict?.confirmedStableAt).toBeDefined();
    expect([world.readyPods('v1'), world.readyPods('v2')]).toEqual([5, 0]);
    expect([world.weight, world.services.get('web-stable')]).toEqual([0, routed ? 'v1' : undefined]);
    expect(violations).toEqual([]);
  });
});

it('an abort has all traffic back on stable within 2 s, and the canary drains after that', () => {
  const { world, violations } = deployed();

  release(world, 'shop:2');
  world.run(isAtStep(3));
  const abortedAt = world.now;
  world.status = { ...world.status, abort: true };
  world.run((now) => now.status?.verdict?.confirmedStableAt !== undefined);
  const backAt = world.now;
  world.run((now) => now.sets.get('v2')?.replicas === 0);

  expect(backAt - abortedAt).toBeLessThanOrEqual(2_000);
  expect(world.now - backAt).toBeGreaterThanOrEqual(10_000);
  expect(violations).toEqual([]);
});

describe('a broken stable revision', () => {
  const plan = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

  it('gets its traffic back only as far as it is ready, even at the very end of a promotion', () => {
    const { world, violations } = deployed({ rollout: plan });

    release(world, 'shop:2');
    world.annotations = { ...world.annotations, [shopKeys.command]: 'promote-full', [shopKeys.commandId]: '1' };
    world.run((now) => now.services.get('web-stable') === 'v2' && now.weight === 0);
    expect(world.status?.stableRS).toBe('v1');
    world.broken.add('v1');
    world.status = { ...world.status, abort: true };
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Degraded', transition: { kind: 'abort' } });
    expect([world.weight, world.services.get('web-canary')]).toEqual([100, 'v2']);
    world.broken.clear();
    world.run();
    expect(world.status).toMatchObject({ phase: 'Degraded', waiting: { reason: 'Aborted' } });
    expect([world.weight, world.services.get('web-stable')]).toEqual([0, 'v1']);
    expect(violations).toEqual([]);
  });

  it('does not keep a fix from taking over when the release before it is broken too', () => {
    const { world, violations } = deployed({ rollout: plan });

    release(world, 'shop:2');
    world.run(isAtStep(1));
    world.broken.add('v1').add('v2');
    world.run(() => false, 1_000);
    release(world, 'shop:3');
    world.run();
    expect([world.weight, world.services.get('web-canary')]).toEqual([50, 'v3']);
    world.annotations = { ...world.annotations, [shopKeys.command]: 'promote-full', [shopKeys.commandId]: '1' };
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(violations).toEqual([]);
  });
});

it('a canary scaled to no pods gets one when it gets weight', () => {
  const { world, violations } = deployed({
    rollout: { canary: { steps: [{ setCanaryScale: { replicas: 0 } }, { setWeight: 20 }, { pause: {} }] } },
  });

  release(world, 'shop:2');
  world.run();

  expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 2 });
  expect([world.weight, world.readyPods('v2')]).toEqual([20, 1]);
  expect(violations).toEqual([]);
});

describe('analysis', () => {
  const analysis = { templates: [{ templateName: 'errors' }] };
  const plan = { canary: { steps: [{ setWeight: 20 }, { analysis }, { setWeight: 60 }], analysis } };
  const withAnalysis = { rollout: plan, backgroundIsGood: true };

  it('aborts on a failed step and says which', () => {
    const { world, violations } = deployed(withAnalysis);

    release(world, 'shop:2');
    world.run((now) => now.runs.length === 2);
    expect(world.runs.map((run) => run.metadata.name).sort()).toEqual(['web-v2-2', 'web-v2-2-1']);
    world.finish('web-v2-2-1', 'Failed', 'Metric "errors" assessed Failed');
    world.run();

    expect(world.status?.verdict).toMatchObject({ cause: 'AnalysisFailed', analysisRun: 'web-v2-2-1' });
    expect(world.runs.find((run) => run.metadata.name === 'web-v2-2')?.spec.terminate).toBe(true);
    expect(world.weight).toBe(0);
    expect(violations).toEqual([]);
  });

  it('passes on success only, and repeats a run that brought no evidence', () => {
    const { world, violations } = deployed(withAnalysis);

    release(world, 'shop:2');
    world.run((now) => now.runs.length === 2);
    world.finish('web-v2-2-1', 'Error', 'no answer');
    world.run((now) => now.runs.length === 3);
    expect(world.status?.currentStepIndex).toBe(1);
    expect(world.runs.at(-1)?.metadata.name).toBe('web-v2-2-1.1');
    world.finish('web-v2-2-1.1', 'Successful');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(violations).toEqual([]);
  });

  it('pauses when the background has no verdict, and starts it anew after a resume', () => {
    const { world } = deployed(withAnalysis);

    release(world, 'shop:2');
    world.run((now) => now.runs.length === 2);
    world.finish('web-v2-2', 'Inconclusive');
    world.finish('web-v2-2-1', 'Successful');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveAnalysisRun', currentStepIndex: 1 });
    world.status = { ...world.status, pauseConditions: undefined };
    world.run();

    expect(world.runs.map((run) => run.metadata.name)).toContain('web-v2-2.1');
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });
});

describe('events', () => {
  it('come in the reference order: deploy, update to a pause, abort, retry, promote', () => {
    const world = new World({
      routed: false,
      rollout: { replicas: 1, canary: { steps: [{ setWeight: 50 }, { pause: {} }] } },
    });
    const distinct = () => {
      const list = world.facts.filter((reason, index) => reason !== world.facts[index - 1]);
      world.facts.length = 0;
      return list;
    };

    world.run();
    expect(distinct()).toEqual([
      'RolloutAddedToInformer',
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'RolloutNotCompleted',
      'ScalingReplicaSet',
      'RolloutCompleted',
    ]);
    release(world, 'shop:2');
    world.run();
    expect(distinct()).toEqual([
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'RolloutNotCompleted',
      'ScalingReplicaSet',
      'RolloutStepCompleted',
      'RolloutPaused',
    ]);
    world.status = { ...world.status, abort: true };
    world.run();
    expect(distinct()).toEqual(['ScalingReplicaSet', 'RolloutAborted']);
    world.status = { ...world.status, abort: false };
    world.run();
    expect(distinct()).toEqual(['ScalingReplicaSet', 'RolloutStepCompleted', 'RolloutPaused']);
    world.status = { ...world.status, pauseConditions: undefined };
    world.run();
    expect(distinct()).toEqual(['RolloutStepCompleted', 'RolloutResumed', 'ScalingReplicaSet', 'RolloutCompleted']);
  });
});
