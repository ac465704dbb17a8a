import { describe, expect, it } from 'vitest';
import { checkBranch, checkPath, outermost } from './refs.ts';

describe('branch names', () => {
  it.each(['main', 'release/1.2', 'a-b_c.d', 'ünïcode', 'feature/#12'])('takes %s', (branch) => {
    expect(checkBranch(branch)).toEqual({ kind: 'ok', value: branch });
  });

  it.each([
    '',
    '-x',
    '--upload-pack=touch x',
    'a..b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a\nb',
    'a\u0000b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    '@',
    'a@{1}',
    'x'.repeat(245),
  ])('refuses %j', (branch) => {
    expect(checkBranch(branch).kind).toBe('refused');
  });
});

describe('paths', () => {
  it.each([
    ['apps/shop', 'apps/shop'],
    ['./apps/shop/', 'apps/shop'],
    ['.', '.'],
    ['./', '.'],
    ['a b/ü.yaml', 'a b/ü.yaml'],
    ['.github', '.github'],
  ])('takes %j as %j', (given, normal) => {
    expect(checkPath(given)).toEqual({ kind: 'ok', value: normal });
  });

  it.each([
    '',
    '/',
    '/etc',
    '..',
    'a/../b',
    'a/..',
    '../x',
    '-x',
    '--help',
    ':(glob)**',
    ':/',
    'a\\b',
    'a\nb',
    'a/./b',
    'a//b',
    '.git',
    'a/.GIT/hooks',
    'x'.repeat(2000),
  ])('refuses %j', (path) => {
    expect(checkPath(path).kind).toBe('refused');
  });

  it('keeps the outermost of several', () => {
    expect(outermost(['b', 'a/c', 'a', 'b', 'ab'])).toEqual(['a', 'ab', 'b']);
    expect(outermost(['a', '.'])).toEqual(['.']);
  });
});
