import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { decide } from './decide.ts';
import type { ContainerTrouble } from './observed.ts';
import {
  aPod,
  aReplicaSet,
  aService,
  aStatus,
  anAnalysisRun,
  anObserved,
  type ObservedGiven,
  shopKeys,
  start,
} from './testing/builders.ts';

const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }];
const sets = [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2 })];
const services = {
  stableService: aService('web-stable', 'one', { one: 5 }),
  canaryService: aService('web-canary', 'two', { two: 1 }),
};
const progressing = {
  type: 'Progressing',
  status: 'True',
  reason: 'ReplicaSetUpdated',
  lastUpdateTime: '2026-01-01T00:00:00Z',
} as const;

/** Revision two at step 0, its one pod ready behind the canary Service. */
function atFirstStep(more: ObservedGiven = {}, status: Parameters<typeof aStatus>[0] = {}) {
  const annotations = { [shopKeys.revision]: '2' };
  const { rollout, ...rest } = more;
  return anObserved({
    weight: 0,
    replicaSets: sets,
    ...services,
    rollout: { canary: { steps }, annotations, status: aStatus(status), ...rollout },
    ...rest,
  });
}

const kinds = (decision: ReturnType<typeof decide>) => decision.effects.map((effect) => effect.kind);

describe('weight', () => {
  it('moves when the canary has its ready endpoints', () => {
    const decision = decide(atFirstStep());

    expect(decision.phase).toBe('act');
    expect(decision.effects).toMatchObject([{ kind: 'SetWeight', wanted: { total: 100 } }]);
  });

  it('does not move without them, and says what it waits for', () => {
    const decision = decide(atFirstStep({ canaryService: aService('web-canary', 'two', {}) }));

    expect(decision.effects).toEqual([]);
    expect(decision.waiting).toMatchObject({
      reason: 'EndpointsNotReady',
      on: 'Service/web-canary',
      value: '0',
      limit: '1',
    });
  });

  it('counts only once the router confirmed it', () => {
    const waits = decide(atFirstStep({ weight: 20, confirmed: false }));
    const passes = decide(atFirstStep({ weight: 20 }));

    expect(waits.waiting).toMatchObject({ reason: 'RouterNotConfirmed' });
    expect(waits.status.currentStepIndex).toBe(0);
    expect(passes).toMatchObject({ phase: 'record', status: { currentStepIndex: 1, phase: 'Paused' } });
  });

  it('waits until the stable Service selects exactly stable', () => {
    const stableService = aService('web-stable', undefined, { one: 5, two: 1 });
    const decision = decide(atFirstStep({ stableService }));

    expect(kinds(decision)).toEqual(['SwitchService']);
  });

  it('is put back when somebody else changed it', () => {
    const status = {
      currentStepIndex: 1,
      pauseConditions: [{ reason: 'CanaryPauseStep' as const, startTime: '2026-01-01T00:00:00Z' }],
      controllerPause: true,
    };
    const decision = decide(atFirstStep({ weight: 90 }, status));

    expect(decision.effects).toMatchObject([
      { kind: 'SetWeight', wanted: { destinations: [{ weight: 80 }, { weight: 20 }] } },
    ]);
  });
});

describe('pauses', () => {
  const startTime = '2026-01-01T00:00:00Z';
  const timed = { canary: { steps: [{ pause: { duration: '1m' } }, { setWeight: 50 }] } };
  const paused = {
    currentStepIndex: 0,
    controllerPause: true,
    pauseConditions: [{ reason: 'CanaryPauseStep' as const, startTime }],
  };
  const canaryService = aService('web-canary', 'two', {});

  it.each([
    ['holds before its end', start + 59_000, 0],
    ['ends at its deadline', start + 60_000, 1],
  ])('a timed pause %s', (_name, now, index) => {
    const zero = [aReplicaSet('one'), aReplicaSet('two', { replicas: 0, revision: 2 })];
    const decision = decide(
      atFirstStep({
        now,
        rollout: { ...timed, status: aStatus(paused), annotations: { [shopKeys.revision]: '2' } },
        replicaSets: zero,
        canaryService,
      }),
    );

    expect(decision.status.currentStepIndex).toBe(index);
    expect(index === 0 ? decision.lookAgainAt : undefined).toBe(index === 0 ? start + 60_000 : undefined);
  });
});

