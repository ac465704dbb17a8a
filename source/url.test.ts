import { describe, expect, it } from 'vitest';
import { parseRepository } from './url.ts';

const policy = { allowFile: true };

describe('repository addresses', () => {
  it.each([
    ['https://Git.Example.com/Team/shop.git', 'https://git.example.com/Team/shop.git', 'git.example.com', 443],
    ['https://git.example.com:443/shop/', 'https://git.example.com/shop', 'git.example.com', 443],
    ['http://127.0.0.1:3000/shop', 'http://127.0.0.1:3000/shop', '127.0.0.1', 3000],
    ['https://[::1]:8443/shop', 'https://[::1]:8443/shop', '::1', 8443],
    ['ssh://git@git.example.com:2222/shop.git', 'ssh://git@git.example.com:2222/shop.git', 'git.example.com', 2222],
    ['git@git.example.com:team/shop.git', 'git@git.example.com:team/shop.git', 'git.example.com', 22],
    ['file:///srv/git/shop.git', 'file:///srv/git/shop.git', '', 0],
  ])('takes %s', (text, url, host, port) => {
    expect(parseRepository(text, policy)).toMatchObject({ kind: 'ok', value: { url, host, port } });
  });

  it('gives spellings of one repository one key', () => {
    const keys = ['https://h.example/a/b', 'https://H.example:443/a/b.git', 'https://h.example/a/b/'].map((text) => {
      const parsed = parseRepository(text, policy);
      return parsed.kind === 'ok' ? parsed.value.key : parsed.why;
    });

    expect(new Set(keys).size).toBe(1);
  });

  it.each([
    '',
    'shop',
    '/srv/git',
    '--upload-pack=x',
    '-oProxyCommand=x',
    'ext::sh -c x',
    'ext::sh',
    'git://h/x',
    'ftp://h/x',
    'https://',
    'https://h',
    'https://h/',
    'https:///x',
    'https://u:p@h/x',
    'https://token@h/x',
    'https://h/x?ref=1',
    'https://h/x#y',
    'https://h/a/../b',
    'https://-h/x',
    'https://h:0/x',
    'https://h:99999/x',
    'https://h/x y',
    'https://h/x\ny',
    'ssh://-oProxyCommand=x/y',
    'ssh://a:b@h/x',
    'ssh://git@-h/x',
    'ssh://h/-x',
    'git@-oProxyCommand=x:y',
    'git@h:-x',
    '-u@h:x',
    'git@h:../x',
    'git@h::x',
    'h:x',
    'file://x',
    'file:///a/../b',
    `https://h/${'x'.repeat(3000)}`,
  ])('refuses %j', (text) => {
    expect(parseRepository(text, policy).kind).toBe('refused');
  });

  it('never shows a password in the refusal', () => {
    const parsed = parseRepository('https://user:s3cret@h/x', policy);

    expect(JSON.stringify(parsed)).not.toContain('s3cret');
  });

  it('refuses file when the operator has not allowed it', () => {
    expect(parseRepository('file:///srv/git/shop.git', { allowFile: false })).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('operator'),
    });
  });
});
