import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate } from '../../crds/schema/analysis-template.ts';
import { analysisRunDraft, runName } from './analysis-draft.ts';
import { fieldText } from './analysis-spec.ts';
import { sceneOf } from './scene.ts';
import { aReplicaSet, anAnalysisRun, anObserved, aStatus, shopKeys } from './testing/builders.ts';

const template: AnalysisTemplate = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'errors' },
  spec: {
    args: [
      { name: 'service' },
      { name: 'hash' },
      { name: 'region', valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology/region']" } } },
      { name: 'token', valueFrom: { secretKeyRef: { name: 'prom', key: 'token' } } },
      { name: 'limit', value: '0.01' },
    ],
    metrics: [{ name: 'errors', provider: { prometheus: { query: 'up{hash="{{args.hash}}"}' } } }],
  },
};

function scene(runs: readonly string[] = []) {
  const observed = anObserved({
    findTemplate: ({ templateName }) => (templateName === 'errors' ? template : undefined),
    analysisRuns: runs.map((name) => anAnalysisRun(name)),
    replicaSets: [aReplicaSet('one'), aReplicaSet('two', { revision: 2 })],
    rollout: { status: aStatus({ attempt: 3 }) },
  });
  const labels = { 'topology/region': 'eu' };
  const rollout = { ...observed.rollout, metadata: { ...observed.rollout.metadata, labels } };
  return sceneOf({ ...observed, rollout }, rollout.status ?? {});
}

const analysis = {
  templates: [{ templateName: 'errors' }],
  args: [
    { name: 'service', value: 'web' },
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' as const } },
  ],
};