describe('failures of the canary pods', () => {
  const trouble = (reason: string, message: string, restarts = 0): ContainerTrouble => ({
    container: 'web',
    image: 'shop:2',
    reason,
    message,
    restarts,
  });
  const missing = trouble('ErrImagePull', 'rpc error: code = NotFound desc = shop:2: not found');
  const unreachable = trouble('ErrImagePull', 'dial tcp: lookup registry: no such host');
  const crash = trouble('CrashLoopBackOff', 'back-off 10s restarting failed container', 3);
  const none = [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, available: 0, revision: 2 })];
  const withPods = (troubles: readonly ContainerTrouble[], status = {}, now = start) =>
    decide(
      atFirstStep(
        { now, replicaSets: none, canaryService: aService('web-canary', 'two', {}), pods: [aPod('two', { troubles })] },
        status,
      ),
    );

  it.each([
    ['a missing image', missing, 'ImageMissing'],
    ['a crash loop', crash, 'CrashLoop'],
  ])('%s is given 60 s, then the revision has failed', (_name, one, reason) => {
    const seen = withPods([one]);
    const waiting = seen.status.waiting;
    const later = withPods([one], { waiting }, start + 60_000);

    expect(waiting).toMatchObject({ reason, until: '2026-01-01T00:01:00Z' });
    expect(withPods([one], { waiting }, start + 59_000).status.abort).toBeUndefined();
    expect(later).toMatchObject({
      phase: 'record',
      status: { abort: true, verdict: { cause: reason, podHash: 'two', revision: 2 } },
    });
  });

  it('a crash loop that is up for a moment when its time is over is judged when it is down', () => {
    const moment = { ...trouble('Crashed', '', 3), exitCode: 1, upSince: start + 59_000 };
    const { waiting } = withPods([crash]).status;
    const up = withPods([moment], { waiting }, start + 60_000);

    expect(up.status.verdict).toBeUndefined();
    expect(up.waiting?.reason).toBe('CrashLoop');
    expect(up.lookAgainAt).toBe(start + 70_000);
    expect(withPods([crash], { waiting: up.status.waiting }, start + 62_000).status.verdict?.cause).toBe('CrashLoop');
  });

  it('an unreachable registry only holds, even past the progress deadline', () => {
    const decision = withPods([unreachable], { conditions: [progressing] }, start + 700_000);

    expect(decision.status.verdict).toBeUndefined();
    expect(decision.waiting).toMatchObject({ reason: 'RegistryUnreachable' });
    expect(decision.status).toMatchObject({
      phase: 'Degraded',
      conditions: expect.arrayContaining([expect.objectContaining({ reason: 'ProgressDeadlineExceeded' })]) as unknown,
    });
  });

  it('a back-off that says no more keeps what was known', () => {
    const bare = trouble('ImagePullBackOff', 'Back-off pulling image "shop:2"');
    const waiting = { reason: 'ImageMissing', on: 'x', moves: 'x', until: '2026-01-01T00:01:00Z' };

    expect(withPods([bare], { waiting }).waiting).toMatchObject({ reason: 'ImageMissing' });
    expect(withPods([bare]).waiting).toMatchObject({ reason: 'RegistryUnreachable' });
  });

  it('one good pod is enough not to fail', () => {
    const observed = atFirstStep({
      replicaSets: none,
      pods: [aPod('two', { troubles: [crash] }), aPod('two', { ready: true })],
    });

    expect(decide(observed).waiting?.reason).not.toBe('CrashLoop');
  });
});

