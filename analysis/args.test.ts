import { describe, expect, test } from 'vitest';
import type { Metric } from '../crds/schema/metric.ts';
import { mergeArgs, placeholderArgs, resolveRolloutArgs, resolveRunArgs, substituteMetric } from './args.ts';
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

describe('arguments of a Rollout', () => {
  const values = { rollout, stablePodHash: 'aaa', latestPodHash: 'bbb' };

  test('value, pod hashes and fields', () => {
    const outcome = resolveRolloutArgs(
      [
        { name: 'v', value: 'x' },
        { name: 'stable', valueFrom: { podTemplateHashValue: 'Stable' } },
        { name: 'latest', valueFrom: { podTemplateHashValue: 'Latest' } },
        { name: 'region', valueFrom: { fieldRef: { fieldPath: "metadata.labels['region']" } } },
        { name: 'replicas', valueFrom: { fieldRef: { fieldPath: 'spec.replicas' } } },
        { name: 'weight', valueFrom: { fieldRef: { fieldPath: 'status.canary.weights[0].weight' } } },
      ],
      values,
    );

    expect(outcome).toEqual({
      kind: 'ok',
      args: [
        { name: 'v', value: 'x' },
        { name: 'stable', value: 'aaa' },
        { name: 'latest', value: 'bbb' },
        { name: 'region', value: 'eu' },
        { name: 'replicas', value: '3' },
        { name: 'weight', value: '20' },
      ],
    });
  });

  test('without a stable revision its hash is empty', () => {
    const outcome = resolveRolloutArgs([{ name: 's', valueFrom: { podTemplateHashValue: 'Stable' } }], {
      ...values,
      stablePodHash: undefined,
    });

    expect(outcome).toEqual({ kind: 'ok', args: [{ name: 's', value: '' }] });
  });

  test.each([
    [{ fieldRef: { fieldPath: 'metadata.labels.zone' } }, 'the field metadata.labels.zone does not exist'],
    [{ fieldRef: { fieldPath: 'metadata.labels' } }, 'is no single value'],
    [{ fieldRef: { fieldPath: 'metadata..name' } }, 'is no field path'],
    [{}, 'neither value nor valueFrom'],
  ])('%j is a problem', (valueFrom, message) => {
    expect(resolveRolloutArgs([{ name: 'a', valueFrom }], values)).toMatchObject({
      kind: 'wrong',
      problems: [{ field: 'args[a]', message: expect.stringContaining(message) }],
    });
  });

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

describe('merging with the template', () => {
  test('given values replace defaults, strangers are dropped, sources stay', () => {
    const secret = { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };

    const outcome = mergeArgs(
      [{ name: 'a', value: 'old' }, { name: 'b', value: 'keep' }, secret],
      [
        { name: 'a', value: 'new' },
        { name: 'z', value: '1' },
      ],
    );

    expect(outcome).toEqual({ kind: 'ok', args: [{ name: 'a', value: 'new' }, { name: 'b', value: 'keep' }, secret] });
  });

  test('a given value replaces a Secret too', () => {
    const outcome = mergeArgs(
      [{ name: 't', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      [{ name: 't', value: 'x' }],
    );

    expect(outcome).toEqual({ kind: 'ok', args: [{ name: 't', value: 'x' }] });
  });

  test('an argument without value, or with two, is a problem', () => {
    const both = { name: 'b', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };

    expect(mergeArgs([{ name: 'a' }, both], [])).toMatchObject({
      kind: 'wrong',
      problems: [{ field: 'args[a]' }, { field: 'args[b]' }],
    });
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
