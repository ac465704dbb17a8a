/** A loop and an incident of the whole cluster must not turn into a row of revert commits; the cluster itself never waits. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { JsonObject } from '../../kube/api.ts';
import { type Manifest, withValueAt } from '../git-sync/objects.ts';
import { anApp, gitWorld, type GitWorld } from '../git-sync/testing/git-world.ts';
import { defaultLimits, limitHit } from './limits.ts';

const now = Date.UTC(2026, 0, 2, 12);
const at = (minutesAgo: number): string => new Date(now - minutesAgo * 60_000).toISOString();

function aRevert(options: { uid: string; sync?: string; cause?: string; status?: JsonObject }): GitRevert {
  return {
    metadata: { name: options.uid, namespace: 'shop', uid: options.uid, creationTimestamp: at(0) },
    spec: {
      gitSync: { name: options.sync ?? 'web', uid: options.sync ?? 'web' },
      cause: options.cause ?? 'AnalysisFailed',
    },
    status: options.status ?? {},
  } as unknown as GitRevert;
}

const pushed = (minutesAgo: number): JsonObject => ({ phase: 'Pushed', pushedAt: at(minutesAgo) });
const fresh = aRevert({ uid: 'new' });
const hit = (reverts: readonly GitRevert[], failures: readonly { owner: string; at: number }[] = [], revert = fresh) =>
  limitHit({ revert, reverts: [...reverts, revert], failures, limits: defaultLimits }, now);

describe('the limit', () => {
  const own = [100, 200, 300, 400, 500].map((ago, index) => aRevert({ uid: `r${index}`, status: pushed(ago) }));

  it('is five reverts of one GitSync a day, and ends by itself', () => {
    expect(hit(own)).toMatchObject({ reason: 'RevertLimit', until: now - 500 * 60_000 + 24 * 3_600_000 });
    expect(hit(own.slice(1))).toBeUndefined();
    expect(hit([...own.slice(1), aRevert({ uid: 'old', status: pushed(1_500) })])).toBeUndefined();
  });

  it('counts one that is about to be pushed', () => {
    expect(hit([...own.slice(1), aRevert({ uid: 'c', status: { phase: 'Computed' } })])?.reason).toBe('RevertLimit');
  });

  it('is twenty reverts an hour in the whole cluster', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      aRevert({ uid: `r${index}`, sync: `s${index}`, status: pushed(index) }),
    );

    expect(hit(many)?.message).toContain('20 reverts were written in this cluster within an hour');
    expect(hit(many.slice(1))).toBeUndefined();
  });

  it('is an incident when five releases fail within five minutes, unless a person aborted', () => {
    const failures = [0, 1, 2, 3, 4].map((index) => ({ owner: `s${index}`, at: now - index * 60_000 }));

    expect(hit([], failures)).toMatchObject({ reason: 'ClusterIncident' });
    expect(hit([], failures)?.message).toContain('looks like an incident of the cluster');
    expect(hit([], failures.slice(1))).toBeUndefined();
    expect(hit([], [...failures.slice(1), { owner: 's4', at: now }])).toBeUndefined();
    expect(hit([], failures, aRevert({ uid: 'x', cause: 'AbortedByUser' }))).toBeUndefined();
  });
});

describe('in an incident', () => {
  let world: GitWorld;
  beforeEach(async () => {
    world = gitWorld();
    world.source.commit(anApp({ image: 'app:1' }), 'first');
    await world.settle();
    world.promote('web');
    await world.settle();
    world.source.commit(anApp({ image: 'app:2' }), 'bad');
    await world.after(70_000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      world.cluster.put({
        apiVersion: 'tidegate.io/v1alpha1',
        kind: 'Release',
        metadata: { name, namespace: `team-${name}` },
        spec: { gitSync: { name, uid: `sync-${name}` }, digest: name },
        status: { phase: 'Bad', finishedAt: '2026-01-01T00:00:30Z', failed: [{ rollout: name, cause: 'CrashLoop' }] },
      } as unknown as Manifest);
    }
    world.fail('web');
    world.confirmStable('web');
    await world.settle();
  });

  it('the cluster goes back, and Git waits for a person', async () => {
    const [revert] = world.reverts();

    expect(world.sync().status?.restore?.phase).toBe('Restored');
    expect(revert?.status?.phase).toBe('NeedsHuman');
    expect(revert?.status?.message).toContain('looks like an incident of the cluster');
    expect(revert?.status?.message).toContain('tidegate.io/proceed=true');
    await world.after(3_600_000);
    expect(world.source.log()).toHaveLength(2);
  });

  it('a person lets it go on by an annotation', async () => {
    const revert = world.cluster.all('GitRevert')[0]!;
    world.cluster.put(withValueAt(revert, ['metadata', 'annotations', 'tidegate.io/proceed'], 'true'));
    await world.settle();

    expect(world.reverts()[0]?.status?.phase).toBe('Pushed');
    expect(world.reverts()[0]?.status?.conditions?.some((one) => one.type === 'Held')).toBe(false);
  });

  it('a fix by hand ends the wait', async () => {
    world.source.commit(anApp({ image: 'app:3' }), 'fix');
    await world.after(400_000);

    expect(world.reverts()[0]?.status?.phase).toBe('Superseded');
  });
});
