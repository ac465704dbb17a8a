import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { watchBlueGreen } from './testing/blue-green-invariants.ts';
import { active, BlueGreenWorld, type BlueGreenWorldOptions, preview } from './testing/blue-green-world.ts';
import { shopKeys } from './testing/builders.ts';

const templates = { templates: [{ templateName: 'errors' }] };
const drainMs = 10_000;

/** Revision v1 is stable; the checks of the safety rules run along. */
function deployed({ blueGreen, ...options }: BlueGreenWorldOptions = {}): {
  world: BlueGreenWorld;
  violations: string[];
} {
  const world = new BlueGreenWorld({ blueGreen: { scaleDownDelaySeconds: drainMs / 1000, ...blueGreen }, ...options });
  const violations = watchBlueGreen(world, { drainMs });
  world.run();
  expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v1' });
  world.writes.length = 0;
  world.facts.length = 0;
  return { world, violations };
}

const isPaused = (world: { status?: BlueGreenWorld['status'] }) => world.status?.phase === 'Paused';
const size = (world: BlueGreenWorld, hash: string) => world.sets.get(hash)?.replicas;

function resume(world: BlueGreenWorld): void {
  world.status = { ...world.status, pauseConditions: undefined };
}

function command(world: BlueGreenWorld, verb: string, revision?: string): void {
  const to = revision === undefined ? {} : { [shopKeys.commandRevision]: revision };
  const id = `${verb}-${world.now}`;
  world.annotations = { ...world.annotations, [shopKeys.command]: verb, [shopKeys.commandId]: id, ...to };
}

/** When the active Service was switched to a revision, in milliseconds since the first write seen. */
function switchedAt(world: BlueGreenWorld, service: string, podHash: string): number | undefined {
  return world.writes.find(
    ({ effect }) => effect.kind === 'SwitchService' && effect.target.name === service && effect.podHash === podHash,
  )?.at;
}

