import { afterEach, describe, expect, it } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import {
  type AwsHandler,
  errorAnswer,
  type FakeAws,
  fakeAws,
  sessionToken,
  staticKeys,
} from '../../outbound/aws/testing/fake-aws.ts';
import type { OutboundRequest } from '../../outbound/outcome.ts';
import { aContext } from '../testing/backend.ts';
import { prometheusProvider } from './prometheus.ts';
import { webProvider } from './web.ts';

let aws: FakeAws | undefined;

afterEach(async () => {
  await aws?.close();
  aws = undefined;
});

const json = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });
const vector = json({ status: 'success', data: { resultType: 'vector', result: [{ value: [1, '0.5'] }] } });
const role = 'arn:aws:iam::123456789012:role/metrics';
const workspace = '/workspaces/ws-1';

async function served(handler: AwsHandler): Promise<FakeAws> {
  aws = await fakeAws(handler);
  return aws;
}

const prometheus = (address: string, sigv4: object): Metric => ({
  name: 'm',
  provider: { prometheus: { address, query: 'sum(up) / 2', authentication: { sigv4 } } },
});

describe('sigv4 of a metric', () => {
  it('signs queries of Prometheus, which AWS takes [AnalysisTemplate.spec.metrics[].provider.prometheus.authentication.sigv4]', async () => {
    const server = await served(({ path }) => (path === `${workspace}/api/v1/query` ? vector : undefined));
    const provider = prometheusProvider({ aws: server.access() });

    const reading = await provider.measure(
      prometheus(server.address + workspace, { region: 'eu-central-1' }),
      aContext(),
    );

    expect(reading).toMatchObject({ kind: 'value', value: [0.5] });
    expect(server.seen).toMatchObject([{ service: 'aps', region: 'eu-central-1', params: { query: 'sum(up) / 2' } }]);
  });

  it('signs by the role that the metric names, if the operator lists it', async () => {
    const server = await served(({ action }) => (action === '' ? vector : undefined));
    const metric = prometheus(server.address + workspace, { region: 'eu-central-1', roleArn: role });

    const refused = await prometheusProvider({ aws: server.access() }).measure(metric, aContext());
    const allowed = await prometheusProvider({ aws: server.access({ roles: [role] }) }).measure(metric, aContext());

    expect(refused).toMatchObject({ kind: 'misconfigured', why: expect.stringContaining('--aws-roles') });
    expect(allowed).toMatchObject({ kind: 'value' });
    expect(server.seen.map((one) => `${one.action} ${one.accessKeyId}`)).toEqual([
      'AssumeRole AKIDEXAMPLE',
      ' ASIAMETRICS',
    ]);
  });

  it('signs requests of web, query and body alike [AnalysisTemplate.spec.metrics[].provider.web.authentication.sigv4]', async () => {
    const server = await served(() => json({ data: { value: 3 } }));
    const metric: Metric = {
      name: 'm',
      provider: {
        web: {
          url: `${server.address}/x?q=a+b&r='`,
          method: 'POST',
          jsonBody: { a: 1 },
          jsonPath: '{$.data.value}',
          authentication: { sigv4: { region: 'eu-west-1' } },
        },
      },
    };

    expect(await webProvider({ aws: server.access() }).measure(metric, aContext())).toMatchObject({ value: 3 });
    expect(server.seen).toMatchObject([{ params: { q: 'a b', r: "'" }, service: 'aps' }]);
  });

  it('is refused for an address that is not of AWS, before anything is sent', async () => {
    const server = await served(() => vector);
    const metric = prometheus('http://metrics.example', { region: 'eu-west-1' });

    expect(await prometheusProvider({ aws: server.access() }).measure(metric, aContext())).toMatchObject({
      kind: 'misconfigured',
      why: expect.stringContaining('metrics.example is no host of AWS'),
    });
    expect(await prometheusProvider().measure(metric, aContext())).toMatchObject({
      kind: 'misconfigured',
      why: 'authentication.sigv4: this controller has no access to AWS',
    });
    expect(server.seen).toEqual([]);
  });

  it('is not needed to be named for Amazon Managed Prometheus, as with Argo Rollouts', async () => {
    const server = await served(() => vector);
    const sent: OutboundRequest[] = [];
    const outbound = {
      send: (request: OutboundRequest) => {
        sent.push(request);
        return Promise.resolve({ kind: 'timeout', why: 'late' } as const);
      },
    };
    const address = 'https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1';
    const metric: Metric = { name: 'm', provider: { prometheus: { address, query: 'up' } } };

    await prometheusProvider({ aws: server.access() }).measure(metric, aContext({ outbound }));

    expect(sent).toMatchObject([{ credentials: { kind: 'sigv4', region: 'eu-central-1', service: 'aps' } }]);
  });

  it('shows nobody a key that AWS repeats', async () => {
    const said = `the canonical string is ${staticKeys.secretAccessKey} ${sessionToken}`;
    const server = await served(() => json({ status: 'error', errorType: 'x', error: said }));

    const reading = await prometheusProvider({ aws: server.access({ keys: { ...staticKeys, sessionToken } }) }).measure(
      prometheus(server.address, { region: 'eu-west-1' }),
      aContext(),
    );

    expect(JSON.stringify(reading)).not.toContain(staticKeys.secretAccessKey);
    expect(JSON.stringify(reading)).not.toContain(sessionToken);
  });

  it('says when AWS refuses the role', async () => {
    const server = await served(({ action }) =>
      action === 'AssumeRole' ? errorAnswer(403, 'AccessDenied') : undefined,
    );
    const metric = prometheus(server.address, { region: 'eu-west-1', roleArn: role });

    expect(await prometheusProvider({ aws: server.access({ roles: [role] }) }).measure(metric, aContext())).toEqual({
      kind: 'misconfigured',
      why: 'authentication.sigv4: AWS STS refused AssumeRole (HTTP 403, AccessDenied)',
    });
  });

  it('stands alone', () => {
    const metric = prometheus('http://x.example', { region: 'eu-west-1' });
    Object.assign(metric.provider.prometheus?.authentication ?? {}, { basicAuth: { username: 'a', password: 'b' } });

    expect(prometheusProvider().lint(metric)).toMatchObject([{ message: 'sets basicAuth and sigv4: keep one' }]);
  });
});
