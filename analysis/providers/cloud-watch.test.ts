import { afterEach, describe, expect, it } from 'vitest';
import type { Metric } from '../../crds/schema/metric.ts';
import { errorAnswer, type FakeAws, fakeAws, type AwsHandler } from '../../outbound/aws/testing/fake-aws.ts';
import { judgeReading } from '../judge/reading.ts';
import { aContext } from '../testing/backend.ts';
import { cloudWatchProvider } from './cloud-watch.ts';

let aws: FakeAws | undefined;

afterEach(async () => {
  await aws?.close();
  aws = undefined;
});

type Settings = NonNullable<Metric['provider']['cloudWatch']>;

const queries: Settings['metricDataQueries'] = [
  { id: 'rate', expression: 'errors / requests', label: 'error rate' },
  {
    id: 'errors',
    returnData: false,
    metricStat: {
      metric: {
        namespace: 'AWS/ApplicationELB',
        metricName: 'HTTPCode_Target_5XX_Count',
        dimensions: [{ name: 'LoadBalancer', value: 'app/web/50dc6c495c0c9188' }],
      },
      period: 300,
      stat: 'Sum',
      unit: 'Count',
    },
  },
];

async function measured(handler: AwsHandler, settings: Settings = { interval: '30m', metricDataQueries: queries }) {
  aws = await fakeAws(handler);
  const metric: Metric = { name: 'm', provider: { cloudWatch: settings } };
  return cloudWatchProvider({ aws: aws.access() }).measure(metric, aContext());
}

const list = (name: string, values: readonly string[]) =>
  `<${name}>${values.map((one) => `<member>${one}</member>`).join('')}</${name}>`;
const aResult = (id: string, values: readonly string[], status = 'Complete') =>
  `<member><Id>${id}</Id><Label>error rate</Label><StatusCode>${status}</StatusCode>${list(
    'Timestamps',
    values.map((_, at) => `2026-01-02T03:0${at}:00Z`),
  )}${list('Values', values)}</member>`;
const page = (results: string, more = '') => ({
  body: `<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult><MetricDataResults>${results}</MetricDataResults><Messages/>${more}</GetMetricDataResult></GetMetricDataResponse>`,
});

describe('CloudWatch', () => {
  it('is asked for the span that ends now, signed, and gives conditions its results as Argo does [provider:cloudWatch]', async () => {
    const reading = await measured(() => page(aResult('rate', ['0.01', '0.02'])));

    expect(reading).toMatchObject({
      kind: 'value',
      value: [{ Id: 'rate', Label: 'error rate', StatusCode: 'Complete', Values: [0.01, 0.02] }],
    });
    expect(aws?.seen).toMatchObject([
      {
        service: 'monitoring',
        action: 'GetMetricData',
        params: {
          StartTime: '2026-01-02T02:34:05.678Z',
          EndTime: '2026-01-02T03:04:05.678Z',
          'MetricDataQueries.member.1.Id': 'rate',
          'MetricDataQueries.member.1.Expression': 'errors / requests',
          'MetricDataQueries.member.2.ReturnData': 'false',
          'MetricDataQueries.member.2.MetricStat.Metric.MetricName': 'HTTPCode_Target_5XX_Count',
          'MetricDataQueries.member.2.MetricStat.Metric.Dimensions.member.1.Name': 'LoadBalancer',
          'MetricDataQueries.member.2.MetricStat.Period': '300',
        },
      },
    ]);
    const successCondition = 'len(result[0].Values) >= 2 && all(result[0].Values, {# <= 0.02})';
    expect(judgeReading(reading, { successCondition }, 'argo')).toMatchObject({ phase: 'Successful' });
    const stricter = 'all(result[0].Values, {# <= 0.01})';
    expect(judgeReading(reading, { successCondition: stricter }, 'argo')).toMatchObject({ phase: 'Failed' });
  });

  it('without an interval is asked for five minutes', async () => {
    await measured(() => page(''), { metricDataQueries: queries });

    expect(aws?.seen[0]?.params).toMatchObject({ StartTime: '2026-01-02T02:59:05.678Z' });
  });

  it('gives all pages as one', async () => {
    const reading = await measured(({ params }) =>
      params['NextToken'] === 'more'
        ? page(aResult('rate', ['3']))
        : page(aResult('rate', ['1', '2']), '<NextToken>more</NextToken>'),
    );

    expect(reading).toMatchObject({ value: [{ Values: [1, 2, 3] }] });
  });

  it('that has no values is no success under our own rule', async () => {
    const reading = await measured(() => page(aResult('rate', [])));

    const successCondition = 'all(result[0].Values, {# <= 0.01})';
    expect(judgeReading(reading, { successCondition }, 'argo')).toMatchObject({ phase: 'Successful' });
    expect(judgeReading(reading, { successCondition }, 'tidegate')).toMatchObject({
      kind: 'held',
      reason: 'no-evidence',
    });
  });

  it('that doubts its values is doubted', async () => {
    const reading = await measured(() => page(aResult('rate', ['0.01'], 'PartialData')));

    expect(reading).toMatchObject({ kind: 'value', warnings: ['rate is partial'] });
  });

  it.each([
    [
      'an internal error of a query',
      () => page(aResult('rate', [], 'InternalError')),
      'unavailable',
      'no values of the query rate',
    ],
    [
      'a refusal',
      () => errorAnswer(403, 'AccessDenied'),
      'misconfigured',
      'CloudWatch refused GetMetricData (HTTP 403, AccessDenied)',
    ],
    ['throttling', () => errorAnswer(400, 'Throttling'), 'unavailable', 'Throttling'],
    ['something else', () => ({ body: '<html></html>' }), 'unavailable', 'no answer of it'],
    ['no number', () => page(aResult('rate', ['x'])), 'unavailable', 'no number'],
  ] as const)('gives no value on %s', async (_name, handler, kind, why) => {
    expect(await measured(handler)).toMatchObject({ kind, why: expect.stringContaining(why) });
  });

  it('is told apart from a wrong metric without being asked', async () => {
    expect(await measured(() => page(''), { metricDataQueries: [{ id: 'a' }] })).toMatchObject({
      kind: 'misconfigured',
      why: 'provider.cloudWatch.metricDataQueries[0] needs either expression or metricStat',
    });
    expect(aws?.seen).toEqual([]);
  });
});