describe('an update with blue-green', () => {
  it('waits for a person behind the preview Service, and switches when promoted [Rollout.spec.strategy.blueGreen.activeService] [Rollout.spec.strategy.blueGreen.previewService] [Rollout.spec.strategy.blueGreen.autoPromotionEnabled] [Rollout.status.blueGreen.previewSelector] [Rollout.status.blueGreen.activeSelector]', () => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });

    world.release(2);
    world.run(isPaused);
    expect(world.status).toMatchObject({
      phase: 'Paused',
      message: 'BlueGreenPause',
      controllerPause: true,
      pauseConditions: [{ reason: 'BlueGreenPause' }],
      blueGreen: { previewSelector: 'v2', activeSelector: 'v1' },
      waiting: { reason: 'BlueGreenPause', on: 'user' },
    });
    expect([size(world, 'v1'), size(world, 'v2')]).toEqual([5, 5]);
    world.run();
    expect(world.services.get(active)).toBe('v1');
    resume(world);
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({
      phase: 'Healthy',
      stableRS: 'v2',
      blueGreen: { previewSelector: 'v2', activeSelector: 'v2' },
    });
    expect(world.status?.pauseConditions).toBeUndefined();
    expect([size(world, 'v1'), size(world, 'v2')]).toEqual([0, 5]);
  });

  it('switches by itself after autoPromotionSeconds, and at once without [Rollout.spec.strategy.blueGreen.autoPromotionSeconds]', () => {
    const timed = deployed({ blueGreen: { autoPromotionSeconds: 20 } }).world;
    timed.release(2);
    timed.run(isPaused);
    const pausedAt = timed.now;
    timed.run();
    const waitedMs = (switchedAt(timed, active, 'v2') ?? 0) - pausedAt;
    expect(Math.abs(waitedMs - 20_000)).toBeLessThan(1_000);

    const { world } = deployed();
    world.release(2);
    world.run();
    expect(world.facts).not.toContain('RolloutPaused');
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('never promotes by time what waits for a person', () => {
    const { world } = deployed({ blueGreen: { autoPromotionEnabled: false, autoPromotionSeconds: 5 } });
    world.release(2);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', blueGreen: { activeSelector: 'v1' } });
  });

  it('keeps the preview at its size until the switch is due [Rollout.spec.strategy.blueGreen.previewReplicaCount] [Rollout.status.blueGreen.scaleUpPreviewCheckPoint]', () => {
    const { world, violations } = deployed({ blueGreen: { previewReplicaCount: 2, autoPromotionEnabled: false } });
    world.release(2);
    world.run(isPaused);
    expect([size(world, 'v2'), world.status?.blueGreen?.scaleUpPreviewCheckPoint]).toEqual([2, undefined]);

    resume(world);
    world.run(({ status }) => status?.blueGreen?.scaleUpPreviewCheckPoint === true);
    expect(world.services.get(active)).toBe('v1');
    world.run();

    expect(violations).toEqual([]);
    expect([size(world, 'v2'), world.status?.blueGreen]).toEqual([5, { activeSelector: 'v2', previewSelector: 'v2' }]);
  });

  it('keeps the old pods for the delay after the switch is in force, then takes them [Rollout.spec.strategy.blueGreen.scaleDownDelaySeconds] [annotation:scale-down-deadline]', () => {
    const { world, violations } = deployed({ blueGreen: { scaleDownDelaySeconds: 30 }, endpointMs: 2_000 });
    world.release(2);
    world.run(({ status }) => status?.stableRS === 'v2');
    expect(world.sets.get('v1')?.annotations[shopKeys.scaleDownDeadline]).toBeDefined();
    world.run();

    const down = world.writes.find(({ effect }) => effect.kind === 'Scale' && effect.podHash === 'v1');
    const at = switchedAt(world, active, 'v2') ?? 0;
    expect((down?.at ?? 0) - at).toBeGreaterThanOrEqual(32_000);
    expect((down?.at ?? 0) - at).toBeLessThan(34_000);
    expect(violations).toEqual([]);
  });

  it('keeps no more old revisions than the limit [Rollout.spec.strategy.blueGreen.scaleDownDelayRevisionLimit]', () => {
    const { world } = deployed({ blueGreen: { scaleDownDelaySeconds: 600, scaleDownDelayRevisionLimit: 1 } });
    const isStable = (hash: string) => (one: { status?: BlueGreenWorld['status'] }) =>
      one.status?.phase === 'Healthy' && one.status.stableRS === hash;
    world.release(2);
    world.run(isStable('v2'));
    world.release(3);
    world.run(isStable('v3'));
    world.run(() => false, 60_000);
    expect([size(world, 'v1'), size(world, 'v2'), size(world, 'v3')]).toEqual([0, 5, 5]);
  });

  it('lets open requests end even where no old revision may stay', () => {
    const { world, violations } = deployed({
      blueGreen: { scaleDownDelaySeconds: 600, scaleDownDelayRevisionLimit: 0 },
    });
    world.release(2);
    world.run((one) => one.status?.stableRS === 'v2');
    world.run(() => false, 9_000);
    const kept = size(world, 'v1');
    world.run();

    expect([kept, size(world, 'v1')]).toEqual([5, 0]);
    expect(violations).toEqual([]);
  });

  it('follows spec.replicas on both sides, whatever it stands at', () => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(isPaused);
    world.given = { ...world.given, replicas: 7 };
    world.run();
    expect([size(world, 'v1'), size(world, 'v2'), world.status?.phase]).toEqual([7, 7, 'Paused']);
    resume(world);
    world.run();
    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', availableReplicas: 7, HPAReplicas: 7 });
  });

  it('stops before the switch while spec.paused is set', () => {
    const { world } = deployed();
    world.given = { ...world.given, paused: true };
    world.release(2);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'manually paused' });
    expect([world.services.get(active), size(world, 'v2')]).toEqual(['v1', undefined]);
    world.given = { ...world.given, paused: false };
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });
});

