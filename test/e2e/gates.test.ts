/** HTTP gates and a step plugin with the controller as a process on the real control plane, and a service that checks signatures. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { Gate, GateType } from '../../crds/schema/gates.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { missingProgram } from '../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { installCrds } from '../integration/install-crds.ts';
import { type ControllerProcess, startController } from './controller-process.ts';
import { type GateServer, startGateServer } from './gate-server.ts';
import { controllerObjects, tenantObjects } from './rights.ts';

const missing = clusterMissing() ?? missingProgram(['kustomize', 'git']);
const namespace = 'shop';
const secret = 'a key that only gate and controller know';
const rollouts = `/apis/tidegate.io/v1alpha1/namespaces/${namespace}/rollouts`;
const yes = () => ({ status: 200 });

describe.skipIf(missing !== undefined)(`gates${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = makeTempDir('gates');
  let cluster: Cluster;
  let kubelet: Kubelet;
  let server: GateServer;
  let controller: ControllerProcess;

  beforeAll(async () => {
    server = await startGateServer(secret);
    cluster = await startCluster();
    const problems = await installCrds(cluster, tidegateDialect);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    const key: BedObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'gate-key', namespace },
      stringData: { hmac: secret },
    };
    await cluster.api.apply(...controllerObjects(), ...tenantObjects(namespace, 'unused'), key);
    const { kubeconfigPath } = cluster;
    kubelet = await startKubelet({
      kubeconfigPath,
      nodeName: 'node',
      addresses: 'loopback',
      startDelayMs: 50,
      drainMs: 50,
    });
    const keyFile = join(folder, 'plugin.key');
    const pluginsFile = join(folder, 'plugins.yaml');
    writeFileSync(keyFile, `${secret}\n`);
    writeFileSync(
      pluginsFile,
      JSON.stringify({ plugins: { warm: { url: `${server.url}/warm`, secretFile: keyFile, timeoutSeconds: 5 } } }),
    );
    controller = await startController({
      kubeconfigPath: await cluster.serviceAccountKubeconfig('tidegate', 'tidegate'),
      folder,
      flags: ['--step-plugins-file', pluginsFile],
    });
  }, 120_000);
  afterAll(async () => {
    await controller?.stop();
    await kubelet?.stop();
    await cluster?.stop();
    await server?.stop();
    removeTempDir(folder);
  });

  const gate = (app: string, type: GateType, more: Partial<Gate> = {}): Gate => ({
    name: type,
    type,
    url: `${server.url}/${app}/${type}`,
    intervalSeconds: 1,
    timeoutSeconds: 5,
    secretRef: { name: 'gate-key', key: 'hmac' },
    ...more,
  });
  const template = (app: string, version: number) => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'app', image: `tidegate.dev/app:v${version}`, ports: [{ containerPort: 8080 }] }] },
  });
  const statusOf = async (app: string) => (await cluster.api.get(`${rollouts}/${app}`)) as { status?: RolloutStatus };
  const until = (app: string, what: string, check: (status: RolloutStatus) => boolean) =>
    eventually(
      `${app} ${what}`,
      async (saw) => {
        const { status } = await statusOf(app);
        saw(status);
        return status !== undefined && check(status) ? status : undefined;
      },
      { withinMs: 60_000 },
    );
  const merge = async (app: string, patch: object): Promise<void> => {
    const answer = await cluster.api.request('PATCH', `${rollouts}/${app}`, patch, 'application/merge-patch+json');
    expect(answer.status).toBe(200);
  };
  const release = (app: string, version: number) => merge(app, { spec: { template: template(app, version) } });
  const isHealthy = (hash: string | undefined) => (status: RolloutStatus) =>
    status.phase === 'Healthy' && status.stableRS === status.currentPodHash && status.stableRS !== hash;
  /** Deployed once; gives the hash of the stable revision. */
  const deployed = async (app: string, gates: Gate[], steps: object[] = [{ setWeight: 50 }]): Promise<string> => {
    const made = await cluster.api.request('POST', rollouts, {
      apiVersion: 'tidegate.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: app, namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app } },
        template: template(app, 1),
        gates,
        strategy: { canary: { steps } },
      },
    });
    expect([made.status, JSON.stringify(made.body)]).toEqual([201, expect.anything()]);
    return (await until(app, 'is healthy', isHealthy(undefined))).stableRS ?? '';
  };
  const podsOf = async (app: string, hash: string | undefined) => {
    const answer = await cluster.api.request('GET', `/apis/apps/v1/namespaces/${namespace}/replicasets/${app}-${hash}`);
    return answer.status === 200 ? (answer.body as { spec: { replicas: number } }).spec.replicas : 0;
  };

  it('confirm-rollout holds, opens for the revision it was asked about, and not for the next', async () => {
    const first = await deployed('confirm', [gate('confirm', 'confirm-rollout', { metadata: { team: 'web' } })]);
    await release('confirm', 2);
    const held = await until('confirm', 'is held', ({ waiting }) => waiting?.value === 'it answered 403');

    expect(held.waiting).toMatchObject({ reason: 'GateClosed', on: 'Gate/confirm-rollout' });
    expect(held.waiting?.limit).toContain(server.url.replace('http://', ''));
    expect(await podsOf('confirm', held.currentPodHash)).toBe(0);
    // The answer names the revision that it is meant for.
    const approved = held.currentPodHash;
    server.answer('/confirm/confirm-rollout', () => ({ status: 200, body: { podHash: approved } }));
    const second = (await until('confirm', 'is promoted', isHealthy(first))).stableRS;
    expect(second).toBe(approved);

    await release('confirm', 3);
    const refused = await until('confirm', 'refuses', ({ waiting }) => waiting?.value?.includes('refused') === true);
    expect(refused.waiting?.value).toBe(
      `its answer is about podHash ${approved}, not ${refused.currentPodHash}, and was refused`,
    );
    expect([refused.stableRS, await podsOf('confirm', refused.currentPodHash)]).toEqual([second, 0]);
    server.answer('/confirm/confirm-rollout', yes);
    await until('confirm', 'is promoted again', isHealthy(second));
    const questions = server.questions('/confirm/confirm-rollout');
    expect(questions.every((one) => one.isSigned)).toBe(true);
    expect(questions[0]?.body).toMatchObject({
      name: 'confirm',
      namespace,
      podHash: second,
      attempt: 1,
      metadata: { team: 'web' },
      gate: { name: 'confirm-rollout', type: 'confirm-rollout' },
    });
  }, 120_000);

  it('pre-rollout that fails aborts before any weight, and names the gate', async () => {
    server.answer('/pre/pre-rollout', () => ({ status: 500, body: { message: 'smoke test broke' } }));
    const stable = await deployed('pre', [gate('pre', 'pre-rollout', { failureLimit: 1 })]);
    await release('pre', 2);

    const status = await until('pre', 'is aborted', ({ phase }) => phase === 'Degraded');
    expect(status.verdict).toMatchObject({ cause: 'GateFailed' });
    expect(status.verdict?.message).toContain('failed 2 times: it answered 500: smoke test broke');
    expect(status.stableRS).toBe(stable);
    const keys = server.questions('/pre/pre-rollout').map((one) => one.key);
    expect(new Set(keys).size).toBe(2);
  }, 90_000);

  it('rollback aborts while confirm-promotion holds, and post-rollout is told', async () => {
    const types = ['confirm-promotion', 'rollback', 'post-rollout'] as const;
    const stable = await deployed(
      'back',
      types.map((type) => gate('back', type)),
    );
    server.answer('/back/post-rollout', yes);
    await release('back', 2);
    await until('back', 'is held at its end', ({ waiting }) => waiting?.on === 'Gate/confirm-promotion');
    server.answer('/back/rollback', yes);

    const status = await until('back', 'is aborted', ({ phase }) => phase === 'Degraded');
    expect(status).toMatchObject({ stableRS: stable, verdict: { cause: 'GateFailed' } });
    expect(status.verdict?.message).toContain('asked to go back');
    await until(
      'back',
      'has told',
      ({ gates }) => gates?.some((one) => one.type === 'post-rollout' && one.outcome === 'Passed') === true,
    );
    expect(server.questions('/back/post-rollout')[0]?.body).toMatchObject({ phase: 'Failed' });
  }, 90_000);

  it('a crash of the controller repeats the question with the same key and loses no answer [step:plugin, Rollout.status.canary.stepPluginStatuses[].executions]', async () => {
    let isDone = false;
    server.answer('/warm/run', () => ({
      status: 200,
      body: isDone
        ? { phase: 'Successful', message: 'caches are warm' }
        : { phase: 'Running', requeueAfterSeconds: 1, status: { warmed: 10 } },
    }));
    server.answer('/warm/abort', () => ({ status: 200, body: { phase: 'Successful' } }));
    const stable = await deployed('plug', [], [{ setWeight: 50 }, { plugin: { name: 'warm', config: { size: 3 } } }]);
    await release('plug', 2);
    const running = await until(
      'plug',
      'runs',
      ({ canary }) => (canary?.stepPluginStatuses?.[0]?.executions ?? 0) >= 2,
    );
    expect(running.canary?.stepPluginStatuses?.[0]).toMatchObject({ status: { warmed: 10 }, phase: 'Running' });
    await controller.stop({ graceMs: 0 });
    isDone = true;
    await controller.start();

    const status = await until('plug', 'is promoted', isHealthy(stable));
    expect(status.canary?.stepPluginStatuses).toMatchObject([
      { index: 1, name: 'warm', operation: 'Run', phase: 'Successful', message: 'caches are warm' },
    ]);
    const questions = server.questions('/warm/run');
    expect(questions.every((one) => one.isSigned)).toBe(true);
    expect(questions[0]?.body).toMatchObject({ config: { size: 3 }, stepIndex: 1, operation: 'Run' });
    expect(questions.at(-1)?.body).toMatchObject({ status: { warmed: 10 } });
    // One key for each execution that status counts, however often it was asked.
    expect(new Set(questions.map((one) => one.key)).size).toBe(status.canary?.stepPluginStatuses?.[0]?.executions);
  }, 120_000);

  it('an abort tells the plugin, and an unknown plugin is a sentence [event:StepPluginTransition]', async () => {
    server.answer('/warm/run', () => ({ status: 200, body: { phase: 'Running', requeueAfterSeconds: 60 } }));
    server.answer('/warm/terminate', () => ({ status: 200, body: { phase: 'Successful' } }));
    await deployed('stop', [], [{ setWeight: 50 }, { plugin: { name: 'warm' } }]);
    await release('stop', 2);
    await until('stop', 'runs', ({ canary }) => canary?.stepPluginStatuses?.[0]?.executions === 1);
    const answer = await cluster.api.request(
      'PATCH',
      `${rollouts}/stop/status`,
      { status: { abort: true } },
      'application/merge-patch+json',
    );
    expect(answer.status).toBe(200);
    await until(
      'stop',
      'has told the plugin',
      ({ canary, phase }) =>
        phase === 'Degraded' &&
        canary?.stepPluginStatuses?.some((one) => one.operation === 'Terminate' && one.phase === 'Successful') === true,
    );
    const told = await eventually('the events are there', async () => {
      const list = (await cluster.api.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`)) as {
        items: { reason: string; regarding: { name: string }; note: string }[];
      };
      const notes = list.items.filter((one) => one.reason === 'StepPluginTransition' && one.regarding.name === 'stop');
      return notes.length >= 2 ? notes.map((one) => one.note) : undefined;
    });
    expect(told.some((note) => note.includes('Step plugin warm') && note.includes('Terminate'))).toBe(true);

    await merge('stop', { spec: { strategy: { canary: { steps: [{ plugin: { name: 'other' } }] } } } });
    const status = await until('stop', 'is refused', ({ message }) => message?.startsWith('InvalidSpec') === true);
    expect(status.message).toContain('has named only warm: use one of these or ask for it');
  }, 90_000);

  it('a gate without its key is not asked, and says what is missing', async () => {
    const lost = gate('lost', 'confirm-rollout', { secretRef: { name: 'gate-key', key: 'other' } });
    await deployed('lost', [lost]);
    await release('lost', 2);

    const status = await until('lost', 'says so', ({ waiting }) => waiting?.value?.includes('has no key') === true);
    expect(status.waiting?.value).toContain('Secret shop/gate-key has no key other');
    expect(server.questions('/lost/confirm-rollout')).toEqual([]);
    expect(JSON.stringify(status)).not.toContain(secret);
  }, 90_000);
});
