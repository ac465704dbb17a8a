import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deliveryId, hmacOf, verifyWebhook } from './webhook.ts';

const secret = 'tide';
const body = Buffer.from('{"ref":"refs/heads/main"}');
const good = hmacOf(body, secret);
const sha1 = createHmac('sha1', secret).update(body).digest('hex');

describe('signatures of webhooks', () => {
  it('are computed as GitHub documents it', () => {
    // The example of its documentation of webhook signatures.
    expect(hmacOf(Buffer.from('Hello, World!'), "It's a Secret to Everybody")).toBe(
      '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
  });

  it.each([
    ['GitHub', { 'x-hub-signature-256': `sha256=${good}`, 'x-hub-signature': `sha1=${sha1}` }],
    ['Bitbucket', { 'x-hub-signature': `sha256=${good}` }],
    ['Gitea', { 'x-gitea-signature': good }],
    ['Forgejo', { 'x-forgejo-signature': good }],
    ['a script', { 'x-signature': `sha256=${good.toUpperCase()}` }],
    ['GitLab', { 'x-gitlab-token': secret }],
  ])('of %s are taken', (_, headers) => {
    expect(verifyWebhook(headers, body, ['older', secret])).toEqual({ kind: 'ok' });
  });

  it.each([
    ['none', {}, /no SHA-256 signature/],
    ['SHA-1 only', { 'x-hub-signature': `sha1=${sha1}` }, /no SHA-256 signature/],
    ['of another body', { 'x-hub-signature-256': `sha256=${hmacOf(Buffer.from('{}'), secret)}` }, /does not fit/],
    ['of another secret', { 'x-gitea-signature': hmacOf(body, 'ebb') }, /does not fit/],
    ['cut short', { 'x-signature': `sha256=${good.slice(0, 63)}` }, /does not fit/],
    ['empty', { 'x-hub-signature-256': 'sha256=' }, /does not fit/],
    ['wrong beside a good token', { 'x-hub-signature-256': 'sha256=00', 'x-gitlab-token': secret }, /does not fit/],
    ['another token', { 'x-gitlab-token': 'tid' }, /is not the secret/],
    ['an empty token', { 'x-gitlab-token': '' }, /no SHA-256 signature/],
  ])('that are %s are refused', (_, headers, why) => {
    expect(verifyWebhook(headers, body, [secret])).toEqual({
      kind: 'refused',
      message: expect.stringMatching(why),
    });
  });

  it('never fit an empty secret, and without any secret nothing is taken', () => {
    expect(verifyWebhook({ 'x-gitea-signature': hmacOf(body, '') }, body, ['']).kind).toBe('refused');
    expect(verifyWebhook({ 'x-gitlab-token': 'x' }, body, []).kind).toBe('refused');
  });
});

describe('the number of a delivery', () => {
  it.each([
    ['x-github-delivery', 'x-github-delivery:7'],
    ['x-gitea-delivery', 'x-gitea-delivery:7'],
    ['x-gitlab-event-uuid', 'x-gitlab-event-uuid:7'],
    ['x-request-uuid', 'x-request-uuid:7'],
  ])('is read from %s', (name, id) => {
    expect(deliveryId({ [name]: '7' })).toBe(id);
  });

  it('need not be there', () => {
    expect(deliveryId({})).toBeUndefined();
  });
});
