import { describe, expect, it } from 'vitest';
import { afterEvent, hasFailed } from './lifecycle-status.ts';
import { aStatus, shopKeys, start } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { World } from './testing/world.ts';

const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }];

function deployed() {
  const world = new World({ routed: true, rollout: { canary: { steps } } });
  const violations = watchInvariants(world, { drainMs: 10_000 });
  world.run();
  return { world, violations };
}

function release(world: World, image: string): void {
  world.image = image;
  world.generation += 1;
  world.run();
}

function abort(world: World): void {
  world.status = { ...world.status, abort: true };
  world.run();
}

function command(world: World, verb: string, more: Record<string, string> = {}): void {
  const id = `${verb}-${world.now}`;
  world.annotations = { ...world.annotations, [shopKeys.command]: verb, [shopKeys.commandId]: id, ...more };
  world.run();
}

describe('a revision that failed', () => {
  it('is not released again after another one has failed too', () => {
    const { world, violations } = deployed();
    for (const image of ['shop:2', 'shop:3']) {
      release(world, image);
      abort(world);
    }
    release(world, 'shop:2');

    expect(world.status).toMatchObject({ phase: 'Degraded', verdict: { podHash: 'v2' }, stableRS: 'v1' });
    expect([world.weight, world.readyPods('v2')]).toEqual([0, 0]);
    expect(violations).toEqual([]);
  });

  it('is released again by a retry, which forgives no other revision', () => {
    const { world } = deployed();
    for (const image of ['shop:2', 'shop:3']) {
      release(world, image);
      abort(world);
    }
    release(world, 'shop:2');
    command(world, 'retry');
    expect(world.status).toMatchObject({ phase: 'Paused', failedPodHashes: ['v3'], failedPodHash: 'v3' });
    command(world, 'promote');
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    release(world, 'shop:3');

    expect(world.status).toMatchObject({ phase: 'Degraded', verdict: { podHash: 'v3' }, stableRS: 'v2' });
  });

  it('is nothing to roll back to, even if another one failed later', () => {
    const { world } = deployed();
    for (const image of ['shop:2', 'shop:3']) {
      release(world, image);
      abort(world);
    }
    release(world, 'shop:1');
    command(world, 'rollback', { [shopKeys.commandRevision]: 'v2' });

    expect(world.status?.lastCommand).toMatchObject({ outcome: 'Rejected' });
    expect(world.status?.lastCommand?.message).toContain('v2 failed itself');
  });

  it('is remembered by a status that an earlier version wrote, and the list stays short', () => {
    const input = { now: start, podHash: 'two', stepHash: 'steps', steps: 1 };
    let status = aStatus({ failedPodHash: 'old' });
    for (let index = 0; index < 25; index += 1) {
      const at = '2026-01-01T00:00:00Z';
      const cause = 'AbortedByUser' as const;
      const verdict = { outcome: 'Failed' as const, cause, podHash: `h${index}`, revision: 1, at, message: '' };
      const next = aStatus({ failedPodHashes: status.failedPodHashes, failedPodHash: status.failedPodHash });
      status = afterEvent(next, { type: 'abort' }, { ...input, verdict }) ?? status;
      if (index === 0) expect([hasFailed(status, 'old'), hasFailed(status, 'h0')]).toEqual([true, true]);
    }

    expect(status.failedPodHashes).toHaveLength(20);
    expect([hasFailed(status, 'h24'), hasFailed(status, 'old')]).toEqual([true, false]);
  });
});

it('abort set back to false counts as a retry by a person, and an old command is not carried out again', () => {
  const { world } = deployed();
  release(world, 'shop:2');
  command(world, 'abort');
  const { id } = world.status?.lastCommand ?? {};
  world.status = { ...world.status, abort: false };
  world.run();

  expect(world.status).toMatchObject({ phase: 'Paused', attempt: 2, currentPodHash: 'v2' });
  expect(world.status?.verdict).toBeUndefined();
  expect(world.status?.lastCommand).toMatchObject({ id, verb: 'retry', outcome: 'Applied' });
  expect(world.status?.lastCommand?.message).toContain('status.abort');
});
