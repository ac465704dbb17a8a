/** What adopt refuses on a real cluster: one sentence for each reason, and nothing is half-applied. */

import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { BedObject } from '../../bed/api.ts';
import { type App, makeApp } from './app.ts';
import { appName, deploymentObject } from './objects.ts';
import type { Stage } from './stage.ts';

const namespace = 'refused';
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: appName };
const named = (apiVersion: string, kind: string, name: string, spec: JsonObject): BedObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  spec,
});

/** The kinds of the other tools, as far as adopt reads them: anything goes in their spec. */
export function foreignKinds(): BedObject[] {
  const kinds = [
    ['rollouts.kruise.io', 'v1beta1', 'rollouts', 'Rollout'],
    ['flagger.app', 'v1beta1', 'canaries', 'Canary'],
  ] as const;
  return kinds.map(([group, name, plural, kind]) => {
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open } } };
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [{ name, served: true, storage: true, schema }],
      },
    };
  });
}

interface Obstacle {
  readonly object: BedObject;
  readonly path: string;
  readonly sentence: string | RegExp;
}

const other = { ...deploymentObject(namespace, { replicas: 0 }), metadata: { name: 'twin', namespace } };
const obstacles: readonly Obstacle[] = [
  {
    object: named('rollouts.kruise.io/v1beta1', 'Rollout', 'theirs', { workloadRef: target }),
    path: '/apis/rollouts.kruise.io/v1beta1/namespaces/refused/rollouts/theirs',
    sentence: `Rollout refused/theirs of rollouts.kruise.io: spec.workloadRef.name is "web", but only one may release a Deployment: delete it, or eject it first.`,
  },
  {
    object: named('flagger.app/v1beta1', 'Canary', 'theirs', { targetRef: target }),
    path: '/apis/flagger.app/v1beta1/namespaces/refused/canaries/theirs',
    sentence: `Canary refused/theirs of flagger.app: spec.targetRef.name is "web", but only one may release a Deployment: delete it, or eject it first.`,
  },
  {
    object: named('autoscaling/v2', 'HorizontalPodAutoscaler', 'scaler', {
      maxReplicas: 9,
      scaleTargetRef: { ...target, name: `${appName}-DisableByRollout` },
    }),
    path: '/apis/autoscaling/v2/namespaces/refused/horizontalpodautoscalers/scaler',
    sentence: `HorizontalPodAutoscaler refused/scaler: spec.scaleTargetRef.name is "web-DisableByRollout", but that suffix keeps it from scaling the Deployment: end the release of OpenKruise, or set it back to "web".`,
  },
  {
    object: other,
    path: '/apis/apps/v1/namespaces/refused/deployments/twin',
    sentence: `Deployment refused/twin: spec.selector is {"matchLabels":{"app":"web"}}, but it must not share pods with Deployment web: give one of the two a label of its own, in selector and template.`,
  },
  {
    object: named('v1', 'ResourceQuota', 'small', { hard: { pods: '5' } }),
    path: '/api/v1/namespaces/refused/resourcequotas/small',
    sentence:
      /ResourceQuota refused\/small: status\.used\["pods"\] is \d+ of 5, but the strategy needs room for 4 more pods: raise spec\.hard\["pods"\], or choose a strategy that needs fewer pods at once\./,
  },
];

/** Each by itself, all of them together, and then none of them. */
export async function refusals(stage: Stage): Promise<void> {
  const app = await makeApp(stage, namespace);
  const { api } = stage.cluster;
  for (const { object, path, sentence } of obstacles) {
    await app.apply(object);
    await app.until('it is refused', async () => says(await refused(app), [sentence]));
    expect((await api.request('DELETE', path)).status).toBeLessThan(300);
    await app.until('it is gone', async () => (await api.request('GET', path)).status === 404);
  }
  await app.apply(...obstacles.map(({ object }) => object));
  const sentences = obstacles.map(({ sentence }) => sentence);
  await app.until('all are told', async () => says(await refused(app), sentences));
  for (const { path } of obstacles) await api.request('DELETE', path);
  await app.patch({ spec: { strategy: { type: 'Recreate', rollingUpdate: null } } });
  const recreate = `Deployment refused/web: spec.strategy.type is "Recreate", but a Rollout keeps old pods until new ones serve: change it to RollingUpdate.`;
  await app.until('Recreate is refused', async () => says(await refused(app), [recreate]));
  await app.patch({ spec: { strategy: { type: 'RollingUpdate' } } });
  await app.whole();
  await app.adopt();
  await app.nothingFailed();
}

/** @throws when it was not refused, or when anything was changed. */
async function refused(app: App): Promise<string> {
  const before = await app.read('Deployment');
  const strategy = JSON.stringify({ blueGreen: { activeService: 'web-stable' } });
  const { code, text } = await app.plugin(['adopt', `deployment/${appName}`, '--strategy', strategy]);
  expect(code).toBe(2);
  expect(text).toContain(`Deployment ${namespace}/web can not be adopted, and its pods were left alone.`);
  const { metadata, spec } = (await app.read('Deployment')) ?? {};
  expect([metadata?.uid, metadata?.annotations, spec]).toEqual([
    before?.metadata.uid,
    before?.metadata.annotations,
    before?.spec,
  ]);
  expect(await app.list('Rollout')).toEqual([]);
  return text;
}

function says(text: string, sentences: readonly (string | RegExp)[]): boolean {
  for (const sentence of sentences) expect(text).toMatch(sentence);
  const count = text.match(/, but /g)?.length;
  expect(count).toBe(sentences.length);
  return true;
}
