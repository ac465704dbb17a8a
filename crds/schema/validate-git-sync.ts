/** Rules about a GitSync that its schema can't say, or that hold also before the API server has seen it. */

import { parseDurationMs } from './duration.ts';
import type { GitSync } from './git-sync.ts';
import { objectText, type Problem, type Report, reporter, valueText } from './problem.ts';

/** What the operator allows. */
export interface GitSyncLimits {
  /** file:// repositories may be used. */
  readonly fileRepositories: boolean;
}

const schemes = /^(https?|ssh|file):\/\/[^\s]+$/;
const passwordInUrl = /^[a-z]+:\/\/[^/@]*:[^/@]*@/;

function repository(gitSync: GitSync, limits: GitSyncLimits, report: Report): Problem[] {
  const field = 'spec.repository';
  const url = gitSync.spec.repository;
  // The URL is not shown where it may hold a password.
  if (passwordInUrl.test(url))
    return [
      report(
        field,
        'a URL with a password',
        'secrets belong into a Secret',
        'remove the password and name a Secret in spec.credentials.secretName',
      ),
    ];
  if (!schemes.test(url))
    return [report(field, valueText(url), 'it must be an https, http, ssh or file URL', 'write the whole URL')];
  if (url.startsWith('file:') && !limits.fileRepositories)
    return [report(field, valueText(url), 'the operator does not allow file URLs', 'use https or ssh')];
  if (url.startsWith('file:') && gitSync.spec.credentials !== undefined) {
    return [report('spec.credentials', 'set', 'a file URL needs no credentials', 'remove it')];
  }
  return [];
}

/** True for a path inside the repository: relative, without `..`, `.git`, empty parts and backslashes. */
export function isClosurePath(path: string): boolean {
  if (path === '.') return true;
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0')) return false;
  const parts = path.replace(/^\.\//, '').replace(/\/$/, '').split('/');
  return parts.every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git');
}

function paths(gitSync: GitSync, report: Report): Problem[] {
  const also = (gitSync.spec.alsoPaths ?? []).map((path, index) => ({ path, field: `spec.alsoPaths[${index}]` }));
  return [{ path: gitSync.spec.path, field: 'spec.path' }, ...also]
    .filter(({ path }) => !isClosurePath(path))
    .map(({ path, field }) =>
      report(
        field,
        valueText(path),
        'it must be a directory relative to the root of the repository, without .. and .git',
        'write for example apps/shop, or . for the root',
      ),
    );
}

/** True for a short branch name as git accepts it. */
export function isBranchName(branch: string): boolean {
  const bad = /[\s~^:?*[\\\p{Cc}]|\.\.|@\{|\/\/|\.lock(\/|$)|\.$/u;
  return (
    branch !== '' &&
    branch !== '@' &&
    !/^[-/]|\/$/.test(branch) &&
    !bad.test(branch) &&
    !branch.split('/').some((part) => part.startsWith('.'))
  );
}

function branch(gitSync: GitSync, report: Report): Problem[] {
  const name = gitSync.spec.branch;
  return isBranchName(name)
    ? []
    : [report('spec.branch', valueText(name), 'it must be the short name of a branch', 'write for example main')];
}

function durations(gitSync: GitSync, report: Report): Problem[] {
  const { interval, timeout, bake, revert } = gitSync.spec;
  const fields = [
    { field: 'spec.interval', value: interval, leastMs: 1000, least: '1s' },
    { field: 'spec.timeout', value: timeout, leastMs: 1000, least: '1s' },
    { field: 'spec.bake', value: bake, leastMs: 0, least: '0s' },
    { field: 'spec.revert.maxAge', value: revert.maxAge, leastMs: 1000, least: '1s' },
  ];
  return fields.flatMap(({ field, value, leastMs, least }) => {
    if (value === undefined) return [];
    const ms = parseDurationMs(value);
    const fits = ms !== undefined && ms >= leastMs;
    return fits
      ? []
      : [
          report(
            field,
            valueText(value),
            `it must be a duration of at least ${least}`,
            'write a number and a unit, such as 30s or 5m',
          ),
        ];
  });
}

function revert(gitSync: GitSync, report: Report): Problem[] {
  const { writeCredentials } = gitSync.spec.revert;
  if (writeCredentials === undefined) return [];
  const set = (['secretName', 'key'] as const).filter((name) => writeCredentials[name]);
  if (set.length === 1) return [];
  return [
    report(
      'spec.revert.writeCredentials',
      set.join(' and ') || 'empty',
      'exactly one of secretName and key must be set',
      set.length === 0 ? 'add one' : 'remove one',
    ),
  ];
}

/** Everything wrong with a GitSync by itself; empty when it can be run. */
export function validateGitSync(gitSync: GitSync, limits: GitSyncLimits): Problem[] {
  const report = reporter(objectText(gitSync));
  const account =
    gitSync.spec.serviceAccountName === ''
      ? [
          report(
            'spec.serviceAccountName',
            'empty',
            'objects are applied with the rights of a ServiceAccount',
            'name one of this namespace',
          ),
        ]
      : [];
  return [
    ...repository(gitSync, limits, report),
    ...branch(gitSync, report),
    ...paths(gitSync, report),
    ...account,
    ...durations(gitSync, report),
    ...revert(gitSync, report),
  ];
}
