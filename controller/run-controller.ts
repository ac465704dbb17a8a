/** Composition root of process 1: connects, starts caches and servers, leads, and runs the rooms while it leads. */

import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { argoDialect, type Dialect, tidegateDialect } from '../crds/schema/dialect.ts';
import { keys as keysOf } from '../crds/schema/keys.ts';
import { repositoryKey } from '../crds/schema/repository-key.ts';
import type { Clock, Leadership, Log } from '../kube/api.ts';
import { kubeClient } from '../kube/client.ts';
import { scaledClock, systemClock } from '../kube/clock.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { type Discovery, discovery } from '../kube/discovery.ts';
import { eventRecorder } from '../kube/events.ts';
import { runForLeader } from '../kube/lease.ts';
import { type ApiTransport, transport } from '../kube/transport.ts';
import { apiAddresses } from './api-addresses.ts';
import { type Caches, startableCaches } from './caches.ts';
import type { ControllerConfig } from './config.ts';
import { leaderLeases, leaseDurations } from './leases.ts';
import { controllerLog } from './log.ts';
import { type Room, runRooms } from './rooms.ts';
import { roomsOf } from './rooms-of.ts';
import { controllerMetrics, type Metrics } from './server/metrics.ts';
import { startServers } from './server/servers.ts';
import { connectSource, type SourceConnection } from './source-connection.ts';
import { version } from './version.ts';

interface Controller {
  readonly config: ControllerConfig;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wire: ApiTransport;
  readonly found: Discovery;
  readonly caches: Caches;
  readonly source: SourceConnection;
  /** Set while this process leads; without leadership no write leaves, without rooms nobody takes hints. */
  readonly led: { leadership: Leadership | undefined; rooms: readonly Room[] };
}

/** Resolves to the exit code: 0 after a clean stop, 1 when the lease was lost (start anew). Rejects when it can't start. */
export async function runController(config: ControllerConfig, signal: AbortSignal): Promise<number> {
  const running = new AbortController();
  signal.addEventListener('abort', () => running.abort(), { once: true });
  if (signal.aborted) running.abort();
  const controller = await connect(config, running.signal);
  const { caches, led, log, metrics, source, wire } = controller;
  const closeServers = await startServers(config, {
    metrics,
    unsynced: () => caches.unsynced(),
    leading: () => led.leadership?.mayWrite() ?? false,
    hint: (hint) => {
      const { branch } = hint;
      log.debug('hint taken', { repository: repositoryKey(hint.repository), branch, leading: led.rooms.length > 0 });
      for (const room of led.rooms) room.hint?.(hint);
    },
  });
  const feeding = caches.run(running.signal);
  try {
    return await leadOrStandBy(controller, running.signal);
  } finally {
    running.abort();
    await Promise.all([feeding, source.ended, closeServers()]);
    wire.close();
    log.info('stopped');
  }
}

async function connect(given: ControllerConfig, signal: AbortSignal): Promise<Controller> {
  const clock = given.clockRate === 1 ? systemClock : scaledClock({ from: given.clockFrom, rate: given.clockRate });
  const log = controllerLog(given.logLevel, 'controller');
  const metrics = controllerMetrics(version);
  const dialect = given.apiGroup === 'argoproj.io' ? argoDialect : tidegateDialect;
  const connection = await loadKubeConfig({
    ...(given.kubeconfig === undefined ? {} : { path: given.kubeconfig }),
    ...(given.context === undefined ? {} : { context: given.context }),
  });
  const led: Controller['led'] = { leadership: undefined, rooms: [] };
  const wire = transport({
    connection,
    userAgent: `tidegate-controller/${version}`,
    gate: () => led.leadership,
    onRequest: (call) => metrics.apiCall(call),
  });
  const ofServer = await apiAddresses({ server: connection.server, transport: wire, log });
  const config = { ...given, refuseAddress: [...new Set([...given.refuseAddress, ...ofServer])] };
  const found = discovery(wire, { clock });
  const { namespaces } = config;
  const caches = startableCaches({ transport: wire, discovery: found, dialect, namespaces, clock, log });
  const source = connectSource({ config, clock, log, signal });
  return { config, dialect, clock, log, metrics, wire, found, caches, source, led };
}

async function leadOrStandBy(controller: Controller, signal: AbortSignal): Promise<number> {
  const { config, clock, log, wire } = controller;
  const run = (mine: Leadership): Promise<void> => lead(controller, mine, signal);
  if (!config.leaderElect) {
    await run({ term: randomUUID(), signal, mayWrite: () => true });
    return 0;
  }
  const end = await runForLeader(
    {
      transport: wire,
      leases: leaderLeases(config),
      identity: `${hostname()}_${randomUUID()}`,
      clock,
      log,
      durations: leaseDurations(config.leaseDurationMs),
    },
    run,
    signal,
  );
  if (end === 'released') return 0;
  log.error('the lease was lost: ending, so that only one controller acts');
  return 1;
}

/** Until the process or its leadership ends. */
async function lead(controller: Controller, mine: Leadership, signal: AbortSignal): Promise<void> {
  const { config, dialect, clock, log, metrics, wire, found, caches, source, led } = controller;
  const either = AbortSignal.any([signal, mine.signal]);
  led.leadership = mine;
  metrics.leading(true);
  log.info('leading', { term: mine.term });
  const events = eventRecorder({
    transport: wire,
    clock,
    reportingController: 'tidegate.io/controller',
    reportingInstance: hostname(),
  });
  const recording = events.run(either);
  await caches.whenSettled(either);
  const rooms = roomsOf({
    config,
    dialect,
    keys: keysOf(dialect),
    clock,
    caches,
    client: kubeClient(wire, found),
    source: source.client,
    events,
    leadership: mine,
    metrics,
    randomBytes: (size) => randomBytes(size),
  });
  led.rooms = rooms;
  await runRooms({ rooms, workers: config.workers, clock, log, metrics }, either);
  await recording;
  led.leadership = undefined;
  led.rooms = [];
  metrics.leading(false);
}
