import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { decide } from './decide.ts';
import type { SpecProblem } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import { lastUsable, withLastServices } from './refused-spec.ts';
import {
  aReplicaSet,
  aRollout,
  aService,
  aStatus,
  anAnalysisRun,
  anObserved,
  type ObservedGiven,
  plainRouter,
  shopKeys,
} from './testing/builders.ts';

const analysis = { templates: [{ templateName: 'errors' }] };
const steps = [{ setWeight: 20 }, { analysis }, { setWeight: 60 }];
const problem: SpecProblem = { scope: 'spec', field: 'spec.restartAt', message: 'not supported yet: spec.restartAt' };

/** Revision two has 20 % of the traffic, and the spec can't be used. */
function broken(more: ObservedGiven = {}, status = {}, notes: Record<string, string> = {}) {
  const { rollout, ...rest } = more;
  return anObserved({
    weight: 20,
    replicaSets: [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2 })],
    stableService: aService('web-stable', 'one', { one: 5 }),
    canaryService: aService('web-canary', 'two', { two: 1 }),
    problems: [problem],
    rollout: {
      canary: { steps },
      annotations: { [shopKeys.revision]: '2', ...notes },
      status: aStatus({ currentStepIndex: 1, ...status }),
      ...rollout,
    },
    ...rest,
  });
}

const command = (verb: string) => ({ [shopKeys.command]: verb, [shopKeys.commandId]: 'a' });
const aborted = { abort: true, abortedAt: '2026-01-01T00:00:00Z' };
const transition = { id: 'x', kind: 'abort', from: 'two', to: 'one', since: '2026-01-01T00:00:00Z' } as const;

describe('with a spec that can not be used', () => {
  it.each([
    ['status.abort', { abort: true }, {}],
    ['a command', {}, command('abort')],
  ])('an abort by %s is heard, and told beside what is wrong', (_name, status, notes) => {
    const decision = decide(broken({}, status, notes));

    expect(decision.status).toMatchObject({
      verdict: { cause: 'AbortedByUser', podHash: 'two' },
      transition: { kind: 'abort', to: 'one' },
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'InvalidSpec' })]) as unknown,
    });
    expect(decision.facts.map((one) => one.reason)).toContain('InvalidSpec');
  });

  it('a failed analysis aborts, even if the steps can not be read any more', () => {
    const run = anAnalysisRun('web-two-2-1', { step: 1, phase: 'Failed', message: 'too many errors' });
    const decision = decide(broken({ analysisRuns: [run], rollout: { canary: {} } }));

    expect(decision.status.verdict).toMatchObject({ cause: 'AnalysisFailed', analysisRun: 'web-two-2-1' });
  });

  it('traffic goes back to stable', () => {
    expect(decide(broken({}, { ...aborted, transition })).effects).toMatchObject([
      { kind: 'SetWeight', wanted: { destinations: [{ weight: 100 }, { weight: 0 }] } },
    ]);
  });

  it.each(['promote', 'promote-full', 'retry'])('%s is rejected', (verb) => {
    const { status, effects } = decide(broken({}, {}, command(verb)));

    expect(status.lastCommand).toMatchObject({ verb, outcome: 'Rejected' });
    expect(effects).toEqual([]);
  });

  it('nothing goes forward', () => {
    const passed = anAnalysisRun('web-two-2-1', { step: 1, phase: 'Successful' });
    const decision = decide(broken({ analysisRuns: [passed] }, { promoteFull: true }));

    expect(decision.status).toMatchObject({ currentStepIndex: 1, waiting: { reason: 'InvalidSpec', on: 'user' } });
    expect(decision.effects).toEqual([]);
  });

  it('stable keeps its size when the number of pods is what can not be used', () => {
    const field = 'spec.replicas';
    const observed = broken({ problems: [{ ...problem, field }] }, { ...aborted, transition });
    const decision = decide({
      ...observed,
      rollout: aRollout({
        ...observed.rollout.spec.strategy,
        replicas: -1,
        canary: observed.rollout.spec.strategy.canary ?? {},
        status: observed.rollout.status ?? {},
      }),
    });

    expect(decision.effects.map((one) => one.kind)).toEqual(['SetWeight']);
  });

  it.each([
    ['as many pods as its ReplicaSet has when that does not say how many are wanted', { replicas: 4, desired: 0 }, 4],
    ['as many as its ReplicaSet says are wanted', { replicas: 2, desired: 4 }, 4],
  ])('stable has %s', (_name, set, pods) => {
    const observed = broken(
      {
        problems: [{ ...problem, field: 'spec.replicas' }],
        replicaSets: [aReplicaSet('one', set), aReplicaSet('two', { replicas: 1, revision: 2 })],
      },
      { ...aborted, transition },
    );

    expect(lastUsable(observed, observed.rollout.status).rollout.spec.replicas).toBe(pods);
  });

  it('what an abort has left to do is done to its end when only the way forward is barred', () => {
    const decision = decide(broken({ weight: 0, problems: [{ ...problem, scope: 'forward' }] }, aborted));

    expect(decision.effects).toMatchObject([
      { kind: 'Scale', podHash: 'two', to: 0 },
      { kind: 'SwitchService', podHash: 'one' },
    ]);
  });

  it('a revision that was never released is not begun', () => {
    const decision = decide(
      broken({ weight: 0, replicaSets: [] }, { stableRS: undefined, currentStepIndex: undefined }),
    );

    expect(decision.effects).toEqual([]);
    expect(decision.waiting).toMatchObject({ reason: 'InvalidSpec', on: 'user' });
  });

  it.each([
    ['goes on to the revision that a person rolled back to', 'one', ['Scale', 'SetWeight']],
    ['does not go on to the new one', 'two', []],
  ])('a promotion %s', (_name, to, kinds) => {
    const promote = { ...transition, kind: 'promote' as const, from: to === 'one' ? 'two' : 'one', to };
    const decision = decide(broken({}, { currentStepIndex: 3, stableRS: promote.from, transition: promote }));

    expect(decision.effects.map((one) => one.kind)).toEqual(kinds);
  });

  it('stable keeps its size and what belongs to it when only the way forward is barred', () => {
    const replicaSets = [aReplicaSet('two', { replicas: 3, revision: 2 })];
    const given = { weight: 0, replicaSets, canaryService: aService('web-canary', 'two', { two: 3 }) };
    const stable = { ...given, stableService: aService('web-stable', 'two', { two: 3 }) };
    const sizes = (problems: readonly SpecProblem[]) =>
      decide(broken({ ...stable, problems }, { stableRS: 'two', currentStepIndex: 3 })).effects.map((one) => one.kind);

    expect(sizes([{ ...problem, scope: 'forward' }])).toEqual(['Scale']);
    expect(sizes([problem])).toEqual([]);
  });

  it('a route that can not be written is named, and all pods stay', () => {
    const message = 'rule 0 of HTTPRoute/route names 3 backends';
    const observed = broken({}, { ...aborted, transition });
    const plan = () => ({ kind: 'refused', field: 'backendRefs', message }) as const;
    const traffic = observed.traffic && { ...observed.traffic, router: { ...plainRouter, plan } };
    const decision = decide({ ...observed, traffic });

    expect(decision.effects).toEqual([]);
    expect(decision.waiting).toMatchObject({ reason: 'RouterRefused', on: 'user', value: message });
  });

  it('that names no router any more, no pod is given up either', () => {
    const weights = { canary: { weight: 20 }, stable: { weight: 80 } };
    const observed = broken({}, { ...aborted, transition, canary: { weights } });
    const decision = decide({ ...observed, traffic: undefined });

    expect(decision.effects).toEqual([]);
    expect(decision.waiting?.on).toBe('user');
  });
});

