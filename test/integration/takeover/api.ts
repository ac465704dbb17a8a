/** Reading and writing the objects of one namespace under the name of a field manager. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import type { KubeObject } from '../../../kube/api.ts';
import type { TakeoverWorld } from './world.ts';

export type Live = KubeObject & JsonObject;

export interface Place {
  readonly world: TakeoverWorld;
  readonly namespace: string;
}

export const collection = {
  rollouts: 'apis/argoproj.io/v1alpha1/rollouts',
  analysisRuns: 'apis/argoproj.io/v1alpha1/analysisruns',
  experiments: 'apis/argoproj.io/v1alpha1/experiments',
  replicaSets: 'apis/apps/v1/replicasets',
  pods: 'api/v1/pods',
  services: 'api/v1/services',
  ingresses: 'apis/networking.k8s.io/v1/ingresses',
} as const;

const plurals: Readonly<Record<string, string>> = {
  Service: 'api/v1/services',
  ReplicaSet: collection.replicaSets,
  Ingress: collection.ingresses,
  Rollout: collection.rollouts,
  AnalysisRun: collection.analysisRuns,
  AnalysisTemplate: 'apis/argoproj.io/v1alpha1/analysistemplates',
  Experiment: collection.experiments,
};

function pathOf(namespace: string, of: string): string {
  const at = of.lastIndexOf('/');
  return `/${of.slice(0, at)}/namespaces/${namespace}${of.slice(at)}`;
}

async function request(place: Place, method: string, path: string, body: Json, type?: string): Promise<Live> {
  const answer = await place.world.cluster.api.request(method, path, body, type);
  if (answer.status < 300) return answer.body as Live;
  throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

export async function listOf({ world, namespace }: Place, of: string): Promise<readonly Live[]> {
  return ((await world.cluster.api.get(pathOf(namespace, of))) as { items: readonly Live[] }).items;
}

/** Creates an object whole: also its status, where the kind has no status subresource. */
export async function post(place: Place, object: JsonObject, manager: string): Promise<Live> {
  const path = pathOf(place.namespace, (typeof object.kind === 'string' ? plurals[object.kind] : undefined) ?? '');
  return request(place, 'POST', `${path}?fieldManager=${manager}`, object);
}

/** Merge patch of an object or, with `name/status`, of its status. */
export async function send(place: Place, of: string, name: string, patch: JsonObject, manager: string): Promise<Live> {
  const path = `${pathOf(place.namespace, of)}/${name}?fieldManager=${manager}`;
  return request(place, 'PATCH', path, patch, 'application/merge-patch+json');
}

/** The patch of Argo's kubectl plugin: to the status of the Rollout. */
export async function patchStatus(place: Place, status: JsonObject): Promise<void> {
  await send(place, collection.rollouts, 'app/status', { status }, 'kubectl-argo-rollouts');
}
