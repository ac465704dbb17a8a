/** The analyses of an Experiment: what they measure, and how their outcomes decide about it. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { aTemplate, anAnalysisTemplate, required, running, statusOf, World } from './testing/world.ts';

const minute = 60_000;

describe('analyses', () => {
  const errors = anAnalysisTemplate('errors');

  it('begin when all pods are available, with arguments that speak of them [Experiment.spec.analyses[].name, Experiment.spec.analyses[].templateName, Experiment.spec.analyses[].args[].name, Experiment.spec.analyses[].args[].value, Experiment.status.analysisRuns[].analysisRun]', async () => {
    const args = ['hash', 'set', 'from', 'to', 'plain'].map((name) => ({ name }));
    const objects = [anAnalysisTemplate('errors', { args: [...args, { name: 'fixed', value: 'x' }] })];
    const values = [
      '{{templates.a.podTemplateHash}}',
      '{{ templates.a.replicaset.name }}',
      '{{experiment.availableAt}}',
      '{{experiment.finishedAt}}',
      'p',
    ];
    const given = args.map(({ name }, index) => ({ name, value: values[index] ?? '' }));
    const spec = { templates: [aTemplate('a')], duration: '10m', analyses: [{ ...required, args: given }] };
    const world = new World({ spec, objects });
    await world.pass();
    expect(world.all('AnalysisRun')).toEqual([]);

    world.podsUp();
    await world.pass();
    const run = world.find('AnalysisRun', 'trial-errors');
    expect(run?.metadata.ownerReferences).toMatchObject([{ kind: 'Experiment', uid: 'trial-uid' }]);
    expect((run?.['spec'] as { args?: unknown } | undefined)?.args).toEqual([
      { name: 'hash', value: statusOf(world, 'a')?.podTemplateHash },
      { name: 'set', value: 'trial-a' },
      { name: 'from', value: '2026-01-01T00:00:00Z' },
      { name: 'to', value: '2026-01-01T00:10:00Z' },
      { name: 'plain', value: 'p' },
      { name: 'fixed', value: 'x' },
    ]);
    expect(world.status.analysisRuns).toEqual([{ name: 'errors', analysisRun: 'trial-errors', phase: 'Pending' }]);
  });

  it('take dry runs, retention and metadata along [Experiment.spec.analysisRunMetadata]', async () => {
    const world = await running({
      spec: {
        templates: [aTemplate('a')],
        analyses: [required],
        dryRun: [{ metricName: '.*' }],
        measurementRetention: [{ metricName: 'errors', limit: 3 }],
        analysisRunMetadata: { labels: { team: 'web' }, annotations: { note: 'n' } },
      },
      objects: [errors],
    });

    const run = world.find('AnalysisRun', 'trial-errors');
    expect(run?.['spec']).toMatchObject({
      dryRun: [{ metricName: '.*' }],
      measurementRetention: [{ metricName: 'errors', limit: 3 }],
    });
    expect(run?.metadata).toMatchObject({ labels: { team: 'web' }, annotations: { note: 'n' } });
  });

  it('keep references to Secrets and fields as they are [Experiment.spec.analyses[].args[].valueFrom.secretKeyRef.name, Experiment.spec.analyses[].args[].valueFrom.secretKeyRef.key, Experiment.spec.analyses[].args[].valueFrom.fieldRef.fieldPath, Experiment.status.analysisRuns[].name]', async () => {
    const args = [
      { name: 'token', valueFrom: { secretKeyRef: { name: 'metrics', key: 'token' } } },
      { name: 'team', valueFrom: { fieldRef: { fieldPath: 'metadata.labels.team' } } },
    ];
    const objects = [anAnalysisTemplate('errors', { args: args.map(({ name }) => ({ name })) })];
    const world = await running({ spec: { templates: [aTemplate('a')], analyses: [{ ...required, args }] }, objects });

    expect(world.find('AnalysisRun', 'trial-errors')?.['spec']).toMatchObject({ args });
    expect(world.status.analysisRuns?.map(({ name }) => name)).toEqual(['errors']);
  });

  it('of a ClusterAnalysisTemplate are found by clusterScope [Experiment.spec.analyses[].clusterScope]', async () => {
    const cluster = { ...anAnalysisTemplate('errors'), kind: 'ClusterAnalysisTemplate', metadata: { name: 'errors' } };
    const analyses = [{ ...required, clusterScope: true }];
    const world = await running({ spec: { templates: [aTemplate('a')], analyses }, objects: [cluster] });

    expect(world.find('AnalysisRun', 'trial-errors')).toBeDefined();
  });

  it('that are required end it when all have passed, before the duration is over [Experiment.spec.analyses[].requiredForCompletion, Experiment.status.analysisRuns[].phase, Experiment.status.message, event:AnalysisRunSuccessful]', async () => {
    const analyses = [required, { name: 'more', templateName: 'errors', requiredForCompletion: true }];
    const world = await running({ spec: { templates: [aTemplate('a')], analyses, duration: '1h' }, objects: [errors] });
    world.finish('trial-errors', 'Successful');
    await world.pass(minute);
    expect(world.status.phase).toBe('Running');

    world.finish('trial-more', 'Successful');
    await world.pass();
    expect(world.status).toMatchObject({ phase: 'Successful', message: 'Required analyses completed' });
    expect(world.status.analysisRuns?.map(({ phase }) => phase)).toEqual(['Successful', 'Successful']);
  });

  it('that are required keep it going after its duration', async () => {
    const world = await running({
      spec: { templates: [aTemplate('a')], analyses: [required], duration: '1m' },
      objects: [errors],
    });
    await world.pass(10 * minute);
    expect(world.status).toMatchObject({
      phase: 'Running',
      waiting: { reason: 'AnalysisRunning', on: 'AnalysisRun/trial-errors' },
    });

    world.finish('trial-errors', 'Successful');
    await world.pass();
    expect(world.status.phase).toBe('Successful');
  });

  it.each(['Failed', 'Inconclusive', 'Error'] as const)(
    'that end %s end it so, and stop the others [Experiment.status.analysisRuns[].message, event:AnalysisRunTerminating]',
    async (phase) => {
      const analyses = [required, { name: 'more', templateName: 'errors' }];
      const world = await running({ spec: { templates: [aTemplate('a')], analyses }, objects: [errors] });
      world.finish('trial-errors', phase, 'too many');
      await world.pass();

      expect(world.status).toMatchObject({ phase, message: 'too many' });
      expect(world.status.analysisRuns?.[0]).toMatchObject({ phase, message: 'too many' });
      expect(world.find('AnalysisRun', 'trial-more')?.['spec']).toMatchObject({ terminate: true });
      expect(world.reasons()).toEqual(
        expect.arrayContaining([`AnalysisRun${phase}`, `Experiment${phase}`, 'AnalysisRunTerminating']),
      );
    },
  );

  it.each([
    ['has seen nothing', 'Inconclusive', 'Inconclusive'],
    ['has seen good values', 'Successful', 'Successful'],
  ] as const)('that is not required and %s at the end of the duration counts', async (_what, ends, phase) => {
    const analyses = [{ name: 'errors', templateName: 'errors' }];
    const world = await running({ spec: { templates: [aTemplate('a')], analyses, duration: '1m' }, objects: [errors] });
    await world.pass(minute);
    expect(world.find('AnalysisRun', 'trial-errors')?.['spec']).toMatchObject({ terminate: true });
    expect(world.status).toMatchObject({ phase: 'Running', waiting: { reason: 'AnalysisStopping' } });

    world.finish('trial-errors', ends);
    await world.pass();
    expect(world.status.phase).toBe(phase);
  });

  it('that was not needed any more may stay without a verdict', async () => {
    const analyses = [required, { name: 'more', templateName: 'errors' }];
    const world = await running({ spec: { templates: [aTemplate('a')], analyses }, objects: [errors] });
    world.finish('trial-errors', 'Successful');
    await world.pass();
    world.finish('trial-more', 'Inconclusive');
    await world.pass();

    expect(world.status.phase).toBe('Successful');
  });

  it('whose run is deleted before its verdict are an error', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], analyses: [required] }, objects: [errors] });
    world.finish('trial-errors', 'Running');
    await world.pass();
    world.remove('AnalysisRun', 'trial-errors');
    world.edit('Experiment', 'trial', {});
    await world.pass();

    expect(world.status).toMatchObject({ phase: 'Error', message: expect.stringContaining('was deleted') });
  });

  it('of templates that are missing when it is new are waited for a moment, as they may have been applied with it', async () => {
    const metadata = { creationTimestamp: '2026-01-01T00:00:00Z' };
    const spec = { templates: [aTemplate('a')], analyses: [required] };
    const world = new World({ spec, dialect: argoDialect, metadata });
    await world.pass(9_000);
    expect(world.status.analysisRuns ?? []).toEqual([]);
    expect(world.status.phase).not.toBe('Error');

    world.podsUp();
    await world.pass();
    expect(world.status).toMatchObject({ phase: 'Error', analysisRuns: [{ name: 'errors', phase: 'Error' }] });
  });

  it('of templates that are missing end it in an error in argoproj.io', async () => {
    const world = new World({ spec: { templates: [aTemplate('a')], analyses: [required] }, dialect: argoDialect });
    await world.pass();

    expect(world.status).toMatchObject({ phase: 'Error', analysisRuns: [{ name: 'errors', phase: 'Error' }] });
  });
});
