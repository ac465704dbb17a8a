/**
 * Writes the status of routes, Gateways and the GatewayClass a little after a change was seen, as a router does that first
 * obeys and then reports. No sockets: only an API transport and a clock, so it runs under virtual time too.
 */

import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectKey, StoreChange } from '../../kube/api.ts';
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

/** A change is reported so long after it was seen; one that keeps changing is reported after ten times as long. */
const longestDelay = 10;

/** Keeps the status of what is in the caches up to date until the signal aborts. */
export function reportStatus(world: World, delayMs: number, signal: AbortSignal): Reports {
  const { clock } = world;
  const underWay = new Set<Promise<void>>();
  /** When what is waiting to be reported has last changed, by the name of its object. */
  const waiting = new Map<string, number>();

  const write = async (key: ObjectKey, name: string, firstWaitMs: number): Promise<void> => {
    const givenUpMs = clock.monotonicMs() + longestDelay * delayMs;
    await clock.sleep(firstWaitMs, signal);
    for (;;) {
      const dueMs = Math.min(givenUpMs, (waiting.get(name) ?? 0) + delayMs);
      if (signal.aborted || clock.monotonicMs() >= dueMs) break;
      await clock.sleep(dueMs - clock.monotonicMs(), signal);
    }
    waiting.delete(name);
    if (signal.aborted) return;
    const outcome = await writeStatus(world, key, signal);
    if (outcome !== 'done') start(key, outcome === 'stale' ? delayMs : retryDelayMs);
  };
  const start = (key: ObjectKey, firstWaitMs: number): void => {
    const name = describeKey(key);
    if (waiting.has(name) || signal.aborted) return;
    waiting.set(name, clock.monotonicMs());
    const work = write(key, name, firstWaitMs);
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  follow(world, (object, news) => {
    const key = keyOf(object);
    start(key, delayMs);
    if (news) waiting.set(describeKey(key), clock.monotonicMs());
  });
  return {
    async ended() {
      await Promise.all(underWay);
    },
  };
}

/** Which reports a change makes due. `news`: not only a status was written. */
function follow(world: World, report: (object: KubeObject, news: boolean) => void): void {
  const { routes, gateways, classes, services, grants, namespaces } = world;
  const all = (objects: readonly KubeObject[]): void => {
    for (const object of objects) report(object, true);
  };
  routes.onChange((change) => {
    if (change.kind !== 'deleted') report(change.object, isNews(change));
    if (isNews(change)) all(gateways.list());
  });
  services.onChange(({ object }) => {
    all(routes.byIndex(byBackend, `${object.metadata.namespace ?? ''}/${object.metadata.name}`));
  });
  gateways.onChange((change) => {
    if (change.kind !== 'deleted') report(change.object, isNews(change));
    if (isNews(change)) all(routes.list());
  });
  classes.onChange((change) => {
    if (change.kind !== 'deleted') report(change.object, isNews(change));
    if (isNews(change)) all([...gateways.list(), ...routes.list()]);
  });
  grants.onChange(() => all(routes.list()));
  namespaces.onChange(({ object }) => all(routes.list(object.metadata.name)));
}

/** The generation stays when only metadata or the status was written. */
function isNews({ kind, object, old }: StoreChange<KubeObject>): boolean {
  return kind !== 'updated' || object.metadata.generation !== old?.metadata.generation;
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