describe('a blue-green revision that fails', () => {
  it('is given up by a person: live traffic stays, the preview lives on for its delay [Rollout.spec.strategy.blueGreen.abortScaleDownDelaySeconds]', () => {
    const blueGreen = { autoPromotionEnabled: false, abortScaleDownDelaySeconds: 60 };
    const { world, violations } = deployed({ blueGreen });
    world.release(2);
    world.run(isPaused);
    world.status = { ...world.status, abort: true };
    const at = world.now;
    world.run(({ status }) => status?.phase === 'Degraded' && status.transition === undefined);
    expect(world.status).toMatchObject({ stableRS: 'v1', message: expect.stringContaining('RolloutAborted') });
    expect(size(world, 'v2')).toBe(5);
    world.run();
    const down = world.writes.find(({ effect }) => effect.kind === 'Scale' && effect.podHash === 'v2');
    expect((down?.at ?? 0) - at).toBeGreaterThanOrEqual(60_000);
    expect([size(world, 'v1'), size(world, 'v2'), world.services.get(preview)]).toEqual([5, 0, 'v1']);

    world.status = { ...world.status, abort: false };
    world.run(isPaused);
    expect([size(world, 'v2'), world.services.get(preview), world.status?.attempt]).toEqual([5, 'v2', 2]);
    expect(violations).toEqual([]);
  });

  it('is kept for ever with an abort delay of 0', () => {
    const { world } = deployed({ blueGreen: { autoPromotionEnabled: false, abortScaleDownDelaySeconds: 0 } });
    world.release(2);
    world.run(isPaused);
    world.status = { ...world.status, abort: true };
    world.run();
    expect([world.status?.phase, size(world, 'v2'), world.services.get(preview)]).toEqual(['Degraded', 5, 'v2']);
  });

  it('never gets live traffic when the analysis before the switch fails [Rollout.spec.strategy.blueGreen.prePromotionAnalysis] [Rollout.status.blueGreen.prePromotionAnalysisRunStatus]', () => {
    const { world, violations } = deployed({ blueGreen: { prePromotionAnalysis: templates } });
    world.release(2);
    world.run(({ status }) => status?.blueGreen?.prePromotionAnalysisRunStatus !== undefined);
    const name = world.runs[0]?.metadata.name ?? '';
    expect(name).toBe('web-v2-2-pre');
    expect(world.status).toMatchObject({ phase: 'Progressing', message: 'waiting for analysis to complete' });
    world.finish(name, 'Failed', 'errors failed');
    world.run();

    expect(switchedAt(world, active, 'v2')).toBeUndefined();
    expect(world.status).toMatchObject({
      phase: 'Degraded',
      stableRS: 'v1',
      verdict: { cause: 'AnalysisFailed', analysisRun: name },
      blueGreen: { prePromotionAnalysisRunStatus: { name, status: 'Failed' } },
    });
    expect(violations).toEqual([]);
  });

  it('gives live traffic back when the analysis after the switch fails; until then the old pods stay [Rollout.spec.strategy.blueGreen.postPromotionAnalysis] [Rollout.status.blueGreen.postPromotionAnalysisRunStatus]', () => {
    const { world, violations } = deployed({ blueGreen: { postPromotionAnalysis: templates } });
    world.release(2);
    world.run();
    const name = world.runs[0]?.metadata.name ?? '';
    expect([name, world.services.get(active), world.status?.stableRS]).toEqual(['web-v2-2-post', 'v2', 'v1']);
    expect(world.status).toMatchObject({ phase: 'Progressing', message: 'waiting for analysis to complete' });
    world.now += 600_000;
    world.run();
    expect(size(world, 'v1')).toBe(5);
    world.finish(name, 'Failed');
    world.run();

    expect(violations).toEqual([]);
    expect(world.services.get(active)).toBe('v1');
    expect(world.status).toMatchObject({ phase: 'Degraded', verdict: { cause: 'AnalysisFailed' }, stableRS: 'v1' });
    expect(world.status?.verdict?.confirmedStableAt).toBeDefined();
    expect(size(world, 'v2')).toBe(0);
  });

  it('passes both analyses one after the other', () => {
    const { world } = deployed({ blueGreen: { prePromotionAnalysis: templates, postPromotionAnalysis: templates } });
    world.release(2);
    world.run();
    world.finish('web-v2-2-pre', 'Successful');
    world.run();
    expect(world.services.get(active)).toBe('v2');
    world.finish('web-v2-2-post', 'Successful');
    world.run();
    expect(world.status).toMatchObject({
      phase: 'Healthy',
      stableRS: 'v2',
      blueGreen: {
        prePromotionAnalysisRunStatus: { status: 'Successful' },
        postPromotionAnalysisRunStatus: { status: 'Successful' },
      },
    });
  });

  it('pauses on an analysis without verdict, and a person may go on', () => {
    const { world } = deployed({ blueGreen: { prePromotionAnalysis: templates } });
    world.release(2);
    world.run();
    world.finish('web-v2-2-pre', 'Inconclusive');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveAnalysisRun' });
    resume(world);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it('is aborted when its pods do not come before the progress deadline', () => {
    const { world, violations } = deployed({ rollout: { progressDeadlineSeconds: 60 } });
    world.broken.add('v2');
    world.release(2);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Degraded', verdict: { cause: 'ProgressDeadline' } });
    expect([world.services.get(active), size(world, 'v2')]).toEqual(['v1', 0]);
    expect(violations).toEqual([]);
  });

  it('is not released again by itself', () => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(isPaused);
    world.status = { ...world.status, abort: true };
    world.run();
    world.release(1);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v1' });
    world.release(2);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1', abort: true });
    expect(violations).toEqual([]);
  });
});

describe('going back with blue-green', () => {
  it('to a revision inside its delay needs neither pause nor analysis', () => {
    const blueGreen = { autoPromotionEnabled: false, scaleDownDelaySeconds: 300, postPromotionAnalysis: templates };
    const { world, violations } = deployed({ blueGreen });
    world.release(2);
    world.run(isPaused);
    resume(world);
    world.run();
    world.finish('web-v2-2-post', 'Successful');
    world.run(({ status }) => status?.phase === 'Healthy');
    world.facts.length = 0;
    const at = world.now;

    world.release(1);
    world.run(({ status }) => status?.phase === 'Healthy' && status.stableRS === 'v1');

    expect(world.now - at).toBeLessThan(1_000);
    expect(world.runs).toHaveLength(1);
    expect(world.facts).not.toContain('RolloutPaused');
    expect(world.sets.get('v1')?.annotations[shopKeys.scaleDownDeadline]).toBeUndefined();
    expect(violations).toEqual([]);
  });

  it('to one whose delay has passed is an update like any other', () => {
    const { world } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(isPaused);
    resume(world);
    world.run();
    world.release(1);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', stableRS: 'v2', currentPodHash: 'v1' });
  });

  it('to stable in the middle skips everything, and the preview goes at once', () => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(isPaused);
    world.release(1);
    world.run(() => false, 1_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v1', currentPodHash: 'v1' });
    expect([size(world, 'v1'), size(world, 'v2'), world.services.get(preview)]).toEqual([5, 0, 'v1']);
    expect(violations).toEqual([]);
  });

  it('happens by a rollback command, and the promoted revision counts as failed', () => {
    const { world, violations } = deployed({ blueGreen: { scaleDownDelaySeconds: 300 } });
    world.release(2);
    world.run(({ status }) => status?.phase === 'Healthy' && status.stableRS === 'v2');
    command(world, 'rollback', 'v1');
    world.run();
    expect(world.status).toMatchObject({
      stableRS: 'v1',
      phase: 'Degraded',
      failedPodHash: 'v2',
      lastCommand: { outcome: 'Applied' },
    });
    expect([world.services.get(active), size(world, 'v1'), size(world, 'v2')]).toEqual(['v1', 5, 0]);
    expect(violations).toEqual([]);
  });
});

describe('a third revision with blue-green', () => {
  it('takes the place of the one in preview, which goes at once', () => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(isPaused);
    world.release(3);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Paused', stableRS: 'v1', blueGreen: { previewSelector: 'v3' } });
    expect([size(world, 'v1'), size(world, 'v2'), size(world, 'v3')]).toEqual([5, 0, 5]);
    expect(violations).toEqual([]);
  });

  it('comes after live traffic is back on stable when the second had it already', () => {
    const { world, violations } = deployed({ blueGreen: { postPromotionAnalysis: templates } });
    world.release(2);
    world.run();
    expect(world.services.get(active)).toBe('v2');
    world.release(3);
    world.run(({ sets }) => sets.has('v3'));
    expect(world.services.get(active)).toBe('v1');
    world.run();
    world.finish('web-v3-3-post', 'Successful');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(violations).toEqual([]);
  });
});

