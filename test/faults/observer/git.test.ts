/** S18, S19, S20: what the observer says about pushes, applied commits and what is deleted. */

import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { GitCommit } from './git-update.ts';
import { uidOf } from './rollout-view.ts';
import { aTale, branch, repository, type Tale } from './testing/tale.ts';

let tale: Tale;
const uid = (): string => uidOf(tale.get('GitSync', 'shop'));

function commit(sha: string, parent: string | undefined, more: Partial<GitCommit> = {}): GitCommit {
  return {
    sha,
    parents: parent === undefined ? [] : [parent],
    trailers: {},
    paths: ['apps/shop/rollout.yaml'],
    ...more,
  };
}

function revert(sha: string, parent: string, of: string, more: Partial<GitCommit> = {}): GitCommit {
  return commit(sha, parent, { trailers: { 'Tidegate-Revert-Of': [of] }, ...more });
}

function record(sha: string, of: string, spec: JsonObject = {}): void {
  const whole = {
    mode: 'push',
    gitSync: { name: 'shop' },
    branch,
    repository,
    paths: ['apps/shop'],
    bad: { commit: of },
    ...spec,
  };
  tale.write('controller', 'GitRevert', `shop-${sha}`, { spec: whole, status: { phase: 'Computed', commit: sha } });
}

beforeEach(() => {
  tale = aTale();
  tale.write('user', 'GitSync', 'shop', { spec: { branch, repository } });
  tale.push('dev', commit('c1', undefined));
  tale.push('dev', commit('c2', 'c1'));
});

describe('S18, reverts', () => {
  it('takes one revert that is on record', () => {
    record('r1', 'c2');
    tale.push('tidegate', revert('r1', 'c2', 'c2'));
    tale.write('controller', 'GitRevert', 'shop-r1', { status: { phase: 'Pushed' } });
    expect(tale.violations()).toEqual([]);
  });

  it.each<readonly [string, () => void]>([
    [
      'a second revert of one commit',
      () => {
        record('r1', 'c2');
        record('r2', 'c2');
        tale.push('tidegate', revert('r1', 'c2', 'c2'));
        tale.push('tidegate', revert('r2', 'r1', 'c2'));
      },
    ],
    [
      'a revert of a revert',
      () => {
        record('r1', 'c2');
        record('r2', 'r1');
        tale.push('tidegate', revert('r1', 'c2', 'c2'));
        tale.push('tidegate', revert('r2', 'r1', 'r1'));
      },
    ],
    [
      'a push that drops a commit',
      () => {
        record('r1', 'c2');
        tale.push('tidegate', revert('r1', 'c1', 'c2'));
      },
    ],
    ['a branch moved back', () => tale.moveBranch('tidegate', 'c2', 'c1')],
    [
      'a push to another branch',
      () => {
        record('r1', 'c2');
        tale.pushTo('other', 'tidegate', revert('r1', 'c2', 'c2'));
      },
    ],
    ['a new branch without a commit of its own', () => tale.pushTo('other', 'tidegate')],
    ['another branch on record than the one of the GitSync', () => record('r1', 'c2', { branch: 'other' })],
    [
      'a commit in the name of a person',
      () => {
        record('r1', 'c2');
        tale.push('tidegate', revert('r1', 'c2', 'c2', { author: 'Dev <dev@example.com>' }));
      },
    ],
    ['a branch deleted', () => tale.moveBranch('tidegate', 'c2', undefined)],
    [
      'a path outside the release',
      () => {
        record('r1', 'c2');
        tale.push('tidegate', revert('r1', 'c2', 'c2', { paths: ['apps/shop/a.yaml', 'apps/other/a.yaml'] }));
      },
    ],
    ['a push before it was put on record', () => tale.push('tidegate', revert('r1', 'c2', 'c2'))],
    [
      'a push where only a report was wanted',
      () => {
        record('r1', 'c2', { mode: 'report' });
        tale.push('tidegate', revert('r1', 'c2', 'c2'));
      },
    ],
    ['a push of anything else', () => tale.push('tidegate', commit('x1', 'c2'))],
    [
      'a revert called pushed that is on no branch',
      () => {
        record('r1', 'c2');
        tale.write('controller', 'GitRevert', 'shop-r1', { status: { phase: 'Pushed' } });
      },
    ],
  ])('minds %s', (_name, happens) => {
    happens();
    expect(tale.broken()).toEqual(['S18']);
  });

  it.each(['tidegate', 'tidegate <bot@example.com>'])('takes commits of the controller: %s', (author) => {
    record('r1', 'c2');
    tale.push('tidegate', revert('r1', 'c2', 'c2', { author }));
    expect(tale.violations()).toEqual([]);
  });

  it('minds another mail address where one is expected', () => {
    tale = aTale({ committer: 'bot <bot@example.com>' });
    tale.write('user', 'GitSync', 'shop', { spec: { branch, repository } });
    tale.push('dev', commit('c2', undefined));
    record('r1', 'c2');
    tale.push('tidegate', revert('r1', 'c2', 'c2', { author: 'bot <other@example.com>' }));
    expect(tale.broken()).toEqual(['S18']);
  });

  it('does not mind what people do to their branch', () => {
    tale.moveBranch('dev', 'c2', 'c1');
    expect(tale.violations()).toEqual([]);
  });
});

