/** Where the requests of a Service go: its ready endpoints, each with the address to connect to and the version behind it. */

import type { KubeObject, Store } from '../../kube/api.ts';
import { listensAnnotation } from '../kubelet/pod-run.ts';
import type { BackendRef, Service } from './kinds.ts';
import type { World } from './world.ts';

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly name?: string };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Name of the pod; '' when the slice does not say. */
  readonly pod: string;
  /** The pod template's hash; '' when unknown. */
  readonly podHash: string;
}

export interface Endpoints {
  /** The ready endpoints of one port of a Service, in a stable order. */
  of(service: Service, ref: BackendRef): readonly Endpoint[];
}

const byService = 'service';
const hashLabel = 'rollouts-pod-template-hash';

/** To be called before the world runs, for it adds two more caches. */
export function endpointsOf(world: World): Endpoints {
  const slices = world.also<EndpointSlice>(
    { group: 'discovery.k8s.io', kind: 'EndpointSlice' },
    {
      [byService]: ({ metadata }) => [
        `${metadata.namespace ?? ''}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`,
      ],
    },
  );
  const pods = world.also({ group: '', kind: 'Pod' });
  return {
    of(service, ref) {
      const namespace = service.metadata.namespace ?? '';
      const portName = service.spec.ports?.find((one) => one.port === ref.port)?.name ?? '';
      const found = slices.byIndex(byService, `${namespace}/${service.metadata.name}`);
      return found
        .flatMap((slice) => readyEndpoints(slice, portName, namespace, pods))
        .toSorted((a, b) => (`${a.pod} ${a.host} ${a.port}` < `${b.pod} ${b.host} ${b.port}` ? -1 : 1));
    },
  };
}

function readyEndpoints(slice: EndpointSlice, portName: string, namespace: string, pods: Store): readonly Endpoint[] {
  const port = slice.ports?.find((one) => (one.name ?? '') === portName)?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) => {
    const [address] = addresses;
    // Readiness that is not known counts as ready, as the API's own description has it.
    if (address === undefined || conditions?.ready === false) return [];
    const name = targetRef?.kind === 'Pod' ? (targetRef.name ?? '') : '';
    const pod = name === '' ? undefined : pods.get(namespace, name);
    const listens = addressIn(pod?.metadata.annotations?.[listensAnnotation] ?? '', port);
    return [{ ...(listens ?? { host: address, port }), pod: name, podHash: pod?.metadata.labels?.[hashLabel] ?? '' }];
  });
}

/** Where a pod without an address of its own really listens: "8080=127.0.0.1:40123,9090=127.0.0.1:40124". */
function addressIn(listens: string, port: number): { readonly host: string; readonly port: number } | undefined {
  for (const one of listens.split(',')) {
    const [from, to = ''] = one.trim().split('=');
    const colon = to.lastIndexOf(':');
    if (Number(from) === port && colon > 0) return { host: to.slice(0, colon), port: Number(to.slice(colon + 1)) };
  }
  return undefined;
}