describe('commands with blue-green', () => {
  it('promote ends the pause, and is refused while the preview is not ready', () => {
    const { world } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(({ status }) => status?.currentPodHash === 'v2');
    command(world, 'promote');
    world.run(({ status }) => status?.lastCommand !== undefined);
    expect(world.status?.lastCommand).toMatchObject({ outcome: 'Rejected' });
    world.run(isPaused);
    command(world, 'promote');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', lastCommand: { verb: 'promote', outcome: 'Applied' } });
  });

  it('promote in full skips pause and analyses', () => {
    const blueGreen = {
      autoPromotionEnabled: false,
      prePromotionAnalysis: templates,
      postPromotionAnalysis: templates,
      previewReplicaCount: 1,
    };
    const { world, violations } = deployed({ blueGreen });
    world.release(2);
    world.run(({ status }) => status?.currentPodHash === 'v2');
    world.status = { ...world.status, promoteFull: true };
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect([world.runs.length, world.status?.promoteFull]).toEqual([0, undefined]);
    expect(violations).toEqual([]);
  });

  it('an abort after the switch outranks the promotion', () => {
    const { world, violations } = deployed({ endpointMs: 3_000 });
    world.release(2);
    world.run(({ services }) => services.get(active) === 'v2');
    command(world, 'abort');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1', verdict: { cause: 'AbortedByUser' } });
    expect(world.services.get(active)).toBe('v1');
    expect(violations).toEqual([]);
  });
});

