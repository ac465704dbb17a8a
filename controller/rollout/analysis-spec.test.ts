import { describe, expect, it } from 'vitest';
import type { AnyTemplate } from '../../crds/schema/merge-templates.ts';
import type { RolloutAnalysis } from '../../crds/schema/rollout-analysis.ts';
import { analysisSpec, fieldText } from './analysis-spec.ts';
import { aRollout } from './testing/builders.ts';

const template: AnyTemplate = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'errors' },
  spec: {
    args: [{ name: 'hash', value: 'none' }],
    metrics: [{ name: 'errors', provider: { prometheus: { query: 'up' } } }],
  },
};
const source = {
  rollout: aRollout(),
  findTemplate: ({ templateName }: { templateName?: string }) => (templateName === 'errors' ? template : undefined),
  currentHash: 'two',
  stableHash: 'one',
};
const named = { templates: [{ templateName: 'errors' }] };
const argsOf = (more: RolloutAnalysis = {}) => analysisSpec(source, { ...named, ...more })?.args;

describe('what an AnalysisRun measures', () => {
  it('has the default of the template for an argument that the Rollout does not give', () => {
    expect(argsOf()).toEqual([{ name: 'hash', value: 'none' }]);
  });

  it.each([
    ['Latest', 'two'],
    ['Stable', 'one'],
  ] as const)('has the hash of the %s revision for one that asks for it', (podTemplateHashValue, value) => {
    expect(argsOf({ args: [{ name: 'hash', valueFrom: { podTemplateHashValue } }] })).toEqual([
      { name: 'hash', value },
    ]);
  });

  it('has a field of the Rollout for one that names it', () => {
    const args = [{ name: 'hash', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];

    expect(argsOf({ args })).toEqual([{ name: 'hash', value: 'web' }]);
  });

  it('is nothing without a template, and when one of them is missing', () => {
    expect(analysisSpec(source, {})).toBeUndefined();
    expect(analysisSpec(source, { templates: [{ templateName: 'gone' }] })).toBeUndefined();
  });

  it('lets the Rollout have the last word on what is only watched and how much is kept', () => {
    const dryRun = [{ metricName: 'errors' }];
    const measurementRetention = [{ metricName: 'errors', limit: 3 }];

    expect(analysisSpec(source, { ...named, dryRun, measurementRetention })).toMatchObject({
      dryRun,
      measurementRetention,
    });
  });
});

it.each([
  ["metadata.labels['a.b/c']", 'x'],
  ['metadata.labels["a.b/c"]', 'x'],
  ['metadata.name', 'web'],
  ['spec.ports[0]', '80'],
  ['metadata.gone.deeper', ''],
  ['metadata.name.deeper', ''],
  ['spec', '{"ports":[80]}'],
])('%s is "%s"', (path, text) => {
  expect(fieldText({ metadata: { name: 'web', labels: { 'a.b/c': 'x' } }, spec: { ports: [80] } }, path)).toBe(text);
});
