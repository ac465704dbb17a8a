/** Tokens by OAuth 2 client credentials, as metrics of the web provider use them. */

import { expect, it } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import type { OutboundOutcome, OutboundRequest } from '../../outbound/outcome.ts';
import { oauth2Tokens } from './oauth2.ts';
import { prometheusProvider } from './prometheus.ts';
import { webProvider } from './web.ts';

const oauth2 = {
  tokenUrl: 'https://id.example/token',
  clientId: 'tide',
  clientSecret: 's3cr3t!',
  scopes: ['read', 'x'],
};

function world(answer: (request: OutboundRequest) => { status?: number; body: string }) {
  const sent: OutboundRequest[] = [];
  const outbound = {
    send: async (request: OutboundRequest): Promise<OutboundOutcome> => {
      sent.push(request);
      const { status = 200, body } = answer(request);
      return { kind: 'response', status, headers: {}, body };
    },
  };
  const context = (now = 0) => ({ outbound, now, signal: new AbortController().signal });
  return { sent, context };
}
const isToken = (request: OutboundRequest) => request.url === oauth2.tokenUrl;
const token = (expiresIn: number) => JSON.stringify({ access_token: 'tok-123456', expires_in: expiresIn });
const web: Metric = { name: 'm', provider: { web: { url: 'http://shop.example/health', authentication: { oauth2 } } } };

it('asks for a token with name, secret and scopes, and sends it to the backend [AnalysisTemplate.spec.metrics[].provider.web.authentication.oauth2]', async () => {
  const { sent, context } = world((request) => ({ body: isToken(request) ? token(3600) : '{"ok":true}' }));

  expect(await webProvider().measure(web, context())).toMatchObject({ kind: 'value', value: { ok: true } });
  expect(sent[0]).toMatchObject({
    method: 'POST',
    credentials: { kind: 'basic', username: 'tide', password: 's3cr3t!' },
    body: 'grant_type=client_credentials&scope=read+x',
  });
  expect(sent[1]).toMatchObject({
    url: 'http://shop.example/health',
    credentials: { kind: 'bearer', token: 'tok-123456' },
  });
});

it('does so for Prometheus too [AnalysisTemplate.spec.metrics[].provider.prometheus.authentication.oauth2]', async () => {
  const vector = '{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"0.5"]}]}}';
  const { sent, context } = world((request) => ({ body: isToken(request) ? token(3600) : vector }));
  const prometheus = { address: 'http://prom.example', query: 'up', authentication: { oauth2 } };

  expect(await prometheusProvider().measure({ name: 'm', provider: { prometheus } }, context())).toMatchObject({
    kind: 'value',
    value: [0.5],
  });
  expect(sent[1]?.credentials).toEqual({ kind: 'bearer', token: 'tok-123456' });
});

it('keeps a token until shortly before it expires', async () => {
  const { sent, context } = world(() => ({ body: token(100) }));
  const tokens = oauth2Tokens();
  for (const second of [0, 60, 69, 71]) await tokens.fetch(oauth2, context(second * 1000));

  expect(sent).toHaveLength(2);
});

it('puts name and secret into the form where the header is refused', async () => {
  const { sent, context } = world(({ credentials }) => (credentials ? { status: 401, body: '' } : { body: token(0) }));

  expect(await oauth2Tokens().fetch(oauth2, context())).toEqual({ kind: 'token', token: 'tok-123456' });
  expect(sent[1]?.body).toContain('client_id=tide&client_secret=s3cr3t%21');
});

it('says that the token server refused, without its words', async () => {
  const { context } = world(() => ({ status: 401, body: 's3cr3t! is wrong' }));
  const outcome = await oauth2Tokens().fetch(oauth2, context());

  expect(outcome).toMatchObject({ kind: 'misconfigured' });
  expect(JSON.stringify(outcome)).not.toContain('s3cr3t');
});

it('never shows the token when the backend repeats it', async () => {
  const { context } = world((request) => ({ body: isToken(request) ? token(60) : '"you sent tok-123456"' }));

  expect(await webProvider().measure(web, context())).toMatchObject({ kind: 'value', text: 'you sent *****' });
});

it('names what is missing', () => {
  const metric: Metric = {
    name: 'm',
    provider: { web: { url: 'http://x', authentication: { oauth2: { clientId: 'a' } } } },
  };

  expect(webProvider().lint(metric)).toEqual([
    { field: 'provider.web.authentication.oauth2.tokenUrl', message: expect.stringContaining('is no') },
  ]);
});