describe('S19, applied commits', () => {
  const apply = (sha: string): void =>
    tale.write('controller', 'GitSync', 'shop', { status: { candidate: { commit: sha } } });

  it('takes commits of the branch in their order', () => {
    apply('c1');
    apply('c2');
    expect(tale.violations()).toEqual([]);
  });

  it('minds one that is not on the branch', () => {
    apply('elsewhere');
    expect(tale.broken()).toEqual(['S19']);
  });

  it('minds an older one after a newer one', () => {
    apply('c2');
    apply('c1');
    expect(tale.broken()).toEqual(['S19']);
  });

  it('minds a revision that is in quarantine', () => {
    tale.write('controller', 'GitSync', 'shop', { status: { quarantine: [{ rollout: 'web', templateHash: 'v2' }] } });
    const spec = { gitSync: { name: 'shop' }, rollouts: [{ name: 'web', namespace: 'shop', templateHash: 'v2' }] };
    tale.write('controller', 'Release', 'shop-c2', { spec });
    expect(tale.broken()).toEqual(['S19']);
  });
});

describe('S20, deletions', () => {
  const labels = () => ({ 'tidegate.io/git-sync': uid() });
  function config(name: string, inventoryUid?: string): void {
    tale.write('controller', 'ConfigMap', name, { metadata: { labels: labels() } });
    const live = uidOf(tale.get('ConfigMap', name));
    const entry = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name, uid: inventoryUid ?? live };
    tale.write('controller', 'GitSync', 'shop', { status: { inventory: [entry] } });
  }

  it('takes what is in the inventory and used by nobody', () => {
    config('old');
    tale.remove('controller', 'ConfigMap', 'old');
    tale.write('controller', 'GitSync', 'shop', { status: { inventory: [] } });
    expect(tale.violations()).toEqual([]);
  });

  it('minds what is in no inventory', () => {
    tale.write('user', 'ConfigMap', 'foreign', {});
    tale.remove('controller', 'ConfigMap', 'foreign');
    expect(tale.broken()).toEqual(['S20']);
  });

  it('minds an object that is another one by now', () => {
    config('old', 'uid-of-the-first');
    tale.remove('controller', 'ConfigMap', 'old');
    expect(tale.broken()).toEqual(['S20']);
  });

  it('minds a deletion while a release is under way', () => {
    config('old');
    tale.write('controller', 'GitSync', 'shop', { status: { candidate: { commit: 'c2' } } });
    tale.remove('controller', 'ConfigMap', 'old');
    expect(tale.broken()).toEqual(['S20']);
  });

  it('lets a restore take back what the failed release added', () => {
    config('added');
    tale.write('controller', 'GitSync', 'shop', {
      status: { candidate: { commit: 'c2' }, restore: { phase: 'Pending' } },
    });
    tale.remove('controller', 'ConfigMap', 'added');
    expect(tale.violations()).toEqual([]);
  });

  const leaving = (deletionPolicy?: string): JsonObject => ({
    metadata: { deletionTimestamp: '2026-01-05T08:00:00Z' },
    ...(deletionPolicy !== undefined && { spec: { deletionPolicy } }),
  });
  const unreadable = { conditions: [{ type: 'GitInSync', status: 'False', reason: 'RenderFailed' }] };
  it.each<readonly [string, JsonObject, readonly string[]]>([
    ['leaves its objects by default', leaving(), ['S20']],
    ['leaves its objects', leaving('orphan'), ['S20']],
    ['takes its objects along', leaving('prune'), []],
    ['has a commit that can not be rendered', { status: unreadable }, ['S20']],
    ['goes back from such a commit', { status: { ...unreadable, restore: { phase: 'Pending' } } }, []],
  ])('says of a deletion by a GitSync that %s (%j): %j', (_name, change, broken) => {
    config('old');
    tale.write('user', 'GitSync', 'shop', change);
    tale.remove('controller', 'ConfigMap', 'old');
    expect(tale.broken()).toEqual(broken);
  });

  it.each<readonly [string, readonly JsonObject[], readonly string[]]>([
    ['nothing', [], ['S20']],
    ['something', [{ kind: 'ConfigMap' }], []],
  ])('says of pruning by a release of %s (%j): %j', (_name, objects, broken) => {
    const data = gzipSync(JSON.stringify(objects)).toString('base64');
    tale.write('controller', 'Release', 'shop-c2', { spec: { data, parts: 1 } });
    config('old');
    tale.write('controller', 'GitSync', 'shop', { status: { lastGood: { release: 'shop-c2', commit: 'c2' } } });
    tale.remove('controller', 'ConfigMap', 'old');
    expect(tale.broken()).toEqual(broken);
  });

  it('minds an entry that leaves the inventory before its object', () => {
    config('old');
    tale.write('controller', 'GitSync', 'shop', { status: { inventory: [] } });
    expect(tale.broken()).toEqual(['S20']);
  });

  it('minds config that pods of stable read', () => {
    config('settings');
    tale.write('user', 'Rollout', 'web', { spec: { strategy: { canary: {} } }, status: { stableRS: 'v1' } });
    const owner = uidOf(tale.get('Rollout', 'web'));
    const template = { spec: { containers: [{ envFrom: [{ configMapRef: { name: 'settings' } }] }] } };
    const metadata = {
      labels: { 'rollouts-pod-template-hash': 'v1' },
      ownerReferences: [{ controller: true, uid: owner }],
    };
    tale.write('controller', 'ReplicaSet', 'web-v1', { metadata, spec: { replicas: 0, template } });
    tale.remove('controller', 'ConfigMap', 'settings');
    expect(tale.broken()).toEqual(['S20']);
  });

  it('minds a Service that a Rollout names', () => {
    tale.write('user', 'Rollout', 'web', { spec: { strategy: { canary: { stableService: 'web-stable' } } } });
    tale.write('controller', 'Service', 'web-stable', { metadata: { labels: labels() } });
    tale.remove('controller', 'Service', 'web-stable');
    expect(tale.broken()).toEqual(['S20']);
  });
});
