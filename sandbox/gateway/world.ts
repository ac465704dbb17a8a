/** What the gateway watches: caches of routes, Gateways and all that they refer to, over one API transport. */

import type { Clock, KindRef, KubeObject, Log, Store, Transport } from '../../kube/api.ts';
import { type KindCache, watchKind } from '../../kube/cache/cache.ts';
import type { RawObject } from '../../kube/cache/store.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import type { KubeClient } from '../../kube/api.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { backendsOf, type Surroundings } from './attachment.ts';
import { group } from './crd-schema.ts';
import type { GatewayClass, GatewayObject, HttpRoute, ReferenceGrant, Service } from './kinds.ts';
import { controllerName } from './route-status.ts';

export interface WorldOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to 1: jitter of the watches' back-off. */
  readonly random: () => number;
  readonly log?: Log;
}

export interface World {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly routes: Store<HttpRoute>;
  readonly gateways: Store<GatewayObject>;
  readonly classes: Store<GatewayClass>;
  readonly services: Store<Service>;
  readonly grants: Store<ReferenceGrant>;
  readonly namespaces: Store;
  readonly around: Surroundings;
  /** One more cached kind, run with the others when added before `run`. */
  also<T extends KubeObject>(
    kind: KindRef,
    indexes?: Readonly<Record<string, (object: T) => readonly string[]>>,
  ): Store<T>;
  /** Feeds the caches until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  whenSettled(signal: AbortSignal): Promise<void>;
}

/** Index of routes: "namespace/name" of every Service they name. */
export const byBackend = 'backend';

export function gatewayWorld(options: WorldOptions): World {
  const found = discovery(options.transport, { clock: options.clock });
  const log = options.log ?? silentLog;
  const caches: Pick<KindCache<KubeObject>, 'run' | 'whenSettled'>[] = [];
  const also: World['also'] = <T extends KubeObject>(
    kind: KindRef,
    indexes: Readonly<Record<string, (object: T) => readonly string[]>> = {},
  ) => {
    const { transport, clock, random } = options;
    const project = (object: RawObject): T => object as unknown as T;
    const cache = watchKind<T>({ transport, discovery: found, kind, project, indexes, clock, random, log });
    caches.push(cache);
    return cache.store;
  };
  const ownKind = (kind: string): KindRef => ({ group, kind });
  const stores = {
    routes: also<HttpRoute>(ownKind('HTTPRoute'), { [byBackend]: backendKeys }),
    gateways: also<GatewayObject>(ownKind('Gateway')),
    classes: also<GatewayClass>(ownKind('GatewayClass')),
    grants: also<ReferenceGrant>(ownKind('ReferenceGrant')),
    services: also<Service>({ group: '', kind: 'Service' }),
    namespaces: also({ group: '', kind: 'Namespace' }),
  };
  return {
    client: kubeClient(options.transport, found),
    clock: options.clock,
    log,
    ...stores,
    around: surroundings(stores),
    also,
    async run(signal) {
      await Promise.all(caches.map((cache) => cache.run(signal)));
    },
    async whenSettled(signal) {
      await Promise.all(caches.map((cache) => cache.whenSettled(signal)));
    },
  };
}

function backendKeys(route: HttpRoute): readonly string[] {
  const own = route.metadata.namespace ?? '';
  const refs = (route.spec.rules ?? []).flatMap(backendsOf);
  return [...new Set(refs.map((ref) => `${ref.namespace ?? own}/${ref.name}`))];
}

type Stores = Pick<World, 'gateways' | 'classes' | 'grants' | 'services' | 'namespaces'>;

function surroundings({ gateways, classes, grants, services, namespaces }: Stores): Surroundings {
  return {
    gateway(namespace, name) {
      const gateway = gateways.get(namespace, name);
      const ours = gateway && classes.get('', gateway.spec.gatewayClassName)?.spec.controllerName === controllerName;
      return ours === true ? gateway : undefined;
    },
    namespace: (name) => namespaces.get('', name),
    service: (namespace, name) => services.get(namespace, name),
    grants: (namespace) => grants.list(namespace),
  };
}