describe('an AnalysisRun', () => {
  it.each([
    ['of a step', { type: 'Step' as const, step: 3, analysis }, [], 'web-two-2-3'],
    ['beside the steps', { type: 'Background' as const, analysis }, [], 'web-two-2'],
    ['after a clash', { type: 'Step' as const, step: 3, analysis }, ['web-two-2-3', 'web-two-2-3.1'], 'web-two-2-3.2'],
  ])('%s has its name', (_name, place, runs, expected) => {
    expect(runName(scene(runs), place)).toBe(expected);
  });

  it('belongs to the controller that its Rollout belongs to', () => {
    const at = scene();
    const { rollout } = at.observed;
    const labels = { [shopKeys.instanceId]: 'blue' };
    const observed = { ...at.observed, rollout: { ...rollout, metadata: { ...rollout.metadata, labels } } };
    const drafts = [at, sceneOf(observed, at.status)].map((one) =>
      analysisRunDraft(one, { type: 'Background', analysis }),
    );

    expect(
      drafts.map((one) => JSON.stringify(one?.object.metadata).includes(`"${shopKeys.instanceId}":"blue"`)),
    ).toEqual([false, true]);
  });

  it('carries resolved arguments and is bound to Rollout, revision, step and attempt [RolloutAnalysis.templates[].templateName, RolloutAnalysis.args[].name, RolloutAnalysis.args[].value, RolloutAnalysis.args[].valueFrom.podTemplateHashValue, annotation:rollout.argoproj.io/revision]', () => {
    const draft = analysisRunDraft(scene(), { type: 'Step', step: 3, analysis });

    expect(draft?.object).toMatchObject({
      kind: 'AnalysisRun',
      metadata: {
        name: 'web-two-2-3',
        labels: {
          app: 'web',
          [shopKeys.podTemplateHash]: 'two',
          [shopKeys.rolloutType]: 'Step',
          [shopKeys.stepIndex]: '3',
        },
        annotations: { [shopKeys.revision]: '2', [shopKeys.attempt]: '3' },
        ownerReferences: [{ kind: 'Rollout', uid: 'rollout-uid', controller: true }],
      },
      spec: {
        metrics: [{ name: 'errors' }],
        args: [
          { name: 'service', value: 'web' },
          { name: 'hash', value: 'two' },
          { name: 'region', value: 'eu' },
          { name: 'token', valueFrom: { secretKeyRef: { name: 'prom', key: 'token' } } },
          { name: 'limit', value: '0.01' },
        ],
      },
    });
  });

  it.each([
    ['PrePromotion' as const, 'web-two-2-pre'],
    ['PostPromotion' as const, 'web-two-2-post'],
  ])('of type %s has its name and label [label:rollout-type]', (type, name) => {
    const draft = analysisRunDraft(scene(), { type, analysis });

    expect(draft?.object).toMatchObject({ metadata: { name, labels: { [shopKeys.rolloutType]: type } } });
  });

  it('takes another name when a run that is not ours has its own', () => {
    const { observed, status } = scene();
    const taken = sceneOf({ ...observed, isRunNameTaken: (name) => name === 'web-two-2' }, status);

    expect(runName(taken, { type: 'Background', analysis })).toBe('web-two-2.1');
  });

  it('has the labels and annotations that the Rollout asks for, and they hide none of its own [Rollout.spec.strategy.canary.steps[].analysis.analysisRunMetadata.labels, Rollout.spec.strategy.canary.steps[].analysis.analysisRunMetadata.annotations, label:step-index]', () => {
    const analysisRunMetadata = {
      labels: { team: 'web', [shopKeys.stepIndex]: '9' },
      annotations: { note: 'x', [shopKeys.attempt]: '9' },
    };
    const draft = analysisRunDraft(scene(), { type: 'Step', step: 3, analysis: { ...analysis, analysisRunMetadata } });

    expect(draft?.object).toMatchObject({
      metadata: {
        labels: { team: 'web', [shopKeys.stepIndex]: '3' },
        annotations: { note: 'x', [shopKeys.attempt]: '3' },
      },
    });
  });

  it('has the dry runs and retentions of template and Rollout, and the Rollout has the last word [Rollout.spec.strategy.canary.steps[].analysis.measurementRetention[].limit, Rollout.spec.strategy.canary.steps[].analysis.measurementRetention[].metricName, Rollout.spec.strategy.canary.steps[].analysis.dryRun[].metricName, AnalysisTemplate.spec.measurementRetention[].limit]', () => {
    const kept = {
      ...template,
      spec: { ...template.spec, measurementRetention: [{ metricName: 'errors', limit: 3 }] },
    };
    const { observed, status } = scene();
    const place = {
      type: 'Background' as const,
      analysis: {
        ...analysis,
        dryRun: [{ metricName: '*' }],
        measurementRetention: [
          { metricName: 'errors', limit: 20 },
          { metricName: '.*', limit: 5 },
        ],
      },
    };

    expect(analysisRunDraft(sceneOf({ ...observed, findTemplate: () => kept }, status), place)?.object).toMatchObject({
      spec: {
        dryRun: [{ metricName: '*' }],
        measurementRetention: [
          { metricName: 'errors', limit: 20 },
          { metricName: '.*', limit: 5 },
        ],
      },
    });
  });

  it('has the metrics and arguments of nested templates too', () => {
    const inner = { ...template, metadata: { name: 'inner' } };
    const outer: AnalysisTemplate = {
      ...template,
      metadata: { name: 'errors' },
      spec: {
        metrics: [{ name: 'own', provider: { web: { url: 'http://x' } } }],
        templates: [{ templateName: 'inner' }],
      },
    };
    const { observed, status } = scene();
    const find = ({ templateName = '' }) => (templateName === 'inner' ? inner : outer);
    const draft = analysisRunDraft(sceneOf({ ...observed, findTemplate: find }, status), {
      type: 'Background',
      analysis,
    });

    expect(draft?.object).toMatchObject({
      spec: {
        metrics: [{ name: 'own' }, { name: 'errors' }],
        args: expect.arrayContaining([{ name: 'hash', value: 'two' }]),
      },
    });
  });

  it('is not made of a template that is missing', () => {
    const missing = { templates: [{ templateName: 'errors' }, { templateName: 'gone' }] };

    expect(analysisRunDraft(scene(), { type: 'Background', analysis: missing })).toBeUndefined();
  });
});

it.each([
  ['metadata.name', 'web'],
  ["metadata.labels['a.b/c']", 'x'],
  ['metadata.labels["a.b/c"]', 'x'],
  ['spec.replicas', '3'],
  ['spec.nothing.here', ''],
])('reads %s', (path, expected) => {
  expect(fieldText({ metadata: { name: 'web', labels: { 'a.b/c': 'x' } }, spec: { replicas: 3 } }, path)).toBe(
    expected,
  );
});
