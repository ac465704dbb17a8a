/** One application of a case: how its team changes it, what it looks like, and the steady load of its users. */

import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { BedObject } from '../../bed/api.ts';
import { eventually } from '../../bed/eventually.ts';
import { field } from '../app-in-world.ts';
import { type Load, sendMany, startLoad } from '../load.ts';
import type { Live } from '../world.ts';
import { type Answer, runPlugin } from './command.ts';
import {
  type AppOptions,
  appName,
  defaultReplicas,
  deploymentObject,
  hostOf,
  imageOf,
  objectsOf,
  strategyOf,
} from './objects.ts';
import type { Stage } from './stage.ts';

export const collections = {
  Rollout: 'apis/tidegate.io/v1alpha1/rollouts',
  Deployment: 'apis/apps/v1/deployments',
  ReplicaSet: 'apis/apps/v1/replicasets',
  Pod: 'api/v1/pods',
  Service: 'api/v1/services',
  HTTPRoute: 'apis/gateway.networking.k8s.io/v1/httproutes',
} as const;
export type Kind = keyof typeof collections;

export interface App {
  readonly namespace: string;
  readonly stage: Stage;
  readonly load: Load;
  /** Admin's path of an object or of a collection. */
  path(kind: Kind, name?: string): string;
  read(kind: Kind, name?: string): Promise<Live | undefined>;
  list(kind: Kind): Promise<readonly Live[]>;
  /** Pods that are not leaving. */
  pods(): Promise<readonly Live[]>;
  apply(...objects: readonly BedObject[]): Promise<void>;
  /** Strategic merge patch of the Deployment. */
  patch(body: JsonObject): Promise<void>;
  setImage(version: string): Promise<void>;
  /** What a HorizontalPodAutoscaler does. */
  scale(replicas: number): Promise<void>;
  plugin(args: readonly string[], onText?: (text: string) => void): Promise<Answer>;
  /** @throws when it is refused. Gives what was said. */
  adopt(onText?: (text: string) => void): Promise<string>;
  eject(onText?: (text: string) => void): Promise<string>;
  /** Skips all steps. @throws when it is refused. */
  promote(): Promise<void>;
  until(what: string, check: () => Promise<boolean>, withinMs?: number): Promise<void>;
  /** Waits for a phase of the Rollout. */
  rolloutIs(phase: string, check?: (rollout: Live) => boolean): Promise<void>;
  /** The Deployment has all its pods, available and of its template. */
  whole(replicas?: number): Promise<void>;
  /** Ends the load: at least one request, and none failed. */
  nothingFailed(): Promise<void>;
}

