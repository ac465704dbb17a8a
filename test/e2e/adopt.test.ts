/**
 * Taking a running Deployment over and giving it back, on the real control plane with its own Deployment controller, under a
 * steady load of real requests: no request fails and no pod is restarted.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { runCommandLine } from '../../cli/program.ts';
import { bedMissing } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { field } from './app-in-world.ts';
import { type Load, startLoad } from './load.ts';
import { type Live, namespace, startWorld, type World, worldParts } from './world.ts';

const missing = bedMissing(worldParts);
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;

describe.skipIf(missing !== undefined)(`adopt and eject${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let world: World;
  const loads: Load[] = [];

  beforeAll(async () => {
    world = await startWorld();
    await world.startController({ flags: ['--namespaces', namespace] });
  }, 240_000);
  afterAll(async () => {
    for (const load of loads) await load.stop();
    await world?.stop();
  });

  const cli = async (...args: string[]): Promise<{ code: number; text: string }> => {
    let text = '';
    const say = (more: string) => {
      text += more;
    };
    const terminal = {
      out: say,
      err: say,
      env: { KUBECONFIG: world.bed.cluster.kubeconfigPath },
      signal: new AbortController().signal,
      clock: systemClock,
      outIsTty: false,
    };
    const code = await runCommandLine([...args, '-n', namespace], {
      terminal: terminal as never,
      version: 'test',
      program: 'kubectl tidegate',
    });
    return { code, text };
  };
  const podsOf = async (app: string): Promise<readonly Live[]> =>
    (await world.list('Pod')).filter(
      ({ metadata }) => metadata.labels?.app === app && !('deletionTimestamp' in metadata),
    );
  const setsOf = async (app: string): Promise<readonly Live[]> =>
    (await world.list('ReplicaSet')).filter(({ metadata }) => metadata.labels?.app === app);
  const uidsOf = (objects: readonly Live[]) => objects.map(({ metadata }) => metadata.uid).sort();
  const deployment = async (name: string) => (await world.bed.cluster.api.get(`${deployments}/${name}`)) as Live;
  const patchDeployment = async (name: string, body: object) => {
    const answer = await world.bed.cluster.api.request(
      'PATCH',
      `${deployments}/${name}`,
      body,
      'application/strategic-merge-patch+json',
    );
    expect(answer.status).toBe(200);
  };
  const withImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'app', image }] } } } });
  const strategy = (name: string) =>
    JSON.stringify({
      canary: {
        stableService: `${name}-stable`,
        canaryService: `${name}-canary`,
        scaleDownDelaySeconds: 2,
        trafficRouting: { gatewayAPI: { httpRoutes: [{ name }] } },
        steps: [{ setWeight: 25 }, { pause: {} }],
      },
    });
  const whole = (name: string) =>
    eventually(
      `Deployment ${name} has its pods`,
      async (saw) => {
        const one = await deployment(name);
        saw(one.status);
        return field(one, 'status.availableReplicas') === 4 && field(one, 'status.replicas') === 4;
      },
      { withinMs: 60_000 },
    );
  const app = async (name: string): Promise<Load> => {
    await world.bed.cluster.api.apply(...objectsOf(name));
    await whole(name);
    const url = world.bed.gateway.url;
    await eventually('the gateway serves it', async () => (await fetchAs(url, `${name}.example`)) === 200, {
      withinMs: 30_000,
    });
    const load = startLoad({ url, host: `${name}.example`, perSecond: 20 });
    loads.push(load);
    return load;
  };
  const failures = (load: Load) => [...load.byCode()].filter(([code]) => code !== 200);
  const adopted = async (name: string) => {
    const answer = await cli('adopt', `deployment/${name}`, '--strategy', strategy(name));
    expect(answer).toMatchObject({ code: 0 });
    return answer.text;
  };
  const rolloutIs = (name: string, phase: string) =>
    world.until(`Rollout ${name} is ${phase}`, 'Rollout', name, (one) => field(one, 'status.phase') === phase, 60_000);

  it('adopts, releases a canary through the Deployment, and ejects; the next image rolls natively (T2, T3, T4)', async () => {
    const load = await app('own');
    const before = { pods: uidsOf(await podsOf('own')), sets: uidsOf(await setsOf('own')) };
    const text = await adopted('own');
    expect(text).toContain('delete rollouts.tidegate.io own --cascade=background');
    expect(uidsOf(await podsOf('own'))).toEqual(before.pods);
    expect(uidsOf(await setsOf('own'))).toEqual(before.sets);

    await patchDeployment('own', withImage('tidegate.dev/app:v2'));
    await rolloutIs('own', 'Paused');
    await world.until(
      'the canary has 25 %',
      'Rollout',
      'own',
      (one) => field(one, 'status.canary.weights.canary.weight') === 25,
    );
    expect(await setsOf('own')).toHaveLength(2);
    expect((await cli('promote', 'own', '--full')).code).toBe(0);
    await rolloutIs('own', 'Healthy');
    const isSettled = (one: Live) => field(one, 'spec.replicas') === 4 || field(one, 'spec.replicas') === 0;
    await eventually(
      'one ReplicaSet is left with pods',
      async () => {
        const sets = await setsOf('own');
        return (
          (await podsOf('own')).length === 4 &&
          sets.every(isSettled) &&
          sets.some((one) => field(one, 'spec.replicas') === 0)
        );
      },
      { withinMs: 60_000 },
    );

    const pods = uidsOf(await podsOf('own'));
    const sets = uidsOf(await setsOf('own'));
    const ejected = await cli('eject', 'rollout/own');
    expect(ejected).toMatchObject({ code: 0 });
    await whole('own');
    expect(uidsOf(await podsOf('own'))).toEqual(pods);
    expect(uidsOf(await setsOf('own'))).toEqual(sets);
    await eventually('the Rollout is gone', async () => (await world.read('Rollout', 'own')) === undefined, {
      withinMs: 60_000,
    });
    const service = await world.read('Service', 'own-stable');
    expect(field(service, 'spec.selector')).toEqual({ app: 'own' });

    // From here on the Deployment works alone, and it does not wait for a gateway before it ends pods.
    await load.stop();
    expect(load.sent()).toBeGreaterThan(50);
    expect(failures(load)).toEqual([]);
    await patchDeployment('own', withImage('tidegate.dev/app:v3'));
    await eventually(
      'the Deployment rolls by itself',
      async () => {
        const one = await deployment('own');
        return (
          field(one, 'status.observedGeneration') === field(one, 'metadata.generation') &&
          field(one, 'status.updatedReplicas') === 4 &&
          field(one, 'status.replicas') === 4 &&
          field(one, 'status.availableReplicas') === 4
        );
      },
      { withinMs: 60_000 },
    );
    expect((await setsOf('own')).length).toBe(3);
  }, 240_000);

  it('gives the pods back when the Rollout is deleted, by the printed line (T14, T19)', async () => {
    const load = await app('gone');
    const text = await adopted('gone');
    const pods = uidsOf(await podsOf('gone'));
    const sets = uidsOf(await setsOf('gone'));
    const line = text.split('\n').find((one) => one.includes('--cascade=background')) ?? '';
    for (const command of line.trim().split(' && ')) {
      const words = command.match(/'[^']*'|\S+/g) ?? [];
      await world.bed.cluster.kubectl(words.slice(1).map((word) => word.replace(/^'|'$/g, '')));
    }
    await eventually(
      'the Deployment controls its ReplicaSet again',
      async () => {
        const [set] = await setsOf('gone');
        const owners = (field(set, 'metadata.ownerReferences') ?? []) as { kind: string; controller?: boolean }[];
        return owners.some((one) => one.kind === 'Deployment' && one.controller === true);
      },
      { withinMs: 60_000 },
    );
    await whole('gone');
    expect(uidsOf(await podsOf('gone'))).toEqual(pods);
    expect(uidsOf(await setsOf('gone'))).toEqual(sets);
    await load.stop();
    expect(failures(load)).toEqual([]);
  }, 180_000);

  it('takes a second set of pods away when somebody lets the hull run, and follows its replicas (T12, T15)', async () => {
    const load = await app('hull');
    await adopted('hull');
    const pods = uidsOf(await podsOf('hull'));
    await patchDeployment('hull', { spec: { paused: false } });
    await eventually('the hull is paused again', async () => field(await deployment('hull'), 'spec.paused') === true, {
      withinMs: 30_000,
    });
    await eventually('only its own pods are left', async () => uidsOf(await podsOf('hull')).join() === pods.join(), {
      withinMs: 60_000,
    });
    await patchDeployment('hull', { spec: { replicas: 6 } });
    await eventually('the Rollout follows the hull', async () => (await podsOf('hull')).length === 6, {
      withinMs: 30_000,
    });
    await load.stop();
    expect(failures(load)).toEqual([]);
  }, 180_000);

  it('refuses what it could not give back, and changes nothing', async () => {
    await world.bed.cluster.api.apply(...objectsOf('never'));
    await whole('never');
    await patchDeployment('never', { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } });
    const { code, text } = await cli('adopt', 'deployment/never');
    expect(code).toBe(2);
    expect(text).toContain(
      'Deployment shop/never can not be adopted: its strategy is Recreate: change it to RollingUpdate',
    );
    expect(field(await deployment('never'), 'spec.paused')).toBeUndefined();
  }, 120_000);
});

function objectsOf(name: string): never[] {
  const labels = { app: name };
  const service = (role: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-${role}`, namespace },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  const backend = (role: string, weight: number) => ({ name: `${name}-${role}`, port: 80, weight });
  const container = { name: 'app', image: 'tidegate.dev/app:v1', ports: [{ name: 'http', containerPort: 8080 }] };
  const metadata = { name, namespace };
  const objects = [
    service('stable'),
    service('canary'),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: {
        parentRefs: [{ name: 'bed-gateway', namespace: 'default', sectionName: 'web' }],
        hostnames: [`${name}.example`],
        rules: [{ backendRefs: [backend('stable', 100), backend('canary', 0)] }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 4,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container], terminationGracePeriodSeconds: 10 } },
      },
    },
  ];
  return objects as never[];
}

async function fetchAs(url: string, host: string): Promise<number> {
  const { sendMany } = await import('./load.ts');
  const codes = await sendMany({ url, host }, 1, 1);
  return [...codes.keys()][0] ?? 0;
}
