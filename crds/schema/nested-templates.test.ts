/** Templates that name templates, as a Rollout uses them. */

import { describe, expect, it } from 'vitest';
import type { AnalysisTemplateSpec } from './analysis-template.ts';
import { argoDialect, type Dialect, tidegateDialect } from './dialect.ts';
import type { AnyTemplate } from './merge-templates.ts';
import { expandTemplates, type FindTemplate } from './nested-templates.ts';
import { aCanary, aMetric, aTemplate } from './testing/builders.ts';
import { validateTemplates } from './validate-references.ts';

const own = (name: string, spec: AnalysisTemplateSpec): AnyTemplate => {
  const template = aTemplate(spec);
  return { ...template, metadata: { ...template.metadata, name }, spec };
};
const ofCluster = (name: string, spec: AnalysisTemplateSpec): AnyTemplate => ({
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'ClusterAnalysisTemplate',
  metadata: { name },
  spec,
});
const finder =
  (...all: readonly AnyTemplate[]): FindTemplate =>
  ({ templateName, clusterScope }) =>
    all.find(
      ({ kind, metadata }) =>
        metadata.name === templateName && (kind === 'ClusterAnalysisTemplate') === (clusterScope === true),
    );
const names = (templates: readonly AnyTemplate[]) => templates.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

const errors = ofCluster('errors', { metrics: [aMetric({ name: 'errors' })] });
const latency = own('latency', {
  metrics: [aMetric({ name: 'latency' })],
  templates: [{ templateName: 'errors', clusterScope: true }],
});
const all = own('all', {
  metrics: [aMetric({ name: 'own' })],
  templates: [{ templateName: 'latency' }, { templateName: 'errors', clusterScope: true }],
});

describe('nested templates', () => {
  it('are followed to the end, each taken once [AnalysisTemplate.spec.templates[].templateName, AnalysisTemplate.spec.templates[].clusterScope, ClusterAnalysisTemplate.spec.metrics[].name]', () => {
    const found = expandTemplates([{ templateName: 'all' }], finder(all, latency, errors));

    expect(names(found.templates)).toEqual([
      'AnalysisTemplate all',
      'AnalysisTemplate latency',
      'ClusterAnalysisTemplate errors',
    ]);
    expect([found.missing, found.cycles]).toEqual([[], []]);
  });

  const problemsOf = (find: FindTemplate, templateName: string, dialect: Dialect = tidegateDialect) => {
    const rollout = aCanary({ steps: [{ setWeight: 10 }], analysis: { templates: [{ templateName }] } });
    return validateTemplates(rollout, find, dialect).map(({ message }) => message);
  };

  it('are good for a Rollout that names the outermost', () => {
    expect(problemsOf(finder(all, latency, errors), 'all')).toEqual([]);
  });

  it('say which template names one that is missing', () => {
    expect(problemsOf(finder(all, latency), 'all')).toEqual([
      'AnalysisTemplate shop/latency: spec.templates[0].templateName is "errors", but no ClusterAnalysisTemplate of that name exists: create it or correct the name.',
      'AnalysisTemplate shop/all: spec.templates[1].templateName is "errors", but no ClusterAnalysisTemplate of that name exists: create it or correct the name.',
    ]);
  });

  it('that go in a circle are refused with the way round', () => {
    const one = own('one', { templates: [{ templateName: 'two' }] });
    const two = own('two', { metrics: [aMetric()], templates: [{ templateName: 'one' }] });

    expect(problemsOf(finder(one, two), 'one')).toEqual([
      'Rollout shop/web: spec.strategy.canary.analysis.templates is going in a circle (AnalysisTemplate shop/one, then AnalysisTemplate shop/two, then AnalysisTemplate shop/one), but templates may not lead back to themselves: remove one of these references.',
    ]);
  });

  it('may use arguments that another of them declares under the rules of Argo Rollouts only', () => {
    const inner = own('inner', { metrics: [aMetric({ successCondition: 'result[0] < {{args.most}}' })] });
    const outer = own('outer', { args: [{ name: 'most', value: '1' }], templates: [{ templateName: 'inner' }] });

    expect(problemsOf(finder(inner, outer), 'outer', argoDialect)).toEqual([]);
    expect(problemsOf(finder(inner, outer), 'outer')).toEqual([expect.stringContaining('using {{args.most}}')]);
  });

  it('may not give one argument two values, nor two metrics one name', () => {
    const inner = own('inner', { metrics: [aMetric()], args: [{ name: 'most', value: '2' }] });
    const outer = own('outer', {
      metrics: [aMetric()],
      args: [{ name: 'most', value: '1' }],
      templates: [{ templateName: 'inner' }],
    });

    expect(problemsOf(finder(inner, outer), 'outer')).toEqual([
      expect.stringMatching(/templates is with metric "[^"]+" twice/),
      expect.stringContaining('with two values for argument "most"'),
    ]);
  });
});

describe('arguments of a Rollout', () => {
  it.each([
    [{ name: 'a', value: '1', valueFrom: { podTemplateHashValue: 'Latest' as const } }, 'argument "a" with 2 values'],
    [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata..x' } } }, 'fieldPath is "metadata..x"'],
  ])('%j is refused', (arg, what) => {
    const find = finder(own('checks', { metrics: [aMetric()], args: [{ name: 'a' }] }));
    const rollout = aCanary({
      steps: [{ setWeight: 10 }],
      analysis: { templates: [{ templateName: 'checks' }], args: [arg] },
    });

    expect(validateTemplates(rollout, find, tidegateDialect).map(({ message }) => message)).toEqual([
      expect.stringContaining(what),
    ]);
  });
});
