/** The experiment room as a user sees it: an Experiment from its creation to the end of its pods, in both dialects. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { aTemplate, anAnalysisTemplate, required, running, statusOf, World } from './testing/world.ts';

const minute = 60_000;
const [template] = [aTemplate('a')];

describe('templates', () => {
  it('become ReplicaSets of their own, named, owned and labelled [Experiment.spec.templates[].name, Experiment.spec.templates[].replicas, Experiment.spec.templates[].minReadySeconds, Experiment.spec.templates[].template.metadata, Experiment.spec.templates[].template.spec]', async () => {
    const world = new World({
      spec: { templates: [aTemplate('a', { replicas: 3, minReadySeconds: 5 }), aTemplate('b')] },
    });
    await world.pass();

    const set = world.find('ReplicaSet', 'trial-a');
    const hash = set?.metadata.labels?.[world.keys.podTemplateHash] ?? '';
    const labels = { app: 'web', side: 'a', [world.keys.podTemplateHash]: hash };
    expect(hash).toMatch(/^[a-z0-9]+$/);
    expect(set?.metadata.ownerReferences).toMatchObject([{ kind: 'Experiment', uid: 'trial-uid', controller: true }]);
    expect(set?.['spec']).toMatchObject({ replicas: 3, minReadySeconds: 5, selector: { matchLabels: labels } });
    expect(set?.['spec']).toMatchObject({
      template: { metadata: { labels }, spec: { containers: [{ image: 'web:a' }] } },
    });
    expect(world.find('ReplicaSet', 'trial-b')?.['spec']).toMatchObject({ replicas: 1 });
    expect(statusOf(world, 'a')).toMatchObject({ name: 'a', status: 'Progressing', podTemplateHash: hash });
  });

  it('with equal pods get different hashes', async () => {
    const same = { template: template?.template, selector: template?.selector };
    const world = new World({ spec: { templates: [aTemplate('a'), aTemplate('b', same)] } });
    await world.pass();

    const hashes = world.all('ReplicaSet').map(({ metadata }) => metadata.labels?.[world.keys.podTemplateHash]);
    expect(new Set(hashes).size).toBe(2);
  });

  it('whose hash another ReplicaSet has count a collision and get another one [Experiment.status.templateStatuses[].collisionCount]', async () => {
    const first = new World({ spec: { templates: [aTemplate('a')] } });
    await first.pass();
    const hash = first.find('ReplicaSet', 'trial-a')?.metadata.labels?.[first.keys.podTemplateHash] ?? '';
    const labels = { [first.keys.podTemplateHash]: hash };
    const other = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'other', namespace: 'shop', labels },
      spec: {},
    };
    const world = new World({ spec: { templates: [aTemplate('a')] }, objects: [other] });
    await world.pass();

    expect(statusOf(world, 'a')?.collisionCount).toBe(1);
    expect(world.find('ReplicaSet', 'trial-a')?.metadata.labels?.[world.keys.podTemplateHash]).not.toBe(hash);
  });

  it('are running when all their pods are available, and then it runs since that moment [Experiment.status.availableAt, Experiment.status.phase, Experiment.status.templateStatuses[].status, Experiment.status.templateStatuses[].availableReplicas, Experiment.status.templateStatuses[].readyReplicas]', async () => {
    const world = new World({ spec: { templates: [aTemplate('a', { replicas: 2 }), aTemplate('b')] } });
    await world.pass();
    world.podsUp(['trial-a']);
    await world.pass(1_000);
    expect([world.status.phase, statusOf(world, 'a')?.status, statusOf(world, 'b')?.status]).toEqual([
      'Pending',
      'Running',
      'Progressing',
    ]);
    expect(world.status.waiting).toMatchObject({
      reason: 'PodsNotAvailable',
      on: 'ReplicaSet/trial-b',
      value: '0',
      limit: '1',
    });

    world.podsUp();
    await world.pass();
    expect(world.status).toMatchObject({ phase: 'Running', availableAt: '2026-01-01T00:00:01Z' });
    expect(statusOf(world, 'a')).toMatchObject({
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
  });

  it('tells each change with the reasons of Argo Rollouts [event:TemplateProgressing, event:TemplateRunning, event:ExperimentPending, event:ExperimentRunning, event:TemplateSuccessful]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], duration: '1m' } });
    await world.pass(minute);

    expect(world.reasons()).toEqual([
      'TemplateProgressing',
      'ExperimentPending',
      'NewReplicaSetCreated',
      'TemplateRunning',
      'ExperimentRunning',
      'TemplateSuccessful',
      'ExperimentSuccessful',
    ]);
  });

  it('fail it when their pods make no progress in time, counted from the last progress [Experiment.spec.progressDeadlineSeconds, Experiment.status.templateStatuses[].message, Experiment.status.templateStatuses[].lastTransitionTime, event:TemplateFailed, event:ExperimentFailed]', async () => {
    const world = new World({
      spec: { templates: [aTemplate('a', { replicas: 2 }), aTemplate('b')], progressDeadlineSeconds: 60 },
    });
    await world.pass(50_000);
    world.podsUp(['trial-a', 'trial-b'], 1);
    await world.pass(50_000);
    expect(statusOf(world, 'a')).toMatchObject({ status: 'Progressing', lastTransitionTime: '2026-01-01T00:00:50Z' });

    await world.pass(10_000);
    const message = "Template 'a' exceeded its progressDeadlineSeconds (60)";
    expect(statusOf(world, 'a')).toMatchObject({ status: 'Failed', message });
    expect(world.status).toMatchObject({ phase: 'Failed', message });
    expect(statusOf(world, 'b')?.status).toBe('Successful');
    expect(world.reasons()).toEqual(expect.arrayContaining(['TemplateFailed', 'ExperimentFailed']));
  });

  it('wait ten minutes for their pods when nothing else is said', async () => {
    const world = new World({ spec: { templates: [aTemplate('a')] } });
    await world.pass(10 * minute - 1_000);
    expect(world.status.phase).toBe('Pending');

    await world.pass(1_000);
    expect(world.status.phase).toBe('Failed');
  });

  it('that the API server refuses end it in an error with its words [event:TemplateError, event:ExperimentError]', async () => {
    const world = new World({ spec: { templates: [aTemplate('a')] } });
    world.answer = ({ verb, kind }) =>
      verb === 'create' && kind === 'ReplicaSet'
        ? { kind: 'invalid', message: 'containers[0].image: Required value', problems: [] }
        : undefined;
    await world.pass();

    expect(world.status).toMatchObject({ phase: 'Error', message: expect.stringContaining('image: Required value') });
    expect(statusOf(world, 'a')?.status).toBe('Error');
    expect(world.reasons()).toEqual(expect.arrayContaining(['TemplateError', 'ExperimentError']));
  });

  it('that lose a pod are progressing again and keep their start [Experiment.status.templateStatuses[].name, Experiment.status.templateStatuses[].replicas, Experiment.status.templateStatuses[].updatedReplicas]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], duration: '1h' } });
    const since = world.status.availableAt;
    world.podsUp(['trial-a'], 0);
    await world.pass(1_000);

    expect([world.status.phase, statusOf(world, 'a')?.status, world.status.availableAt]).toEqual([
      'Pending',
      'Progressing',
      since,
    ]);
    expect(statusOf(world, 'a')).toMatchObject({ name: 'a', replicas: 1, updatedReplicas: 1, availableReplicas: 0 });
  });

  it('follow a changed number of replicas', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')] } });
    world.edit('Experiment', 'trial', { spec: { templates: [aTemplate('a', { replicas: 4 })] } });
    await world.pass();

    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 4 });
  });
});

describe('Services of templates', () => {
  it('select exactly their pods, on the ports of their containers [Experiment.status.templateStatuses[].serviceName, Experiment.status.templateStatuses[].podTemplateHash]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a', { service: {} })] } });

    const hash = statusOf(world, 'a')?.podTemplateHash;
    const service = world.find('Service', 'trial-a');
    expect(service?.['spec']).toEqual({
      selector: { [world.keys.podTemplateHash]: hash },
      ports: [{ port: 8080, targetPort: 8080 }],
    });
    expect(service?.metadata.ownerReferences).toMatchObject([{ uid: 'trial-uid' }]);
    expect(statusOf(world, 'a')?.serviceName).toBe('trial-a');
  });

  it('have the name that is asked for, and none is made unasked [Experiment.spec.templates[].service.name]', async () => {
    const world = await running({
      spec: { templates: [aTemplate('a', { service: { name: 'web-a' } }), aTemplate('b')] },
    });

    expect(world.all('Service').map(({ metadata }) => metadata.name)).toEqual(['web-a']);
  });

  it('of another owner are left alone and end it in an error', async () => {
    const foreign = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web-a', namespace: 'shop' }, spec: {} };
    const world = new World({
      spec: { templates: [aTemplate('a', { service: { name: 'web-a' } })] },
      objects: [foreign],
    });
    await world.pass();

    expect(world.status).toMatchObject({ phase: 'Error', message: expect.stringContaining('Service web-a exists') });
    expect(world.find('Service', 'web-a')?.['spec']).toEqual({});
  });
});

describe('the end', () => {
  it('comes when the duration is over, counted from when all pods were available [Experiment.spec.duration, event:ExperimentSuccessful]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], duration: '10m' } });
    expect(world.status.waiting).toMatchObject({ reason: 'ExperimentDuration', until: '2026-01-01T00:10:00Z' });
    await world.pass(10 * minute - 1_000);
    expect(world.status.phase).toBe('Running');

    await world.pass(1_000);
    expect(world.status.phase).toBe('Successful');
    expect(statusOf(world, 'a')?.status).toBe('Successful');
    expect(world.status.waiting).toBeUndefined();
  });

  it('never comes without duration and required analysis, until somebody ends it; in tidegate.io that is no success [Experiment.spec.terminate, event:ExperimentInconclusive]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')] } });
    await world.pass(24 * 60 * minute);
    expect(world.status).toMatchObject({ phase: 'Running', waiting: { reason: 'ExperimentEndless', on: 'user' } });

    world.edit('Experiment', 'trial', { spec: { terminate: true } });
    await world.pass();
    expect(world.status.phase).toBe('Inconclusive');
  });

  it('by termination is a success in argoproj.io', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], terminate: false }, dialect: argoDialect });
    world.edit('Experiment', 'trial', { spec: { terminate: true } });
    await world.pass();

    expect(world.status.phase).toBe('Successful');
  });

  it('keeps the pods for thirty seconds, then takes them and their Services [Experiment.spec.scaleDownDelaySeconds, annotation:scale-down-deadline]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a', { service: {} })], duration: '1m' } });
    await world.pass(minute);
    const deadline = world.find('ReplicaSet', 'trial-a')?.metadata.annotations?.[world.keys.scaleDownDeadline];
    expect(deadline).toBe('2026-01-01T00:01:30Z');
    await world.pass(29_000);
    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 1 });

    await world.pass(1_000);
    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 0 });
    expect(world.find('Service', 'trial-a')).toBeDefined();
    world.podsUp();
    await world.pass();
    expect(world.find('Service', 'trial-a')).toBeUndefined();
    expect(statusOf(world, 'a')).toMatchObject({ status: 'Successful', replicas: 0 });
    expect(statusOf(world, 'a')?.serviceName).toBeUndefined();
  });

  it('takes the pods at once with a delay of 0', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], duration: '1m', scaleDownDelaySeconds: 0 } });
    await world.pass(minute);

    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 0 });
  });

  it('leaves nothing to write', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], duration: '1m' } });
    await world.pass(2 * minute);
    world.podsUp();
    await world.pass(minute);
    const count = world.writes.length;
    await world.pass(60 * minute);

    expect(world.writes.length).toBe(count);
  });
});

describe('conditions', () => {
  it('say how far it is [condition:Experiment.Progressing, condition:Experiment.Running, condition:Experiment.Completed, Experiment.status.conditions]', async () => {
    const world = await running({ spec: { templates: [aTemplate('a')], duration: '1m' } });
    const said = () =>
      Object.fromEntries(
        (world.status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
      );
    expect(said()).toEqual({
      Progressing: 'True NewReplicaSetAvailable',
      Running: 'True NewReplicaSetAvailable',
      Completed: 'False ExperimentCompleted',
    });

    await world.pass(minute);
    expect(said()).toMatchObject({
      Progressing: 'False ExperimentCompleted',
      Running: 'False ExperimentCompleted',
      Completed: 'True ExperimentCompleted',
    });
  });

  it("show why a ReplicaSet can't make pods [condition:Experiment.ReplicaFailure]", async () => {
    const world = new World({ spec: { templates: [aTemplate('a')] } });
    await world.pass();
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }];
    world.edit('ReplicaSet', 'trial-a', { status: { conditions } });
    await world.pass();

    expect(world.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'ReplicaFailure', message: 'exceeded quota' }),
    );
  });

  it.each([
    ['an empty selector', { templates: [aTemplate('a', { selector: {} })] }, 'spec.templates[0].selector is empty'],
    ['a name twice', { templates: [aTemplate('a'), aTemplate('a')] }, 'spec.templates is "a" twice'],
    ['an unreadable duration', { templates: [aTemplate('a')], duration: 'long' }, 'spec.duration is "long"'],
    ['a long minReadySeconds', { templates: [aTemplate('a', { minReadySeconds: 700 })] }, 'minReadySeconds is 700'],
    [
      'a missing template',
      { templates: [aTemplate('a')], analyses: [required] },
      'no AnalysisTemplate of the name "errors"',
    ],
  ])('refuse %s in a sentence and begin nothing [condition:Experiment.InvalidSpec]', async (_what, spec, part) => {
    const world = new World({ spec });
    await world.pass();

    expect(world.status.conditions?.[0]).toMatchObject({
      type: 'InvalidSpec',
      status: 'True',
      message: expect.stringContaining(part),
    });
    expect(world.status).toMatchObject({ phase: 'Pending', waiting: { reason: 'InvalidSpec' } });
    expect(world.all('ReplicaSet')).toEqual([]);
  });

  it('go when the spec is corrected', async () => {
    const world = new World({ spec: { templates: [aTemplate('a')], duration: 'long' } });
    await world.pass();
    world.edit('Experiment', 'trial', { spec: { duration: '5m' } });
    await world.pass();

    expect(world.status.conditions?.map(({ type }) => type)).not.toContain('InvalidSpec');
    expect(world.all('ReplicaSet')).toHaveLength(1);
  });
});

describe('writes', () => {
  it('go to the whole object where there is no status subresource, and status has only the fields of Argo', async () => {
    const world = await running({
      spec: { templates: [aTemplate('a')] },
      dialect: argoDialect,
      statusSubresource: false,
    });

    const status = world.writes.filter(({ kind, body }) => kind === 'Experiment' && body?.['status'] !== undefined);
    expect(status.map(({ options }) => options?.subresource)).not.toContain('status');
    expect(Object.keys(world.status).toSorted()).toEqual(['availableAt', 'conditions', 'phase', 'templateStatuses']);
  });

  it('are repeated after a crash without a second object, and a new leader stamps its term first', async () => {
    const world = new World({ spec: { templates: [aTemplate('a', { service: {} })], duration: '1m' } });
    await world.pass();
    world.restart();
    world.podsUp();
    await world.pass();

    const made = world.writes.filter(({ verb }) => verb === 'create').map(({ kind }) => kind);
    expect(made).toEqual(['ReplicaSet', 'Service']);
    expect(world.find('Experiment', 'trial')?.metadata.annotations?.['tidegate.io/term']).toBe('second');
    expect(world.find('ReplicaSet', 'trial-a')?.metadata.annotations?.['tidegate.io/term']).toBe('second');
  });

  it('are made anew when somebody was faster', async () => {
    const world = new World({ spec: { templates: [aTemplate('a')] } });
    let isFirst = true;
    world.answer = ({ verb, kind }) => {
      if (verb !== 'merge' || kind !== 'Experiment' || !isFirst) return undefined;
      isFirst = false;
      return { kind: 'conflict', message: 'stale' };
    };
    await world.pass(1_000);

    expect(world.all('ReplicaSet')).toHaveLength(1);
  });

  it('carry out a retry: a cleared status runs everything again', async () => {
    const world = await running({
      spec: { templates: [aTemplate('a')], analyses: [required] },
      objects: [anAnalysisTemplate('errors')],
    });
    world.finish('trial-errors', 'Failed');
    await world.pass(minute);
    world.podsUp();
    world.edit('Experiment', 'trial', { status: null });
    await world.pass();
    world.podsUp();
    await world.pass();

    expect(world.status).toMatchObject({ phase: 'Running', analysisRuns: [{ analysisRun: 'trial-errors.1' }] });
    expect(world.find('ReplicaSet', 'trial-a')?.metadata.annotations?.[world.keys.scaleDownDeadline]).toBeUndefined();
  });
});

describe('the Experiment of a step', () => {
  const reference = {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    name: 'web',
    uid: 'web-uid',
    controller: true,
  };
  const rollout = (currentExperiment?: string) => ({
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', uid: 'web-uid' },
    spec: {
      strategy: {
        canary: { stableService: 'web-stable', trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'r' }] } } },
      },
    },
    status: { canary: { currentExperiment } },
  });
  const stable = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web-stable', namespace: 'shop' },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };

  it('keeps its pods until its Rollout lets go of it, and the Service has the port that the route names', async () => {
    const spec = { templates: [aTemplate('a', { service: {} })], duration: '1m', scaleDownDelaySeconds: 0 };
    const world = await running({
      spec,
      objects: [rollout('trial'), stable],
      metadata: { ownerReferences: [reference] },
    });
    expect(world.find('Service', 'trial-a')?.['spec']).toMatchObject({
      ports: [{ port: 80, targetPort: 8080 }, { port: 8080 }],
    });
    await world.pass(10 * minute);
    expect(world.status).toMatchObject({ phase: 'Successful', waiting: { reason: 'RolloutHolds', on: 'Rollout/web' } });
    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 1 });

    world.edit('Rollout', 'web', { status: { canary: { currentExperiment: null } } });
    await world.pass(9_000);
    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 1 });
    await world.pass(1_000);
    expect(world.find('ReplicaSet', 'trial-a')?.['spec']).toMatchObject({ replicas: 0 });
  });
});