describe('progress deadline', () => {
  const late = {
    now: start + 600_000,
    replicaSets: [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, available: 0, revision: 2 })],
    canaryService: aService('web-canary', 'two', {}),
  };
  const status = { conditions: [progressing] };

  it.each([
    ['aborts in tidegate.io', undefined, true],
    ['only degrades when told not to abort', false, undefined],
  ])('%s', (_name, progressDeadlineAbort, abort) => {
    const rollout = progressDeadlineAbort === undefined ? {} : { progressDeadlineAbort };
    const decision = decide(
      atFirstStep({
        ...late,
        rollout: { canary: { steps }, annotations: { [shopKeys.revision]: '2' }, status: aStatus(status), ...rollout },
      }),
    );

    expect(decision.status.abort).toBe(abort);
    expect(decision.status.phase).toBe('Degraded');
  });

  it('does not run while the router has not confirmed', () => {
    const decision = decide(atFirstStep({ now: start + 900_000, weight: 20, confirmed: false }, status));

    expect(decision.status.abort).toBeUndefined();
    expect(decision.waiting?.reason).toBe('RouterNotConfirmed');
  });
});

describe('commands', () => {
  const asked = (verb: string, more: Record<string, string> = {}, status = {}) =>
    decide(
      atFirstStep({
        rollout: {
          canary: { steps },
          status: aStatus(status),
          annotations: { [shopKeys.revision]: '2', [shopKeys.command]: verb, [shopKeys.commandId]: 'a', ...more },
        },
      }),
    );

  it.each([
    ['a word that is no command', 'explode', {}, 'there is no command "explode"'],
    ['another revision', 'promote', { [shopKeys.commandRevision]: 'three' }, 'meant for revision three'],
    ['another step', 'promote', { [shopKeys.commandStep]: '2' }, 'meant for step 2'],
    ['nothing to retry', 'retry', {}, 'was not aborted'],
    ['nothing to resume', 'resume', {}, 'it is not paused'],
    [
      'a rollback in the middle of a rollout',
      'rollback',
      { [shopKeys.commandRevision]: 'zero' },
      'a rollout is in progress',
    ],
  ])('%s is rejected with a sentence', (_name, verb, more, text) => {
    const decision = asked(verb, more);

    expect(decision.status.lastCommand).toMatchObject({ id: 'a', verb, outcome: 'Rejected' });
    expect(decision.status.lastCommand?.message).toContain(text);
    expect(decision.effects).toEqual([]);
  });

  it('has one outcome per id', () => {
    const first = asked('abort', { [shopKeys.commandActor]: 'jane', [shopKeys.commandKeepGit]: 'true' });
    const again = asked('abort', {}, first.status);

    expect(first.status).toMatchObject({
      lastCommand: { outcome: 'Applied', actor: 'jane' },
      verdict: { cause: 'AbortedByUser', actor: 'jane', keepGit: true },
      failedPodHash: 'two',
      transition: { kind: 'abort', from: 'two', to: 'one' },
    });
    expect(again.facts.map((one) => one.reason)).not.toContain('CommandApplied');
  });

  it('an abort by status outranks a promote by command', () => {
    const decision = asked('promote-full', {}, { abort: true });

    expect(decision.status).toMatchObject({ abort: true, lastCommand: { outcome: 'Superseded' } });
    expect(decision.status.promoteFull).toBeUndefined();
  });

  it('a full promotion that is asked for together with a retry is not forgotten', () => {
    const status = aStatus({ abort: false, abortedAt: '2026-01-01T00:00:00Z', promoteFull: true });
    const decision = decide(anObserved({ rollout: { status } }));

    expect(decision.status).toMatchObject({ promoteFull: true, transition: { kind: 'promote' } });
    expect(decision.status.abortedAt).toBeUndefined();
  });

  it('an abort with nothing to go back to is refused and cleared', () => {
    const decision = decide(
      anObserved({
        rollout: { status: aStatus({ stableRS: undefined, abort: true }) },
        replicaSets: [aReplicaSet('two')],
      }),
    );

    expect(decision.status.abort).toBeUndefined();
    expect(decision.facts.map((one) => one.reason)).toContain('CommandRejected');
  });
});