describe('the strategy used last', () => {
  it('has the Services that the route was written with', () => {
    const weights = {
      canary: { weight: 20, serviceName: 'web-canary' },
      stable: { weight: 80, serviceName: 'web-stable' },
    };
    const canary = { stableService: 'web-stable', canaryService: 'gone' };
    const rollout = withLastServices(aRollout({ canary, status: aStatus({ canary: { weights } }) }));

    expect(rollout.spec.strategy.canary).toMatchObject({ canaryService: 'web-canary', stableService: 'web-stable' });
  });

  it('is that of the spec where nothing was written, and for what was written without a name', () => {
    const weights = { canary: { weight: 20 }, stable: { weight: 80 } };
    const canary = { stableService: 'web-stable', canaryService: 'web-canary' };
    const plain = aRollout({ canary, status: aStatus() });
    const unnamed = aRollout({ canary, status: aStatus({ canary: { weights } }) });

    expect(withLastServices(plain)).toBe(plain);
    expect(withLastServices(unnamed).spec.strategy.canary).toEqual(canary);
  });

  it('keeps what can be read of a spec that can not be read whole', () => {
    const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'route' }] } };
    const rollout = aRollout({ canary: { stableService: 'a', canaryService: 'b', trafficRouting } });
    const canary = { ...rollout.spec.strategy.canary, steps: 'none', maxSurge: [] };
    const stored = { ...rollout, spec: { ...rollout.spec, strategy: { canary } } };
    const parsed = parseRollout(stored as unknown as Parameters<typeof parseRollout>[0], tidegateDialect);

    expect(parsed.problems).not.toEqual([]);
    expect(parsed.rollout.spec.replicas).toBe(5);
    expect(parsed.rollout.spec.strategy.canary).toEqual({ stableService: 'a', canaryService: 'b', trafficRouting });
  });
});

describe('with the ReplicaSet of stable deleted', () => {
  const gone: ObservedGiven = { problems: [], replicaSets: [aReplicaSet('two', { replicas: 1, revision: 2 })] };
  const failed = anAnalysisRun('web-two-2-1', { step: 1, phase: 'Failed' });

  it('a failed analysis counts, and no other run is begun', () => {
    const first = decide(broken({ ...gone, analysisRuns: [failed] }));
    const again = decide(broken({ ...gone, analysisRuns: [failed] }, first.status));

    expect(first.status.verdict?.cause).toBe('AnalysisFailed');
    expect(again.waiting).toMatchObject({ reason: 'StableMissing' });
    expect([...first.effects, ...again.effects]).toEqual([]);
  });

  it('a failure counts though a later run of the same step exists, and while a person has it paused', () => {
    const later = anAnalysisRun('web-two-2-1.1', { step: 1, phase: 'Successful' });
    const { status } = decide(
      broken({ problems: [], analysisRuns: [failed, later] }, { manualPauseStartedAt: '2026-01-01T00:00:00Z' }),
    );

    expect(status.verdict?.cause).toBe('AnalysisFailed');
  });

  it('stable is made anew when the template is that of stable again', () => {
    const status = { currentPodHash: 'one', transition: { ...transition, kind: 'back-to-stable' as const } };
    const decision = decide(broken({ ...gone, podHash: 'one' }, status));

    expect(decision.effects).toMatchObject([{ kind: 'CreateReplicaSet', draft: { podHash: 'one', replicas: 5 } }]);
  });
});
