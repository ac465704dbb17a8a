import { describe, expect, it } from 'vitest';
import type { AnalysisRun, MetricResult } from '../../crds/schema/analysis-run.ts';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { holdWithoutEvidence, lackOfEvidence } from './background-evidence.ts';
import type { AnalysisRunView } from './observed.ts';
import { sceneOf } from './scene.ts';
import { aReplicaSet, aService, aStatus, anAnalysisRun, anObserved, shopKeys } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { World } from './testing/world.ts';

type RunStatus = NonNullable<AnalysisRun['status']>;

const analysis = { templates: [{ templateName: 'errors' }] };
const plan = [{ setWeight: 20 }, { pause: { duration: '30s' } }, { setWeight: 60 }];
const held = (reason: string): RunStatus => ({
  phase: 'Running',
  waiting: { reason, on: 'Metric/errors', value: 'no answer', moves: 'x', until: '2036-01-01T00:00:00Z' },
});
const good: RunStatus = {
  phase: 'Running',
  metricResults: [{ name: 'errors', phase: 'Running', count: 1, successful: 1 }],
};

/** A release of v2 whose analysis beside the steps says `says`; the last word wins until it is changed. */
function released(says: RunStatus | undefined, steps: readonly object[] = plan) {
  const world = new World({ routed: true, rollout: { canary: { steps: [...steps], analysis } } });
  const violations = watchInvariants(world, { drainMs: 10_000 });
  const run = (status: RunStatus | undefined) =>
    world.run((now) => {
      now.runs = now.runs.map((one) => withStatus(one, status));
      return false;
    }, 900_000);
  world.run();
  world.image = 'shop:2';
  world.generation += 1;
  run(says);
  return { world, violations, run };
}

function withStatus({ status: _status, ...run }: AnalysisRunView, status: RunStatus | undefined): AnalysisRunView {
  return status === undefined ? run : { ...run, status };
}

function command(world: World, verb: string): void {
  world.annotations = { ...world.annotations, [shopKeys.command]: verb, [shopKeys.commandId]: `${verb}-${world.now}` };
}

describe('without evidence beside the steps', () => {
  it.each([
    ['the backend does not answer', held('BackendUnavailable'), 'BackendUnavailable', 0],
    ['its settings are wrong', held('Misconfigured'), 'Misconfigured', 0],
    ['there are no values', held('NoEvidence'), 'NoEvidence', 20],
    ['nothing was measured', undefined, 'AnalysisRunning', 20],
  ])('the steps stand still when %s, past every deadline, and go on with it', (_name, status, reason, weight) => {
    const { world, violations, run } = released(status);

    expect(world.status).toMatchObject({ stableRS: 'v1', currentStepIndex: 0, waiting: { reason } });
    expect(world.status?.waiting?.moves).toContain('promote in full');
    expect(world.status?.verdict).toBeUndefined();
    expect(world.weight).toBe(weight);
    run(good);

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(violations).toEqual([]);
  });

  it('stops between two weights when it is lost on the way, and aborts on a failure', () => {
    const { world, violations, run } = released(good, [...plan, { pause: {} }]);
    expect(world.weight).toBe(60);
    world.status = { ...world.status, pauseConditions: undefined };
    run(held('BackendUnavailable'));
    expect(world.status).toMatchObject({ stableRS: 'v1', currentStepIndex: 3 });
    run({ phase: 'Failed', message: 'too many errors' });

    expect(world.status).toMatchObject({ stableRS: 'v1', verdict: { cause: 'AnalysisFailed' } });
    expect(violations).toEqual([]);
  });

  it('weight that somebody else gives the canary meanwhile is taken back', () => {
    const { world, run } = released(held('NoEvidence'));
    world.editRoute('route', 90);
    run(held('NoEvidence'));

    expect(world.weight).toBe(20);
  });

  it('a person goes on by promote-full only: promote does not lead past the last step', () => {
    const { world, run } = released(good, [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }]);
    world.status = { ...world.status, currentStepIndex: 2, pauseConditions: undefined, controllerPause: undefined };
    command(world, 'promote');
    run(held('NoEvidence'));
    expect(world.status?.lastCommand).toMatchObject({ outcome: 'Rejected' });
    expect(world.status?.lastCommand?.message).toContain('promote-full');
    command(world, 'promote-full');
    run(held('NoEvidence'));

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });
});

describe('a promotion', () => {
  const scene = (more: Parameters<typeof anObserved>[0] = {}) =>
    sceneOf(
      anObserved({
        weight: 20,
        replicaSets: [aReplicaSet('one'), aReplicaSet('two', { replicas: 1 })],
        canaryService: aService('web-canary', 'two', { two: 1 }),
        rollout: { canary: { steps: [{ setWeight: 20 }], analysis }, status: aStatus() },
        ...more,
      }),
      aStatus(),
    );
  const metric = (name: string) => ({ name, provider: {} });
  const withMetrics = (results: readonly MetricResult[], more: Partial<AnalysisRun['spec']> = {}): AnalysisRunView => {
    const run = anAnalysisRun('web-two-2', { type: 'Background', phase: 'Running' });
    const metrics = [metric('errors'), metric('latency')] as AnalysisRun['spec']['metrics'];
    const waiting = { reason: 'AnalysisRunning', on: 'x', moves: 'x', until: '2026-01-01T00:10:00Z' };
    return { ...run, spec: { metrics, ...more }, status: { phase: 'Running', waiting, metricResults: [...results] } };
  };
  const [errors, latency] = ['errors', 'latency'].map((name) => ({ name, phase: 'Running' as const, successful: 1 }));

  it('needs a good value of every metric, and says when the next is measured', () => {
    const lack = lackOfEvidence(scene(), [withMetrics([errors!])]);

    expect(lack?.waiting).toMatchObject({ reason: 'AnalysisRunning', until: Date.parse('2026-01-01T00:10:00Z') });
    expect(lackOfEvidence(scene(), [withMetrics([errors!, latency!])])).toBeUndefined();
  });

  it('does not count a metric that is only watched, and counts earlier runs of the same attempt', () => {
    const dryRun = [{ metricName: 'lat.*' }];

    expect(lackOfEvidence(scene(), [withMetrics([errors!], { dryRun })])).toBeUndefined();
    expect(lackOfEvidence(scene(), [withMetrics([latency!]), withMetrics([errors!])])).toBeUndefined();
  });

  it('in argoproj.io is as in Argo', () => {
    const argo = scene({ dialect: argoDialect });

    expect(lackOfEvidence(argo, [])).toBeUndefined();
    expect(holdWithoutEvidence(argo, withMetrics([])).waiting).toBeUndefined();
  });
});
