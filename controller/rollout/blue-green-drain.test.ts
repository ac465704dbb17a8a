import { describe, expect, it } from 'vitest';
import { watchBlueGreen } from './testing/blue-green-invariants.ts';
import { active, BlueGreenWorld, type BlueGreenWorldOptions } from './testing/blue-green-world.ts';
import { shopKeys } from './testing/builders.ts';

const drainMs = 10_000;

/** Revision v1 is stable; the checks of the safety rules run along. */
function deployed({ blueGreen, ...options }: BlueGreenWorldOptions = {}) {
  const world = new BlueGreenWorld({ blueGreen: { scaleDownDelaySeconds: drainMs / 1000, ...blueGreen }, ...options });
  const violations = watchBlueGreen(world, { drainMs });
  world.run();
  world.writes.length = 0;
  return { world, violations };
}

const size = (world: BlueGreenWorld, hash: string) => world.sets.get(hash)?.replicas;
const isStable = (hash: string) => (world: { status?: BlueGreenWorld['status'] }) =>
  world.status?.stableRS === hash && world.status.transition === undefined;

/** The world's clock stands still when nothing is left to happen; people wait all the same. */
function wait(world: BlueGreenWorld, forMs: number): void {
  const end = world.now + forMs;
  world.run(() => false, forMs);
  world.now = end;
}

function command(world: BlueGreenWorld, verb: string): void {
  const id = `${verb}-${world.now}`;
  world.annotations = { ...world.annotations, [shopKeys.command]: verb, [shopKeys.commandId]: id };
}

/** When the revision lost its last pods, counted from a time. */
function goneAfter(world: BlueGreenWorld, hash: string, since: number): number | undefined {
  const write = world.writes.find(
    ({ at, effect }) => at >= since && effect.kind === 'Scale' && effect.podHash === hash && effect.to === 0,
  );
  return write === undefined ? undefined : write.at - since;
}

describe('a revision that was live a moment ago', () => {
  it('keeps its drain when it is wanted again and given up at once', () => {
    const { world, violations } = deployed();
    world.release(2);
    world.run(isStable('v2'));
    const promotedAt = world.now;
    world.broken.add('v1');

    world.release(1);
    wait(world, 500);
    expect(world.status).toMatchObject({ currentPodHash: 'v1', stableRS: 'v2' });
    world.release(2);
    world.run();

    expect(violations).toEqual([]);
    expect(goneAfter(world, 'v1', promotedAt)).toBeGreaterThanOrEqual(drainMs);
    expect(size(world, 'v2')).toBe(5);
  });

  it('keeps its pods for the delay when it is aborted after the switch, tried again, and replaced', () => {
    const postPromotionAnalysis = { templates: [{ templateName: 'errors' }] };
    const { world, violations } = deployed({ blueGreen: { postPromotionAnalysis, abortScaleDownDelaySeconds: 0 } });
    world.release(2);
    world.run(() => world.services.get(active) === 'v2');
    command(world, 'abort');
    world.run(() => world.services.get(active) === 'v1');
    const backAt = world.now;
    wait(world, 1_000);
    // Held, it stays in preview.
    world.given = { ...world.given, paused: true };
    command(world, 'retry');
    wait(world, 100);
    expect(world.status?.abortedAt).toBeUndefined();

    world.given = { ...world.given, paused: false };
    world.release(3);
    wait(world, 60_000);

    expect(violations).toEqual([]);
    expect(goneAfter(world, 'v2', backAt)).toBeGreaterThanOrEqual(drainMs);
  });

  it('is not cut short by the limit of old revisions when its abort had a shorter delay', () => {
    const postPromotionAnalysis = { templates: [{ templateName: 'errors' }] };
    const blueGreen = { scaleDownDelaySeconds: 60, abortScaleDownDelaySeconds: 12, scaleDownDelayRevisionLimit: 0 };
    const { world, violations } = deployed({ blueGreen: { ...blueGreen, postPromotionAnalysis } });
    world.release(2);
    world.run(() => world.services.get(active) === 'v2');
    command(world, 'abort');
    world.run(({ status }) => status?.abortedAt !== undefined && status.transition === undefined);

    world.release(3);
    wait(world, 60_000);

    expect(violations).toEqual([]);
    expect(size(world, 'v2')).toBe(0);
  });

  it('gets the whole abort delay, not what is left of an older drain', () => {
    const { world, violations } = deployed({ blueGreen: { abortScaleDownDelaySeconds: 40 } });
    world.release(2);
    world.run(isStable('v2'));
    world.broken.add('v1');
    world.release(1);
    wait(world, 500);
    const abortedAt = world.now;
    command(world, 'abort');
    world.run();

    expect(violations).toEqual([]);
    expect(goneAfter(world, 'v1', abortedAt)).toBeGreaterThanOrEqual(40_000);
  });
});

describe('a preview that somebody else gave live traffic', () => {
  it.each([
    ['by selecting it', 'v2'],
    ['by taking the hash off the active Service', undefined],
  ])('keeps its pods for the delay when it is replaced %s', (_how, to) => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(({ status }) => status?.phase === 'Paused');

    world.editService(active, to);
    wait(world, 1_000);
    const backAt = world.now;
    expect(world.services.get(active)).toBe('v1');
    world.release(3);
    wait(world, 60_000);

    expect(violations).toEqual([]);
    expect(goneAfter(world, 'v2', backAt)).toBeGreaterThanOrEqual(drainMs - 1_000);
  });

  it('keeps them when it was aborted before', () => {
    const { world, violations } = deployed({ blueGreen: { autoPromotionEnabled: false } });
    world.release(2);
    world.run(({ status }) => status?.phase === 'Paused');
    command(world, 'abort');
    wait(world, 25_000);
    expect(size(world, 'v2')).toBe(5);

    world.editService(active, 'v2');
    wait(world, 60_000);

    expect(violations).toEqual([]);
    expect(size(world, 'v2')).toBe(0);
  });
});

describe('a first deploy', () => {
  it.each([
    ['whose pods are not there yet', 500],
    ['whose pods are all there', 1_999],
  ])('%s is replaced by another revision, although the active Service selects both', (_what, afterMs) => {
    const world = new BlueGreenWorld({ blueGreen: { scaleDownDelaySeconds: drainMs / 1000 } });
    const violations = watchBlueGreen(world, { drainMs });
    wait(world, afterMs);
    world.now += 1;

    world.release(2);
    world.run();

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect([size(world, 'v1'), size(world, 'v2')]).toEqual([0, 5]);
  });
});

describe('a third revision', () => {
  it('starts although neither stable nor the second has a ready pod', () => {
    const { world, violations } = deployed();
    world.broken.add('v1');
    world.broken.add('v2');
    world.release(2);
    wait(world, 5_000);
    command(world, 'abort');
    wait(world, 5_000);

    world.release(3);
    wait(world, 60_000);

    expect(violations).toEqual([]);
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v3' });
    expect(world.services.get(active)).toBe('v3');
  });
});
