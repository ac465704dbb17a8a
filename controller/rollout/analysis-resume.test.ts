/** How a rollout goes on after an analysis without a verdict, and from which step the analysis beside the steps runs. */

import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import { World } from './testing/world.ts';

const analysis = { templates: [{ templateName: 'errors', clusterScope: true }] };

function released(canary: CanaryStrategy): World {
  const world = new World({ routed: true, rollout: { canary }, backgroundIsGood: true });
  world.run();
  world.image = 'shop:2';
  world.generation += 1;
  return world;
}
const names = (world: World) => world.runs.map((run) => run.metadata.name);

describe('an inconclusive step', () => {
  const plan: CanaryStrategy = { steps: [{ setWeight: 20 }, { analysis }, { pause: {} }] };
  const paused = (): World => {
    const world = released(plan);
    world.run((now) => now.runs.length === 1);
    world.finish('web-v2-2-1', 'Inconclusive', 'neither good nor bad');
    world.run();
    expect(world.status).toMatchObject({
      phase: 'Paused',
      currentStepIndex: 1,
      pauseConditions: [{ reason: 'InconclusiveAnalysisRun' }],
    });
    return world;
  };

  it('pauses, and status tells the run with its message [Rollout.status.canary.currentStepAnalysisRunStatus, RolloutAnalysisRunStatus, RolloutAnalysis.templates[].clusterScope]', () => {
    expect(paused().status?.canary?.currentStepAnalysisRunStatus).toEqual({
      name: 'web-v2-2-1',
      status: 'Inconclusive',
      message: 'neither good nor bad',
    });
  });

  it.each([
    ['a resume', (index: number) => ({ currentStepIndex: index })],
    [
      'a promote of an inconclusive pause',
      (index: number) => ({ currentStepIndex: index + 1, controllerPause: false }),
    ],
  ])('is passed by %s, and its run is not judged again', (_how, patch) => {
    const world = paused();
    world.status = { ...world.status, pauseConditions: undefined, ...patch(1) };
    world.run();

    expect(world.status).toMatchObject({ currentStepIndex: 2, pauseConditions: [{ reason: 'CanaryPauseStep' }] });
    expect(names(world)).toEqual(['web-v2-2-1']);
  });
});

it.each([
  ['Successful', 'AnalysisRunSuccessful'],
  ['Failed', 'AnalysisRunFailed'],
] as const)('a run of a step that ends %s is told once, though its step ends with it', (phase, reason) => {
  const world = released({ steps: [{ setWeight: 20 }, { analysis }, { pause: {} }] });
  world.run((now) => now.runs.length === 1);
  world.run();
  world.finish('web-v2-2-1', phase);
  world.run();

  expect(world.facts.filter((one) => one.startsWith('AnalysisRun')).at(-1)).toBe(reason);
  expect(world.facts.filter((one) => one === reason)).toHaveLength(1);
});

it('the analysis beside the steps starts at its step [Rollout.spec.strategy.canary.analysis.startingStep, Rollout.status.canary.currentBackgroundAnalysisRunStatus]', () => {
  const world = released({
    steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }],
    analysis: { ...analysis, startingStep: 2 },
  });
  world.run();
  expect([world.status?.currentStepIndex, names(world)]).toEqual([1, []]);

  world.status = { ...world.status, pauseConditions: undefined };
  world.run();
  expect(names(world)).toEqual(['web-v2-2']);
  expect(world.status?.canary?.currentBackgroundAnalysisRunStatus?.name).toBe('web-v2-2');
});
