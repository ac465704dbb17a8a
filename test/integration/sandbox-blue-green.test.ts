/** Whole blue-green updates on the sandbox with the real rollout room, in both groups. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argoDialect, type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import { keys } from '../../crds/schema/keys.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { KubeObject } from '../../kube/api.ts';
import { fieldOf } from '../../kube/json.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { eventually } from '../bed/eventually.ts';
import { type RolloutRoom, startRolloutRoom } from './rollout-room.ts';

const namespace = 'default';
const withinMs = 60_000;

describe.each([
  ['tidegate.io', tidegateDialect],
  ['argoproj.io', argoDialect],
] as const)('blue-green on the sandbox in %s', (group, dialect: Dialect) => {
  const known = keys(dialect);
  let sandbox: Sandbox;
  let room: RolloutRoom;

  beforeAll(async () => {
    sandbox = await startSandbox({ apiGroup: group, seed: 1, startDelayMs: 50, drainMs: 50 });
    room = await startRolloutRoom({ kubeconfigPath: sandbox.kubeconfigPath, dialect });
  }, 120_000);
  afterAll(async () => {
    await room?.stop();
    await sandbox?.stop();
  });

  const create = async (object: JsonObject) => {
    const made = await room.client.create(object as unknown as KubeObject);
    if (made.kind !== 'ok') throw new Error(JSON.stringify(made));
  };
  const container = (version: number): JsonObject => ({
    name: 'app',
    image: `tidegate.dev/app:v${version}`,
    ports: [{ containerPort: 8080 }],
  });
  const deploy = async (name: string, blueGreen: JsonObject = {}): Promise<RolloutStatus> => {
    const labels = { app: name };
    for (const service of [name, `${name}-preview`])
      await create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service, namespace },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      });
    const template = { metadata: { labels }, spec: { containers: [container(1)], terminationGracePeriodSeconds: 1 } };
    const shown = blueGreen['previewService'] === null ? {} : { previewService: `${name}-preview` };
    const { previewService: _unset, ...rest } = blueGreen;
    await create({
      apiVersion: `${group}/v1alpha1`,
      kind: 'Rollout',
      metadata: { name, namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template,
        strategy: { blueGreen: { activeService: name, ...shown, scaleDownDelaySeconds: 2, ...rest } },
      },
    });
    return until(name, 'is healthy', isHealthy);
  };
  const key = (name: string) => ({ group, kind: 'Rollout', namespace, name });
  const release = async (name: string, version: number) => {
    const body = { spec: { template: { spec: { containers: [container(version)] } } } };
    const written = await room.client.merge(key(name), body, {});
    if (written.kind !== 'ok') throw new Error(JSON.stringify(written));
  };
  const patchStatus = async (name: string, status: object) => {
    const written = await room.client.merge(key(name), { status }, { subresource: 'status' });
    if (written.kind !== 'ok') throw new Error(JSON.stringify(written));
  };
  const read = async (name: string): Promise<Rollout> => {
    const found = await room.client.get(key(name));
    if (found.kind !== 'ok') throw new Error(JSON.stringify(found));
    return Rollout.parse(found.object);
  };
  const isHealthy = (status: RolloutStatus) => status.phase === 'Healthy' && status.stableRS === status.currentPodHash;
  const isPaused = (status: RolloutStatus) => status.message === 'BlueGreenPause';
  const until = (name: string, what: string, test: (status: RolloutStatus) => boolean): Promise<RolloutStatus> =>
    eventually(
      `${name} ${what}`,
      async (saw) => {
        const { metadata, status } = await read(name);
        saw(status);
        const isSeen = String(status?.observedGeneration) === String(metadata.generation);
        return status !== undefined && isSeen && test(status) ? status : undefined;
      },
      { withinMs },
    );
  const selected = async (service: string): Promise<unknown> => {
    const found = await room.client.get({ group: '', kind: 'Service', namespace, name: service });
    return found.kind === 'ok' ? fieldOf(found.object, 'spec', 'selector', known.podTemplateHash) : found;
  };
  const podsAsked = async (name: string, hash: string | undefined): Promise<unknown> => {
    const found = await room.client.get({ group: 'apps', kind: 'ReplicaSet', namespace, name: `${name}-${hash}` });
    return found.kind === 'ok' ? fieldOf(found.object, 'spec', 'replicas') : found;
  };
  const finish = async (name: string, phase: string) => {
    const run = { group, kind: 'AnalysisRun', namespace, name };
    await eventually(`${name} exists`, async () => (await room.client.get(run)).kind === 'ok', { withinMs });
    const body = { status: { phase, completedAt: new Date().toISOString() } };
    // Argo's definition has no status subresource for it.
    const options = group === 'argoproj.io' ? {} : ({ subresource: 'status' } as const);
    const written = await room.client.merge(run, body, options);
    if (written.kind !== 'ok') throw new Error(JSON.stringify(written));
  };
  const template = (name: string) =>
    create({
      apiVersion: `${group}/v1alpha1`,
      kind: 'AnalysisTemplate',
      metadata: { name, namespace },
      spec: {
        metrics: [
          {
            name: 'errors',
            count: 1,
            successCondition: 'result[0] < 1',
            provider: { prometheus: { address: 'http://prometheus.example', query: 'up' } },
          },
        ],
      },
    });

  it('tells of a deploy and of an update in the reference order [event:SwitchService]', async () => {
    const distinct = () => room.reasons('told').filter((one, at, all) => one !== all[at - 1]);
    await deploy('told', { previewService: null, scaleDownDelaySeconds: 600 });
    const first = distinct();
    expect(first).toEqual([
      'RolloutAddedToInformer',
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'ScalingReplicaSet',
      'RolloutCompleted',
      'SwitchService',
    ]);
    await release('told', 2);
    await until('told', 'is healthy', isHealthy);
    expect(distinct().slice(first.length)).toEqual([
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'RolloutNotCompleted',
      'ScalingReplicaSet',
      'SwitchService',
      'RolloutCompleted',
    ]);
  }, 120_000);

  it('pauses behind the preview Service, switches when promoted, and rolls back at once inside the delay', async () => {
    const before = await deploy('paused', { autoPromotionEnabled: false, scaleDownDelaySeconds: 600 });
    await release('paused', 2);
    const paused = await until('paused', 'pauses', isPaused);
    expect(paused.blueGreen).toEqual({
      activeSelector: before.stableRS,
      previewSelector: paused.currentPodHash,
    });
    expect([await selected('paused'), await selected('paused-preview')]).toEqual([
      before.stableRS,
      paused.currentPodHash,
    ]);
    await patchStatus('paused', { pauseConditions: null });
    await until('paused', 'is promoted', isHealthy);
    expect(await selected('paused')).toBe(paused.currentPodHash);

    await release('paused', 1);
    const back = await until('paused', 'is back', (one) => isHealthy(one) && one.stableRS === before.stableRS);
    expect(back.pauseConditions).toBeUndefined();
    expect(await selected('paused')).toBe(before.stableRS);
  }, 120_000);

  it('gives the preview up on an abort and takes its pods after the delay', async () => {
    const before = await deploy('aborted', { autoPromotionEnabled: false, abortScaleDownDelaySeconds: 2 });
    await release('aborted', 2);
    const paused = await until('aborted', 'pauses', isPaused);
    await patchStatus('aborted', { abort: true });
    const status = await until('aborted', 'is degraded', (one) => one.phase === 'Degraded');
    expect(status.message).toMatch(/^RolloutAborted: /);
    await eventually('the preview is gone', async () => (await podsAsked('aborted', paused.currentPodHash)) === 0, {
      withinMs,
    });
    expect([await selected('aborted'), await podsAsked('aborted', before.stableRS)]).toEqual([before.stableRS, 2]);
  }, 120_000);

  it('switches by itself after autoPromotionSeconds and takes the old pods after the delay', async () => {
    const before = await deploy('timed', { autoPromotionSeconds: 1 });
    await release('timed', 2);
    const status = await until('timed', 'is promoted', isHealthy);
    expect(status.blueGreen?.activeSelector).toBe(status.currentPodHash);
    await eventually('the old pods go', async () => (await podsAsked('timed', before.stableRS)) === 0, { withinMs });
  }, 120_000);

  it('never switches when the analysis before fails, and switches back when the one after does', async () => {
    await template('checks');
    const analysis = { templates: [{ templateName: 'checks' }] };
    const before = await deploy('judged', { prePromotionAnalysis: analysis, postPromotionAnalysis: analysis });
    await release('judged', 2);
    const second = await until('judged', 'is analysed', (one) => one.currentPodHash !== before.currentPodHash);
    await finish(`judged-${second.currentPodHash}-2-pre`, 'Failed');
    await until('judged', 'is given up', (one) => one.phase === 'Degraded');
    expect(await selected('judged')).toBe(before.stableRS);

    await release('judged', 3);
    const third = await until('judged', 'is analysed', (one) => one.currentPodHash !== second.currentPodHash);
    await finish(`judged-${third.currentPodHash}-3-pre`, 'Successful');
    await finish(`judged-${third.currentPodHash}-3-post`, 'Failed');
    const status = await until('judged', 'is given up', (one) => one.phase === 'Degraded');
    await eventually('live traffic is back', async () => (await selected('judged')) === before.stableRS, { withinMs });
    expect(status.stableRS).toBe(before.stableRS);
    expect(status.blueGreen?.postPromotionAnalysisRunStatus?.status).toBe('Failed');
  }, 120_000);
});
