/** Whole canaries on the sandbox with the real rollout room, in both groups: sizes that follow the weight, Services that take turns. */

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
] as const)('canary sizes on the sandbox in %s', (group, dialect: Dialect) => {
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
  const routing = (name: string): JsonObject =>
    group === 'argoproj.io'
      ? { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: name, namespace } } }
      : { gatewayAPI: { httpRoutes: [{ name }] } };
  const container = (version: number): JsonObject => ({
    name: 'app',
    image: `tidegate.dev/app:v${version}`,
    ports: [{ containerPort: 8080 }],
  });
  const deploy = async (name: string, given: { spec?: JsonObject; canary: JsonObject; replicas?: number }) => {
    const labels = { app: name };
    const services = [`${name}-one`, `${name}-two`];
    for (const service of services)
      await create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service, namespace },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      });
    const backendRefs = services.map((service, index) => ({ name: service, port: 80, weight: index === 0 ? 100 : 0 }));
    await create({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name, namespace },
      spec: { parentRefs: [{ name: 'sandbox' }], hostnames: [`${name}.example`], rules: [{ backendRefs }] },
    });
    const template = { metadata: { labels }, spec: { containers: [container(1)], terminationGracePeriodSeconds: 1 } };
    await create({
      apiVersion: `${group}/v1alpha1`,
      kind: 'Rollout',
      metadata: { name, namespace },
      spec: {
        replicas: given.replicas ?? 5,
        selector: { matchLabels: labels },
        template,
        strategy: {
          canary: {
            ...(given.canary['pingPong'] === undefined
              ? { stableService: `${name}-one`, canaryService: `${name}-two` }
              : {}),
            trafficRouting: routing(name),
            abortScaleDownDelaySeconds: 2,
            ...given.canary,
          },
        },
        ...given.spec,
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
  const isPaused = (status: RolloutStatus) => status.message === 'CanaryPauseStep';
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
  const setOf = async (name: string, hash: string | undefined) => {
    const found = await room.client.get({ group: 'apps', kind: 'ReplicaSet', namespace, name: `${name}-${hash}` });
    return found.kind === 'ok' ? found.object : undefined;
  };
  const untilPods = (name: string, hash: string | undefined, pods: number) =>
    eventually(
      `${name}-${hash} has ${pods} pods`,
      async (saw) => {
        const set = await setOf(name, hash);
        saw(fieldOf(set, 'status'));
        const ready = Number(fieldOf(set, 'status', 'readyReplicas') ?? 0);
        return Number(fieldOf(set, 'spec', 'replicas')) === pods && ready === pods;
      },
      { withinMs },
    );
  const weights = async (name: string): Promise<unknown> => {
    const found = await room.client.get({ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace, name });
    if (found.kind !== 'ok') return found;
    const rules = fieldOf(found.object, 'spec', 'rules') as { backendRefs: { weight: number }[] }[];
    return rules[0]?.backendRefs.map((one) => one.weight);
  };
  const selected = async (service: string): Promise<unknown> => {
    const found = await room.client.get({ group: '', kind: 'Service', namespace, name: service });
    return found.kind === 'ok' ? fieldOf(found.object, 'spec', 'selector', known.podTemplateHash) : found;
  };

  it('stable shrinks with its weight and is whole again after an abort [Rollout.spec.strategy.canary.dynamicStableScale, Rollout.spec.strategy.canary.abortScaleDownDelaySeconds]', async () => {
    const canary = { dynamicStableScale: true, steps: [{ setWeight: 60 }, { pause: {} }] };
    const before = await deploy('dynamic', { canary });
    await release('dynamic', 2);
    const paused = await until('dynamic', 'pauses', isPaused);
    await untilPods('dynamic', paused.currentPodHash, 3);
    await untilPods('dynamic', before.stableRS, 2);
    expect(await weights('dynamic')).toEqual([40, 60]);

    await patchStatus('dynamic', { abort: true });
    await untilPods('dynamic', before.stableRS, 5);
    await eventually('the weight is back', async () => JSON.stringify(await weights('dynamic')) === '[100,0]', {
      withinMs,
    });
    await untilPods('dynamic', paused.currentPodHash, 0);
    const set = await setOf('dynamic', paused.currentPodHash);
    const deadline = fieldOf(set, 'metadata', 'annotations', known.scaleDownDeadline);
    expect(typeof deadline).toBe(group === 'argoproj.io' ? 'string' : 'undefined');
  }, 180_000);

  it('ping and pong take turns over two releases [Rollout.spec.strategy.canary.pingPong, Rollout.status.canary.stablePingPong]', async () => {
    const canary = {
      pingPong: { pingService: 'turns-one', pongService: 'turns-two' },
      steps: [{ setWeight: 20 }, { pause: {} }],
      scaleDownDelaySeconds: 1,
    };
    const first = await deploy('turns', { canary });
    expect(first.canary?.stablePingPong).toBe('ping');
    await release('turns', 2);
    await until('turns', 'pauses', isPaused);
    expect(await weights('turns')).toEqual([80, 20]);
    await patchStatus('turns', { pauseConditions: null });
    const second = await until('turns', 'is promoted', isHealthy);
    expect([second.canary?.stablePingPong, await weights('turns')]).toEqual(['pong', [0, 100]]);
    expect(await selected('turns-two')).toBe(second.stableRS);
    await untilPods('turns', first.stableRS, 0);

    await release('turns', 3);
    await until('turns', 'pauses', isPaused);
    expect(await weights('turns')).toEqual([20, 80]);
    await patchStatus('turns', { pauseConditions: null });
    const third = await until('turns', 'is promoted', isHealthy);
    expect([third.canary?.stablePingPong, await weights('turns')]).toEqual(['ping', [100, 0]]);
    expect(await selected('turns-one')).toBe(third.stableRS);
  }, 180_000);

  it('goes back without steps inside the window, with the template as the server stored it [Rollout.spec.rollbackWindow, event:SkipSteps, annotation:rollout.argoproj.io/revision, annotation:rollout.argoproj.io/revision-history]', async () => {
    const canary = { steps: [{ setWeight: 50 }, { pause: {} }], scaleDownDelaySeconds: 1 };
    const first = await deploy('window', { canary, replicas: 2, spec: { rollbackWindow: { revisions: 2 } } });
    for (const version of [2, 3]) {
      await release('window', version);
      await until('window', 'pauses', isPaused);
      await patchStatus('window', { promoteFull: true });
      await until('window', 'is promoted', isHealthy);
    }
    const { template } = (fieldOf(await setOf('window', first.stableRS), 'spec') ?? {}) as { template: JsonObject };
    const labels = { app: 'window' };
    // What `undo` sends: the template of the old ReplicaSet with all defaults, without the hash label.
    const body = { spec: { template: { ...template, metadata: { labels } } } };
    const written = await room.client.merge(key('window'), body, {});
    expect(written.kind).toBe('ok');
    const back = await until('window', 'is back', (one) => isHealthy(one) && one.stableRS === first.stableRS);

    expect(back.currentPodHash).toBe(first.currentPodHash);
    expect(room.reasons('window')).toContain('SkipSteps');
    const set = await setOf('window', first.stableRS);
    expect(fieldOf(set, 'metadata', 'annotations', known.revision)).toBe('4');
    expect(fieldOf(set, 'metadata', 'annotations', known.revisionHistory)).toBe('1');
  }, 180_000);
});
