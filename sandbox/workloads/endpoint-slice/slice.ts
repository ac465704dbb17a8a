/**
 * The EndpointSlices that a Service should have, out of its pods. Pure.
 */

import type { Json, JsonObject, KubeObject } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { controllerOf } from '../../../kube/ref.ts';
import { fieldOf, numberOf, textOf } from '../../../kube/json.ts';
import { isTerminal, objectsIn, type PodView, textsOf } from '../views.ts';

export const serviceLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const reserved: ReadonlySet<string> = new Set([serviceLabel, managedByLabel, headlessLabel]);

/** Endpoints in one slice at most: what the API server takes. A Service with more is served by its first thousand. */
const maxEndpoints = 1000;

export interface WantedSlice {
  readonly ports: readonly JsonObject[];
  readonly endpoints: readonly JsonObject[];
}

/** One slice per set of port numbers (named target ports may differ between pods); one empty slice without pods. */
export function wantedSlices(service: RawObject, pods: readonly PodView[]): readonly WantedSlice[] {
  const groups = new Map<string, { ports: readonly JsonObject[]; endpoints: JsonObject[] }>();
  for (const pod of pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    if (isTerminal(pod) || pod.ip === '') continue;
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    if (group.endpoints.length < maxEndpoints) group.endpoints.push(endpointOf(service, pod));
  }
  return groups.size === 0 ? [{ ports: [], endpoints: [] }] : [...groups.values()];
}

function portsFor(service: RawObject, pod: PodView): JsonObject[] {
  return objectsIn(service, 'spec', 'ports').flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const { appProtocol } = port;
    return [
      {
        name: textOf(port, 'name') ?? '',
        port: number,
        protocol: textOf(port, 'protocol') ?? 'TCP',
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ];
  });
}

/** The number, or the container port of that name; without a target the Service's own port. */
function targetPort(port: JsonObject, pod: PodView): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? numberOf(port, 'port') : target;
  const protocol = textOf(port, 'protocol') ?? 'TCP';
  return pod.ports.find((one) => one.name === target && one.protocol === protocol)?.port;
}

function endpointOf(service: RawObject, pod: PodView): JsonObject {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const anyway = fieldOf(service, 'spec', 'publishNotReadyAddresses') === true;
  const { name, namespace = '', uid = '' } = pod.metadata;
  const named =
    pod.hostname !== '' && pod.subdomain === service.metadata.name && namespace === service.metadata.namespace;
  return {
    addresses: [pod.ip],
    conditions: { ready: anyway || (pod.ready && !terminating), serving: pod.ready, terminating },
    ...(named ? { hostname: pod.hostname } : {}),
    ...(pod.nodeName === '' ? {} : { nodeName: pod.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

export function sliceLabels(service: RawObject): Readonly<Record<string, string>> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([key]) => !reserved.has(key));
  const headless: Record<string, string> =
    fieldOf(service, 'spec', 'clusterIP') === 'None' ? { [headlessLabel]: '' } : {};
  return {
    ...Object.fromEntries(own),
    ...headless,
    [serviceLabel]: service.metadata.name,
    [managedByLabel]: manager,
  };
}

/** Body for a create; the server makes the name. */
export function newSlice(service: RawObject, wanted: WantedSlice, annotations: JsonObject): KubeObject {
  const metadata = {
    generateName: `${service.metadata.name}-`,
    namespace: service.metadata.namespace,
    labels: sliceLabels(service),
    annotations,
    ownerReferences: [controllerOf(service)],
  };
  const body = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', ...wanted };
  return body as unknown as KubeObject;
}

/** The merge patch that makes a slice equal to what is wanted, its annotations put in; undefined when it is. */
export function slicePatch(
  service: RawObject,
  slice: RawObject,
  wanted: WantedSlice,
  annotations: JsonObject,
): JsonObject | undefined {
  const labels = sliceLabels(service);
  const sameLabels = sorted(labels) === sorted(textsOf(slice, 'metadata', 'labels'));
  const same = sameEndpoints(objectsIn(slice, 'endpoints'), wanted.endpoints) && samePorts(slice, wanted);
  if (sameLabels && same) return undefined;
  const removed = Object.keys(slice.metadata.labels ?? {}).filter((key) => labels[key] === undefined);
  return {
    metadata: { labels: { ...labels, ...Object.fromEntries(removed.map((key) => [key, null])) }, annotations },
    endpoints: [...wanted.endpoints],
    ports: [...wanted.ports],
  };
}

export function samePorts(slice: RawObject, wanted: WantedSlice): boolean {
  return setText(objectsIn(slice, 'ports')) === setText(wanted.ports);
}

function sameEndpoints(a: readonly JsonObject[], b: readonly JsonObject[]): boolean {
  return setText(a) === setText(b);
}

/** The same text for the same items in any order, whatever the order of their fields. */
function setText(items: readonly JsonObject[]): string {
  return items.map(sorted).toSorted().join('\n');
}

function sorted(value: Json | Readonly<Record<string, Json>> | undefined): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