describe('events and messages of blue-green', () => {
  it.each([
    ['tidegate.io', undefined],
    ['argoproj.io', argoDialect],
  ])('come in the reference order in %s: deploy, update', (_group, dialect) => {
    const world = new BlueGreenWorld({ shown: false, rollout: { replicas: 1 }, ...(dialect ? { dialect } : {}) });
    world.run();
    expect(world.told()).toEqual([
      'RolloutAddedToInformer',
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'ScalingReplicaSet',
      'RolloutCompleted',
      'SwitchService',
    ]);
    world.release(2);
    world.run(({ status }) => status?.phase === 'Healthy' && status.stableRS === 'v2');
    expect(world.told()).toEqual([
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'RolloutNotCompleted',
      'ScalingReplicaSet',
      'SwitchService',
      'RolloutCompleted',
    ]);
  });

  it('name what is missing on the way', () => {
    const { world } = deployed({ endpointMs: 5_000 });
    const messages: string[] = [];
    world.release(2);
    world.run(({ status }) => {
      if (status?.message !== undefined && messages.at(-1) !== status.message) messages.push(status.message);
      return false;
    });
    expect(messages).toEqual([
      '',
      'more replicas need to be updated',
      'active service cutover pending',
      'waiting for post-promotion verification to complete',
      '',
    ]);
  });
});
