import { describe, expect, it } from 'vitest';
import { readPayload } from './payload.ts';

const https = 'https://git.example.com/team/shop.git';
const ssh = 'git@git.example.com:team/shop.git';
const html = 'https://git.example.com/team/shop';

function read(payload: unknown) {
  return readPayload(JSON.stringify(payload));
}

describe('a pushed branch', () => {
  it.each([
    ['GitHub, Gitea', { ref: 'refs/heads/main', repository: { clone_url: https, ssh_url: ssh, html_url: html } }],
    [
      'GitLab',
      {
        object_kind: 'push',
        ref: 'refs/heads/main',
        project: { git_http_url: https, git_ssh_url: ssh, web_url: html },
      },
    ],
    [
      'Bitbucket',
      {
        push: { changes: [{ new: { type: 'branch', name: 'main' }, old: { type: 'branch', name: 'main' } }] },
        repository: { full_name: 'team/shop', links: { html: { href: html } } },
      },
    ],
    [
      'Bitbucket on premises',
      {
        eventKey: 'repo:refs_changed',
        changes: [{ ref: { id: 'refs/heads/main', type: 'BRANCH' } }],
        repository: { links: { clone: [{ href: ssh }, { href: https }] } },
      },
    ],
    ['our own', { repository: https, branch: 'main' }],
  ])('of %s is one hint, however many spellings of the address it names', (_, payload) => {
    const read = readPayload(JSON.stringify(payload));

    expect(read).toMatchObject({ kind: 'push', hints: [{ branch: 'main' }] });
    expect(read.kind === 'push' && read.hints[0]?.repository).toMatch(/git\.example\.com[/:]team\/shop/);
  });

  it('may have slashes, and several may come at once', () => {
    const changes = ['main', 'feature/a/b'].map((name) => ({ new: { type: 'branch', name } }));

    expect(read({ push: { changes }, repository: { links: { html: { href: html } } } })).toEqual({
      kind: 'push',
      hints: [
        { repository: html, branch: 'main' },
        { repository: html, branch: 'feature/a/b' },
      ],
    });
  });

  it('counts also when it was deleted, so that this is seen', () => {
    const changes = [{ new: null, old: { type: 'branch', name: 'main' } }];

    expect(read({ push: { changes }, repository: { links: { html: { href: html } } } })).toMatchObject({
      hints: [{ branch: 'main' }],
    });
  });
});

describe('other webhooks', () => {
  it.each([
    ['a test of the webhook', { zen: 'Anything added dilutes everything else.', hook_id: 1, repository: {} }],
    ['a pushed tag', { ref: 'refs/tags/v1', repository: { clone_url: https } }],
  ])('%s is fine and does nothing', (_, payload) => {
    expect(read(payload).kind).toBe('nothing');
  });

  it.each([
    ['no JSON', 'payload=%7B%7D', /is no JSON: set the content type/],
    ['no object', '[]', /names no repository and branch/],
    ['another event', '{"action":"opened"}', /names no repository and branch/],
    ['no address', '{"ref":"refs/heads/main","repository":{"name":"shop"}}', /no address of its repository/],
    [
      'an endless branch',
      JSON.stringify({ ref: `refs/heads/${'a'.repeat(999)}`, repository: { clone_url: https } }),
      /too long/,
    ],
  ])('%s is refused in a sentence', (_, body, message) => {
    expect(readPayload(body)).toEqual({ kind: 'wrong', message: expect.stringMatching(message) });
  });
});
