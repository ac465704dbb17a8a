import { describe, expect, it } from 'vitest';
import { repositoryKey } from './repository-key.ts';

describe('two spellings of one repository', () => {
  it.each([
    'https://git.example.com/team/shop.git',
    'https://GIT.example.com/team/shop',
    'https://git.example.com/team/shop/',
    'http://someone:s3cret@git.example.com:8443/team/shop.git',
    'ssh://git@git.example.com:2222/team/shop.git',
    'git@git.example.com:team/shop.git',
    'git@git.example.com:/team/shop',
  ])('%s is git.example.com/team/shop', (address) => {
    expect(repositoryKey(address)).toBe('git.example.com/team/shop');
  });

  it.each([
    ['https://git.example.com/team/shop', 'https://git.example.com/team/shop-2'],
    ['https://git.example.com/team/shop', 'https://git.example.org/team/shop'],
    ['https://git.example.com/team/shop', 'https://git.example.com/Team/shop'],
  ])('%s is not %s', (one, other) => {
    expect(repositoryKey(one)).not.toBe(repositoryKey(other));
  });

  it('an IPv6 host keeps its brackets', () => {
    expect(repositoryKey('ssh://git@[2001:DB8::1]:22/a/b.git')).toBe('[2001:db8::1]/a/b');
  });
});
