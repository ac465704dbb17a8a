/** Rules about a GitSync. */

import { describe, expect, it } from 'vitest';
import { causeReverts, gitSyncSettings } from './git-sync-settings.ts';
import { aGitSync } from './testing/builders.ts';
import { isBranchName, isClosurePath, validateGitSync } from './validate-git-sync.ts';

const limits = { fileRepositories: false };
const start = 'GitSync shop/shop: ';

describe('validateGitSync', () => {
  it.each([
    ['https', {}],
    ['ssh', { repository: 'ssh://git@git.example.com/shop.git' }],
    ['the root', { path: '.' }],
    [
      'all durations',
      { interval: '5s', timeout: '1m30s', bake: '0s', revert: { mode: 'report' as const, maxAge: '24h' } },
    ],
  ])('%s has no problem', (_name, spec) => {
    expect(validateGitSync(aGitSync(spec), limits)).toEqual([]);
  });

  it.each([
    [
      'a short address',
      { repository: 'git@example.com:shop' },
      'spec.repository is "git@example.com:shop", but it must be an https, http, ssh or file URL: write the whole URL.',
    ],
    [
      'a file URL',
      { repository: 'file:///srv/git' },
      'spec.repository is "file:///srv/git", but the operator does not allow file URLs: use https or ssh.',
    ],
    [
      'a path out of the repository',
      { path: '../other' },
      'spec.path is "../other", but it must be a directory relative to the root of the repository, without .. and .git: write for example apps/shop, or . for the root.',
    ],
    [
      'a further path out of it',
      { alsoPaths: ['base', '/etc'] },
      'spec.alsoPaths[1] is "/etc", but it must be a directory relative to the root of the repository, without .. and .git: write for example apps/shop, or . for the root.',
    ],
    [
      'a branch that is none',
      { branch: 'a..b' },
      'spec.branch is "a..b", but it must be the short name of a branch: write for example main.',
    ],
    [
      'an interval without a unit',
      { interval: '60' },
      'spec.interval is "60", but it must be a duration of at least 1s: write a number and a unit, such as 30s or 5m.',
    ],
    [
      'two keys to write',
      { revert: { mode: 'push' as const, writeCredentials: { secretName: 'a', key: 'b' } } },
      'spec.revert.writeCredentials is secretName and key, but exactly one of secretName and key must be set: remove one.',
    ],
  ])('%s', (_name, spec, sentence) => {
    expect(validateGitSync(aGitSync(spec), limits).map((found) => found.message)).toEqual([start + sentence]);
  });

  it('never repeats a password', () => {
    const [found] = validateGitSync(aGitSync({ repository: 'https://bot:hunter2@example.com/x' }), limits);

    expect(found?.field).toBe('spec.repository');
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });
});

describe('isClosurePath', () => {
  it.each(['.', 'a', 'a/b', './a', 'a/', '..a'])('%s lies in the repository', (path) => {
    expect(isClosurePath(path)).toBe(true);
  });

  it.each(['', '/', '/a', '..', 'a/../b', '.git', 'a/.git/b', 'a//b', 'a\\b'])('%j does not', (path) => {
    expect(isClosurePath(path)).toBe(false);
  });
});

describe('isBranchName', () => {
  it.each(['main', 'release/1.2', 'a-b_c'])('%s is one', (name) => {
    expect(isBranchName(name)).toBe(true);
  });

  it.each([
    '',
    '-x',
    '/a',
    'a/',
    'a..b',
    'a b',
    'a~1',
    'x.lock',
    '.a',
    'a/.b',
    '@',
    'a@{1}',
    'a\nb',
    '--upload-pack=x',
  ])('%j is none', (name) => {
    expect(isBranchName(name)).toBe(false);
  });
});

describe('gitSyncSettings', () => {
  it('fills in what is unset', () => {
    expect(gitSyncSettings(aGitSync().spec)).toEqual({
      intervalMs: 60_000,
      timeoutMs: 300_000,
      bakeMs: 0,
      sync: 'apply',
      deletionPolicy: 'orphan',
      prune: true,
      suspend: false,
      closure: ['apps/shop'],
    });
  });

  it('reverts for every cause unless the policy says none', () => {
    const { spec } = aGitSync({ revert: { mode: 'push', causes: { AbortedByUser: 'none' } } });

    expect(causeReverts(spec, 'AnalysisFailed')).toBe(true);
    expect(causeReverts(spec, 'AbortedByUser')).toBe(false);
  });
});
