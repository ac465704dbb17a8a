/**
 * The controllers that a cluster has of its own, for one that is simulated: ReplicaSets, Deployments, Jobs, EndpointSlices,
 * garbage collection, namespaces, disruption budgets. Clients of the API server and nothing else; with a given clock and
 * chance they do the same again.
 */

import type { Clock, KubeObject, Log, Transport } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import { type BackgroundEvents, eventRecorder } from '../../kube/events.ts';
import { ownWrites } from '../../kube/own-writes.ts';
import { keyOf } from '../../kube/ref.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { allCaches, makeCaches } from './caches.ts';
import { deploymentController } from './deployment/controller.ts';
import { disruptionController } from './disruption/controller.ts';
import { endpointSliceController } from './endpoint-slice/controller.ts';
import { garbageCollector } from './garbage/controller.ts';
import { jobControllers } from './job/controller.ts';
import { namespaceController } from './namespaces.ts';
import { replicaSetController } from './replica-set/controller.ts';
import type { Room } from './room.ts';

export interface WorkloadOptions {
  /** Its user agent should be `workloadsAgent`. Left open at the end. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log?: Log;
  /** 0 to 1; default Math.random. */
  readonly random?: () => number;
  /** Also write Events, as `kubectl describe` shows them (their names are not repeatable); default false. */
  readonly events?: boolean;
}

export interface Workloads {
  stop(): Promise<void>;
}

export const workloadsAgent = 'tidegate-sandbox-workloads/1';

/** Resolves when everything has been listed once and the controllers work. Rejects when the API server cannot be used. */
export async function startWorkloads(options: WorkloadOptions): Promise<Workloads> {
  const stop = new AbortController();
  const events = eventsByController(options);
  const room = makeRoom(options, events);
  const garbage = garbageCollector(room);
  const loops = [
    replicaSetController(room),
    deploymentController(room),
    ...jobControllers(room),
    endpointSliceController(room),
    disruptionController(room),
    namespaceController(room, garbage),
  ];
  const caches = allCaches(room.caches);
  const running = caches.map((cache) => cache.run(stop.signal));
  running.push(...[...events.values()].map((one) => one.run(stop.signal)));
  try {
    await Promise.all([garbage.start(stop.signal), ...caches.map((cache) => cache.whenSettled(stop.signal))]);
  } catch (error) {
    stop.abort();
    await garbage.run(stop.signal);
    throw error;
  }
  running.push(...loops.map((loop) => loop.run(stop.signal)), garbage.run(stop.signal));
  return {
    async stop() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

function makeRoom(options: WorkloadOptions, events: ReadonlyMap<string, BackgroundEvents>): Room {
  const { transport, clock, log = silentLog, random = Math.random } = options;
  const found = discovery(transport, { clock });
  const client = kubeClient(transport, found);
  const base = { transport, discovery: found, client, clock, log, random };
  return {
    ...base,
    caches: makeCaches(base),
    writes: ownWrites(clock),
    tell: (regarding, type, reason, message) =>
      events.get(regarding.kind)?.record({ regarding: regardingOf(regarding), type, reason, message, at: clock.now() }),
  };
}

function regardingOf(object: KubeObject) {
  return { ...keyOf(object), uid: object.metadata.uid ?? '', apiVersion: object.apiVersion };
}

/** Each under the name that users know from a real cluster; none when Events are not wanted. */
function eventsByController({ events, transport, clock }: WorkloadOptions): ReadonlyMap<string, BackgroundEvents> {
  const kinds = events === true ? ['ReplicaSet', 'Deployment', 'Job'] : [];
  const recorderOf = (kind: string): BackgroundEvents => {
    const reportingController = `${kind.toLowerCase()}-controller`;
    return eventRecorder({ transport, clock, reportingController, reportingInstance: 'sandbox' });
  };
  return new Map(kinds.map((kind) => [kind, recorderOf(kind)]));
}
