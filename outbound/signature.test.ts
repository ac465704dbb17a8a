import { describe, expect, it } from 'vitest';
import type { SignatureCredentials } from './outcome.ts';
import { signed } from './signature.ts';

/** The keys, time and scope of AWS's published test suite for Signature Version 4. */
const credentials: SignatureCredentials = {
  kind: 'sigv4',
  keys: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  service: 'service',
  atMs: Date.UTC(2015, 7, 30, 12, 36, 0),
};

async function signatureOf(
  url: string,
  method: 'GET' | 'POST' = 'GET',
  headers: Record<string, string> = {},
  body?: string,
  changes: Partial<SignatureCredentials> = {},
) {
  const hop = { url: new URL(url), method, body };
  const { headers: all, hop: sent } = await signed(hop, headers, { ...credentials, ...changes });
  return { text: all['authorization'] ?? '', all, sent };
}

describe('a signature', () => {
  it.each([
    ['get-vanilla', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('is that of the published vector %s', async (_name, path, signature) => {
    const { text } = await signatureOf(`https://example.amazonaws.com${path}`);

    expect(text).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  });

  it('is that of the published vector post-x-www-form-urlencoded', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };

    const { text } = await signatureOf('https://example.amazonaws.com/', 'POST', type, 'Param1=value1');

    expect(text).toContain('SignedHeaders=content-type;host;x-amz-date');
    expect(text).toContain('Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a');
  });

  it("is that of AWS's worked example of IAM ListUsers", async () => {
    const { text } = await signatureOf(
      'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      'GET',
      { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      undefined,
      { service: 'iam' },
    );

    expect(text).toContain('Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7');
  });

  it('carries the token of temporary keys and never the secret', async () => {
    const keys = { ...credentials.keys, sessionToken: 'token==' };

    const { all } = await signatureOf('https://example.amazonaws.com/', 'GET', {}, undefined, { keys });

    expect(all['x-amz-security-token']).toBe('token==');
    expect(all['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token');
    expect(JSON.stringify(all)).not.toContain('wJalr');
  });

  it('signs the query that is sent, with spaces in one way', async () => {
    const { sent } = await signatureOf("https://example.amazonaws.com/?query=sum(a+b)&x='1'&x=0");

    expect(sent.url.search).toBe('?query=sum%28a%20b%29&x=%271%27&x=0');
  });
});