describe('analysis', () => {
  const analysis = { templates: [{ templateName: 'errors' }] };
  const canary = { steps: [{ analysis }, { setWeight: 20 }] };
  const annotations = { [shopKeys.revision]: '2' };
  const zero = [aReplicaSet('one'), aReplicaSet('two', { replicas: 0, revision: 2 })];
  const judged = (run: Parameters<typeof anAnalysisRun>[1], more: ObservedGiven = {}) =>
    decide(
      anObserved({
        weight: 0,
        replicaSets: zero,
        stableService: services.stableService,
        canaryService: aService('web-canary', 'one', { one: 5 }),
        rollout: { canary, annotations, status: aStatus() },
        analysisRuns: [anAnalysisRun('web-two-2-0', { step: 0, ...run })],
        ...more,
      }),
    );

  it('only its own success passes the step', () => {
    expect(judged({ phase: 'Successful' }).status.currentStepIndex).toBe(1);
    for (const phase of ['Running', 'Pending', 'Error', 'Inconclusive'] as const)
      expect(judged({ phase }).status.currentStepIndex).toBe(0);
    expect(judged({ phase: 'Successful', terminate: true }).status.currentStepIndex).toBe(0);
  });

  it.each([
    ['of another attempt', { attempt: 2 }],
    ['of another revision', { podHash: 'three' }],
    ['of another step', { step: 5 }],
    ['of the background', { type: 'Background' as const }],
  ])('a success %s counts for nothing', (_name, run) => {
    expect(judged({ phase: 'Successful', ...run }).status.currentStepIndex).toBe(0);
  });

  it('a failure aborts with the run in the verdict', () => {
    const decision = judged({ phase: 'Failed', message: 'Metric "errors" assessed Failed' });

    expect(decision.status.verdict).toMatchObject({ cause: 'AnalysisFailed', analysisRun: 'web-two-2-0' });
    expect(decision.status.verdict?.message).toContain('Metric "errors" assessed Failed');
  });

  it('an error holds in tidegate.io and aborts in argoproj.io', () => {
    const now = start + 1_000;
    const completedAt = '2026-01-01T00:00:00Z';
    const argoKeys = keys(argoDialect);
    const run = anAnalysisRun('web-two-2-0', { phase: 'Error', completedAt });
    const labels = { 'rollouts-pod-template-hash': 'two', 'rollout-type': 'Step', 'step-index': '0' };
    const argo = judged(
      {},
      {
        now,
        dialect: argoDialect,
        keys: argoKeys,
        analysisRuns: [{ ...run, metadata: { ...run.metadata, labels } }],
      },
    );

    expect(judged({ phase: 'Error', completedAt }, { now }).waiting).toMatchObject({
      reason: 'NoEvidence',
      until: start + 10_000,
    });
    expect(argo.status.verdict?.cause).toBe('AnalysisFailed');
  });
});

describe('an unusable spec', () => {
  const problem = { scope: 'spec' as const, field: 'spec.replicas', message: 'Rollout shop/web: spec.replicas is -1.' };

  it('starts nothing and is said once', () => {
    const first = decide(atFirstStep({ problems: [problem] }));
    const again = decide(atFirstStep({ problems: [problem], rollout: { canary: { steps }, status: first.status } }));

    expect(first.effects).toEqual([]);
    expect(first.status).toMatchObject({
      phase: 'Degraded',
      message: `InvalidSpec: ${problem.message}`,
      waiting: { on: 'user' },
    });
    expect(first.facts.map((one) => one.reason)).toEqual(['InvalidSpec']);
    expect(again.facts).toEqual([]);
    expect(again.status).toEqual(first.status);
  });

  it('of a third revision does not keep the second from going back when it fails', () => {
    const template = { scope: 'forward' as const, field: 'spec.template', message: 'bad template' };
    const status = aStatus({ abort: true });
    const observed = atFirstStep({
      podHash: 'three',
      weight: 20,
      problems: [template],
      rollout: { canary: { steps }, status },
    });
    const recorded = decide(observed);
    const next = decide(
      atFirstStep({
        podHash: 'three',
        weight: 20,
        problems: [template],
        rollout: { canary: { steps }, status: recorded.status },
      }),
    );

    expect(recorded.status.transition).toMatchObject({ kind: 'abort', from: 'two', to: 'one' });
    expect(next.effects).toMatchObject([{ kind: 'SetWeight' }]);
  });
});
