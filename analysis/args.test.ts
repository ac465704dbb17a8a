import { describe, expect, test } from 'vitest';
import type { Metric } from '../crds/schema/metric.ts';
import { placeholderArgs, resolveRunArgs, substituteMetric } from './args.ts';
import { readFieldPath } from './field-path.ts';
import { selectMetrics } from './metric-selection.ts';
import { redactor } from './redact.ts';
import { substitute } from './template-text.ts';

const rollout = {
  metadata: { name: 'web', labels: { region: 'eu', 'app.kubernetes.io/name': 'shop' } },
  spec: { replicas: 3, template: { metadata: { labels: { app: 'web' } } } },
  status: { canary: { weights: [{ weight: 20 }] } },
};

describe('substitution', () => {
  const known = new Map([
    ['args.name', 'web'],
    ['args.q', 'a "quoted" \\ {{args.name}}'],
    ['args.n', '5'],
  ]);

  test.each([
    ['{{args.name}}', 'web'],
    ['x{{ args.name }}y{{args.n}}', 'xweby5'],
    ['{{args.q}}', 'a "quoted" \\ {{args.name}}'],
    ['sum(rate(x{a="b"}[1m]))', 'sum(rate(x{a="b"}[1m]))'],
    ['{{{args.name}}', undefined],
  ])('%s', (text, expected) => {
    const outcome = substitute(text, known);

    expect(outcome.kind === 'ok' ? outcome.value : undefined).toBe(expected);
  });

  test.each([
    ['{{args.nope}}', '{{args.nope}} is not known: allowed are {{args.n}}, {{args.name}}, {{args.q}}'],
    ['{{name}}', '{{name}} is not known'],
    ['{{args.name', 'a "{{" has no "}}" after it'],
  ])('%s is refused', (text, message) => {
    expect(substitute({ a: [text] }, known)).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining(message),
    });
  });

  test('reaches every text of a metric, keys included', () => {
    const metric: Metric = {
      name: 'm-{{args.name}}',
      count: '{{args.n}}',
      provider: { web: { url: 'http://{{args.name}}/', jsonBody: { '{{args.name}}': ['{{args.n}}', 1, null] } } },
    };

    expect(substituteMetric(metric, known)).toEqual({
      kind: 'ok',
      metric: {
        name: 'm-web',
        count: '5',
        provider: { web: { url: 'http://web/', jsonBody: { web: ['5', 1, null] } } },
      },
    });
  });
});

describe('fields of an object', () => {
  test.each([
    ["metadata.labels['app.kubernetes.io/name']", 'shop'],
    ['metadata.labels["region"]', 'eu'],
    ['spec.template.metadata.labels.app', 'web'],
    ['metadata.constructor', undefined],
    ['metadata.name.length', undefined],
  ])('the path %s', (path, value) => {
    expect(readFieldPath(rollout, path)).toEqual({ kind: 'ok', value });
  });
});

describe('arguments of a run', () => {
  const args = [
    { name: 'v', value: 'x' },
    { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  ];

  test('Secrets are read by the port and remembered as secrets', async () => {
    const outcome = await resolveRunArgs(args, {}, async (name, key) => ({
      kind: 'ok',
      value: `${name}/${key}-value`,
    }));

    expect(outcome).toEqual({
      kind: 'ok',
      args: {
        replacements: new Map([
          ['args.v', 'x'],
          ['args.token', 's/k-value'],
        ]),
        secrets: ['s/k-value'],
      },
    });
  });

  test('a Secret that is not there is a problem of its argument', async () => {
    const outcome = await resolveRunArgs(args, {}, async () => ({
      kind: 'wrong',
      message: 'Secret shop/s does not exist',
    }));

    expect(outcome).toEqual({
      kind: 'wrong',
      problems: [{ field: 'args[token]', message: 'argument token: Secret shop/s does not exist' }],
    });
  });

  test('a placeholder stands for a Secret where nothing is measured', () => {
    expect(placeholderArgs(args, {})).toEqual({
      kind: 'ok',
      args: new Map([
        ['args.v', 'x'],
        ['args.token', 'value-from-secret'],
      ]),
    });
  });
});

describe('redaction', () => {
  test.each([
    ['it was s3cr"et!', 'it was *****!'],
    ['{"t":"s3cr\\"et"}', '{"t":"*****"}'],
    ['http://x/?t=s3cr%22et', 'http://x/?t=*****'],
    [`Bearer ${btoa('s3cr"et')}`, 'Bearer *****'],
    ['nothing here', 'nothing here'],
  ])('%s', (text, expected) => {
    expect(redactor(['s3cr"et', ''])(text)).toBe(expected);
  });

  test('a piece of a secret that an error quotes is masked, short words are not', () => {
    expect(redactor(['s3cr3t-token-abc'])('unknown name "s3cr3t" near token-abc, an abc')).toBe(
      'unknown name "*****" near token-abc, an abc',
    );
  });

  test('a secret inside another leaves no rest', () => {
    expect(redactor(['abc', 'abcdef'])('xabcdefx abc')).toBe('x*****x *****');
  });
});

describe('metrics named by pattern', () => {
  test('dry runs and retention', () => {
    const found = selectMetrics(
      ['error-rate', 'latency-p99', 'latency-p50'],
      [{ metricName: 'latency.*' }],
      [
        { metricName: '*', limit: 3 },
        { metricName: 'error-rate', limit: 50 },
      ],
    );

    expect([...found.dryRun]).toEqual(['latency-p99', 'latency-p50']);
    expect(Object.fromEntries(found.retention)).toEqual({ 'error-rate': 50, 'latency-p99': 3, 'latency-p50': 3 });
    expect(found.problems).toEqual([]);
  });

  test('a pattern that matches nothing, or is none, is a problem', () => {
    const found = selectMetrics(['a'], [{ metricName: 'b' }, { metricName: '(' }], []);

    expect(found.problems).toMatchObject([{ field: 'dryRun[0].metricName' }, { field: 'dryRun[1].metricName' }]);
  });
});
