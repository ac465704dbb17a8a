/**
 * Writes the status of routes, Gateways and the GatewayClass a little after a change was seen, as a router does that first
 * obeys and then reports. No sockets: only an API transport and a clock, so it runs under virtual time too.
 */

import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectKey } from '../../kube/api.ts';
import { describeKey, keyOf } from '../../kube/ref.ts';
import { sentenceOf } from '../../kube/client.ts';
import { classConditions, controllerName, gatewayStatus, routeParents } from './route-status.ts';
import { byBackend, gatewayWorld, type World, type WorldOptions } from './world.ts';

export interface RouterStatusOptions extends WorldOptions {
  /** From the moment a change is seen to the report; milliseconds of the clock, default 100. */
  readonly reportDelayMs?: number;
}

export interface RouterStatus {
  /** Resolves when nothing is written any more. */
  stop(): Promise<void>;
}

export const defaultReportDelayMs = 100;
const retryDelayMs = 500;

/**
 * Reports for every Gateway whose class names `controllerName` of route-status.ts. Resolves when the first lists are in;
 * what they hold is reported like any change.
 */
export async function startRouterStatus(options: RouterStatusOptions): Promise<RouterStatus> {
  const stop = new AbortController();
  const world = gatewayWorld(options);
  const reports = reportStatus(world, options.reportDelayMs ?? defaultReportDelayMs, stop.signal);
  const running = world.run(stop.signal);
  await world.whenSettled(stop.signal);
  return {
    async stop() {
      stop.abort();
      await Promise.all([running, reports.ended()]);
    },
  };
}

export interface Reports {
  /** Resolves when no write is under way (after the signal has aborted). */
  ended(): Promise<void>;
}

/** Keeps the status of what is in the caches up to date until the signal aborts. */
export function reportStatus(world: World, delayMs: number, signal: AbortSignal): Reports {
  const due = new Map<string, Promise<void>>();
  const report = (object: KubeObject, afterMs = delayMs): void => {
    const key = keyOf(object);
    const name = describeKey(key);
    if (due.has(name) || signal.aborted) return;
    const write = async (): Promise<void> => {
      await world.clock.sleep(afterMs, signal);
      due.delete(name);
      if (signal.aborted) return;
      const outcome = await writeStatus(world, key, signal);
      if (outcome !== 'done') report(object, outcome === 'stale' ? delayMs : retryDelayMs);
    };
    due.set(name, tracked(write()));
  };
  const under = new Set<Promise<void>>();
  const tracked = (work: Promise<void>): Promise<void> => {
    under.add(work);
    return work.finally(() => under.delete(work));
  };
  follow(world, report);
  return {
    async ended() {
      await Promise.all(under);
    },
  };
}

/** Which reports a change makes due. */
function follow(world: World, report: (object: KubeObject) => void): void {
  const { routes, gateways, classes, services, grants, namespaces } = world;
  const all = (objects: readonly KubeObject[]): void => {
    for (const object of objects) report(object);
  };
  routes.onChange(({ kind, object }) => {
    if (kind !== 'deleted') report(object);
    all(gateways.list());
  });
  services.onChange(({ object }) => {
    all(routes.byIndex(byBackend, `${object.metadata.namespace ?? ''}/${object.metadata.name}`));
  });
  gateways.onChange(({ kind, object }) => {
    if (kind !== 'deleted') report(object);
    all(routes.list());
  });
  classes.onChange(({ kind, object }) => {
    if (kind !== 'deleted') report(object);
    all([...gateways.list(), ...routes.list()]);
  });
  grants.onChange(() => all(routes.list()));
  namespaces.onChange(({ object }) => all(routes.list(object.metadata.name)));
}

/** `stale`: the object has changed meanwhile. Nothing is written when it says it already, or is not ours. */
async function writeStatus(world: World, key: ObjectKey, signal: AbortSignal): Promise<'done' | 'stale' | 'failed'> {
  const wanted = wantedStatus(world, key);
  if (wanted === undefined) return 'done';
  const { object, status } = wanted;
  const before = 'status' in object ? (object.status as Readonly<Record<string, unknown>>) : {};
  if (Object.entries(status).every(([field, value]) => isDeepStrictEqual(before[field], value))) return 'done';
  const { resourceVersion, uid } = object.metadata;
  const result = await world.client.merge(
    key,
    { status },
    {
      subresource: 'status',
      fieldManager: 'tidegate-sandbox-gateway',
      signal,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  );
  if (result.kind === 'ok' || result.kind === 'not-found' || signal.aborted) return 'done';
  if (result.kind === 'conflict') return 'stale';
  world.log.warn('a status could not be written', { object: describeKey(key), why: sentenceOf(result) });
  return 'failed';
}

interface Wanted {
  readonly object: KubeObject;
  readonly status: object;
}

function wantedStatus(world: World, key: ObjectKey): Wanted | undefined {
  const { routes, classes, around } = world;
  const now = new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  switch (key.kind) {
    case 'HTTPRoute': {
      const route = routes.get(key.namespace, key.name);
      if (route === undefined) return undefined;
      const parents = routeParents(route, around, now);
      // A route without any parent of ours has no status of ours, not even an empty one.
      return parents.length === 0 && route.status === undefined ? undefined : { object: route, status: { parents } };
    }
    case 'Gateway': {
      const gateway = around.gateway(key.namespace, key.name);
      return gateway && { object: gateway, status: gatewayStatus(gateway, routes.list(), around, now) };
    }
    default: {
      const one = classes.get('', key.name);
      const ours = one?.spec.controllerName === controllerName;
      return one && ours ? { object: one, status: { conditions: classConditions(one, now) } } : undefined;
    }
  }
}