export const uidsOf = (objects: readonly Live[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.uid).sort();

/** Pods that serve a version. */
export const ofVersion = (pods: readonly Live[], version: string): readonly Live[] =>
  pods.filter((pod) => field(pod, 'spec.containers.0.image') === imageOf(version));

/** A release of the Deployment's own, so that there is an old ReplicaSet without pods. */
export async function releaseNatively(app: App, options: AppOptions): Promise<void> {
  const { container } = options;
  await app.apply(deploymentObject(app.namespace, { ...options, container: { ...container, image: imageOf('v2') } }));
  await app.whole();
  await app.until('the old pods are gone', async () => {
    const pods = await app.list('Pod');
    return pods.length > 0 && pods.length === ofVersion(pods, 'v2').length;
  });
}

/** Makes the namespace and the application, waits until the gateway serves it, and starts the load. */
export async function makeApp(stage: Stage, namespace: string, options: AppOptions = {}): Promise<App> {
  const { api, kubeconfigPath } = stage.cluster;
  const { url } = stage.gateway;
  const host = hostOf(namespace);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.apply(...objectsOf(namespace, stage.gateway.parentRef, options));
  const app: Omit<App, 'load' | 'nothingFailed'> = {
    namespace,
    stage,
    ...reading(stage, namespace),
    apply: async (...objects) => void (await api.apply(...objects)),
    patch: (body) => send(stage, app.path('Deployment', appName), body, 'application/strategic-merge-patch+json'),
    setImage: (version) =>
      app.patch({ spec: { template: { spec: { containers: [{ name: 'app', image: imageOf(version) }] } } } }),
    scale: (replicas) =>
      send(stage, `${app.path('Deployment', appName)}/scale`, { spec: { replicas } }, 'application/merge-patch+json'),
    plugin: (args, onText) => runPlugin(kubeconfigPath, [...args, '-n', namespace], onText),
    adopt: async (onText) => {
      const strategy = JSON.stringify(strategyOf(options));
      const timeout = ['--timeout', '3m'];
      return good(await app.plugin(['adopt', `deployment/${appName}`, '--strategy', strategy, ...timeout], onText));
    },
    eject: async (onText) => good(await app.plugin(['eject', `rollout/${appName}`], onText)),
    promote: async () => void good(await app.plugin(['promote', appName, '--full', '--wait', '2m'])),
    until: async (what, check, withinMs = 120_000) => {
      await eventually(`${namespace}: ${what}`, check, { withinMs, everyMs: 100 });
    },
    rolloutIs: async (phase, check = () => true) => {
      await eventually(
        `${namespace}: the Rollout is ${phase}`,
        async (saw) => {
          const rollout = await app.read('Rollout');
          saw(rollout?.status);
          return rollout !== undefined && field(rollout, 'status.phase') === phase && check(rollout);
        },
        { withinMs: 120_000, everyMs: 100 },
      );
    },
    whole: (replicas = options.replicas ?? defaultReplicas) =>
      app.until(`the Deployment has its ${replicas} pods`, async () => isWhole(await app.read('Deployment'), replicas)),
  };
  await app.whole();
  await app.until('the gateway serves it', async () => [...(await sendMany({ url, host }, 1)).keys()][0] === 200);
  const load = startLoad({ url, host, perSecond: 10 });
  const nothingFailed = async () => {
    await load.stop();
    expect(load.sent()).toBeGreaterThan(0);
    expect([...load.byCode()].filter(([code]) => code !== 200)).toEqual([]);
  };
  return { ...app, load, nothingFailed };
}

/** @throws with what was said when the exit code is not 0. */
function good({ code, text }: Answer): string {
  if (code !== 0) throw new Error(`exit code ${code}: ${text}`);
  return text;
}

function reading(stage: Stage, namespace: string): Pick<App, 'path' | 'read' | 'list' | 'pods'> {
  const { api } = stage.cluster;
  const path: App['path'] = (kind, name) => {
    const parts = collections[kind].split('/');
    const base = `/${parts.slice(0, -1).join('/')}/namespaces/${namespace}/${parts.at(-1)}`;
    return name === undefined ? base : `${base}/${name}`;
  };
  const list: App['list'] = async (kind) => ((await api.get(path(kind))) as { items: readonly Live[] }).items;
  return {
    path,
    list,
    read: async (kind, name = appName) => {
      const answer = await api.request('GET', path(kind, name));
      return answer.status === 200 ? (answer.body as Live) : undefined;
    },
    pods: async () => (await list('Pod')).filter(({ metadata }) => !('deletionTimestamp' in metadata)),
  };
}

async function send({ cluster }: Stage, path: string, body: JsonObject, contentType: string): Promise<void> {
  const answer = await cluster.api.request('PATCH', path, body, contentType);
  expect(answer).toMatchObject({ status: 200 });
}

function isWhole(deployment: Live | undefined, replicas: number): boolean {
  const isSeen = field(deployment, 'status.observedGeneration') === field(deployment, 'metadata.generation');
  const counts = ['replicas', 'updatedReplicas', 'availableReplicas'];
  return isSeen && counts.every((name) => field(deployment, `status.${name}`) === replicas);
}
