import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Observed } from './observed.ts';
import { shopKeys } from './testing/builders.ts';
import { World, type WorldOptions } from './testing/world.ts';

const steps = [{ setWeight: 20 }, { pause: {} }];

class ArgoWorld extends World {
  override observe(): Observed {
    return { ...super.observe(), dialect: argoDialect };
  }

  release(image: string): void {
    this.image = image;
    this.generation += 1;
  }

  /** Patches status as people do. */
  patch(change: Partial<RolloutStatus>): void {
    this.status = { ...this.status, ...change };
  }

  command(verb: string): void {
    this.annotations = { [shopKeys.command]: verb, [shopKeys.commandId]: `${verb}-${this.now}` };
  }
}

function deployed(given: WorldOptions['rollout'] = {}): ArgoWorld {
  const world = new ArgoWorld({ routed: true, rollout: { canary: { steps }, ...given } });
  world.run();
  expect(world.status).toMatchObject({ phase: 'Healthy', completionStatus: 'Promoted' });
  world.now += 60_000;
  return world;
}

const isPaused = (world: World) => world.status?.controllerPause === true;
const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function took({ rolloutStartedAt = '', finishedAt = '' }: RolloutStatus = {}): number {
  return Date.parse(finishedAt) - Date.parse(rolloutStartedAt);
}

/** The second revision stands at its pause. */
function onTrial(given: WorldOptions['rollout'] = {}): ArgoWorld {
  const world = deployed(given);
  world.release('shop:2');
  world.run(isPaused);
  return world;
}

describe('how long a release took, in argoproj.io', () => {
  it('begins with the new template, and has no end before it is promoted [Rollout.status.rolloutStartedAt, Rollout.status.finishedAt]', () => {
    const world = deployed();
    const begin = world.now;
    world.release('shop:2');
    world.run(isPaused);

    expect(world.status?.rolloutStartedAt).toBe(at(begin));
    expect(world.status?.finishedAt).toBeUndefined();
    expect(world.status?.completionStatus).toBeUndefined();

    world.now += 30_000;
    world.patch({ pauseConditions: undefined });
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', rolloutStartedAt: at(begin) });
    expect(took(world.status)).toBeGreaterThanOrEqual(30_000);
  });

  it('was promoted by its steps, or fast by a full promotion [Rollout.status.completionStatus]', () => {
    const slow = onTrial();
    slow.patch({ pauseConditions: undefined });
    slow.run();
    expect(slow.status?.completionStatus).toBe('Promoted');

    const fast = onTrial();
    fast.patch({ promoteFull: true });
    fast.run();
    expect(fast.status).toMatchObject({ stableRS: 'v2', completionStatus: 'FastPromoted' });
  });

  it('was rolled back by a command that strikes the promoted revision, and fast by going back before it had traffic', () => {
    const struck = onTrial();
    struck.patch({ pauseConditions: undefined });
    struck.run();
    struck.annotations = {
      [shopKeys.command]: 'rollback',
      [shopKeys.commandId]: '1',
      [shopKeys.commandRevision]: 'v1',
    };
    struck.run();
    expect(struck.status).toMatchObject({ stableRS: 'v1', currentPodHash: 'v2', completionStatus: 'RolledBack' });

    const early = deployed();
    early.release('shop:2');
    early.run(({ status }) => status?.currentPodHash === 'v2');
    early.release('shop:1');
    early.run();
    expect(early.status).toMatchObject({ stableRS: 'v1', currentPodHash: 'v1', completionStatus: 'FastRolledBack' });
  });

  it('ends with the abort, and begins anew with the retry [Rollout.status.completionStatus]', () => {
    const world = onTrial();
    const aborted = world.now;
    world.patch({ abort: true });
    world.run();
    expect(world.status).toMatchObject({ completionStatus: 'Aborted', finishedAt: at(aborted) });

    world.now += 60_000;
    const retried = world.now;
    world.patch({ abort: false });
    world.run(isPaused);
    expect(world.status?.rolloutStartedAt).toBe(at(retried));
    expect(world.status?.completionStatus).toBeUndefined();
  });

  it('is superseded while its traffic is taken back; then the next one has begun with its template [Rollout.status.completionStatus]', () => {
    const world = onTrial();
    const begin = world.now;
    world.release('shop:3');
    world.run(({ status }) => status?.transition?.kind === 'supersede');
    expect(world.status).toMatchObject({ completionStatus: 'Superseded', finishedAt: at(begin) });

    world.run(isPaused);
    expect(world.status).toMatchObject({ currentPodHash: 'v3', rolloutStartedAt: at(begin) });
    expect(world.status?.completionStatus).toBeUndefined();
  });

  it('is a rollback when there was that revision before, a fast one without steps [Rollout.status.completionStatus]', () => {
    const back = onTrial();
    back.release('shop:1');
    back.run();
    expect(back.status).toMatchObject({ stableRS: 'v1', completionStatus: 'FastRolledBack' });

    const older = onTrial();
    older.patch({ pauseConditions: undefined });
    older.run();
    older.release('shop:1');
    older.run(isPaused);
    older.patch({ pauseConditions: undefined });
    older.run();
    expect(older.status).toMatchObject({ stableRS: 'v1', completionStatus: 'RolledBack' });
  });

  it('inside the rollback window is a fast rollback', () => {
    const world = onTrial({ rollbackWindow: { revisions: 2 } });
    world.patch({ pauseConditions: undefined });
    world.run();
    world.release('shop:1');
    world.run();
    expect(world.status).toMatchObject({ stableRS: 'v1', completionStatus: 'FastRolledBack' });
  });

  it('counts the pauses of people from the beginning of each release', () => {
    const world = onTrial();
    world.patch({ totalManualPauseDurationSeconds: 90 });
    world.release('shop:3');
    world.run((one) => isPaused(one) && one.status?.currentPodHash === 'v3');

    expect(world.status?.totalManualPauseDurationSeconds).toBeUndefined();
  });

  it('says nothing of a release that nobody saw begin', () => {
    const world = onTrial();
    world.patch({ rolloutStartedAt: undefined });
    world.patch({ pauseConditions: undefined });
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.status?.finishedAt).toBeUndefined();
  });
});

describe('outside argoproj.io', () => {
  it('the RolloutRun tells it, and status does not', () => {
    const world = new World({ routed: true, rollout: { canary: { steps } } });
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.status?.rolloutStartedAt).toBeUndefined();
    expect(world.status?.completionStatus).toBeUndefined();
  });
});
