/** Composition root of process 1: connects, starts caches and servers, leads, and runs the rooms while it leads. */

import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { argoDialect, tidegateDialect } from '../crds/schema/dialect.ts';
import { keys as keysOf } from '../crds/schema/keys.ts';
import type { Leadership } from '../kube/api.ts';
import { kubeClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { discovery } from '../kube/discovery.ts';
import { eventRecorder } from '../kube/events.ts';
import { runForLeader } from '../kube/lease.ts';
import { type ApiTransport, transport } from '../kube/transport.ts';
import { startableCaches } from './caches.ts';
import type { ControllerConfig } from './config.ts';
import { leaderLeases, leaseDurations } from './leases.ts';
import { controllerLog } from './log.ts';
import { runRooms } from './rooms.ts';
import { roomsOf } from './rooms-of.ts';
import { startServers } from './server/servers.ts';
import { controllerMetrics } from './server/metrics.ts';
import { connectSource } from './source-connection.ts';
import { version } from './version.ts';

/** Resolves to the exit code: 0 after a clean stop, 1 when the lease was lost (start anew). Rejects when it can't start. */
export async function runController(config: ControllerConfig, signal: AbortSignal): Promise<number> {
  const log = controllerLog(config.logLevel, 'controller');
  const metrics = controllerMetrics(version);
  const clock = systemClock;
  const dialect = config.apiGroup === 'argoproj.io' ? argoDialect : tidegateDialect;
  const connection = await loadKubeConfig({
    ...(config.kubeconfig === undefined ? {} : { path: config.kubeconfig }),
    ...(config.context === undefined ? {} : { context: config.context }),
  });
  let leadership: Leadership | undefined;
  const wire = transport({
    connection,
    userAgent: `tidegate-controller/${version}`,
    gate: () => leadership,
    onRequest: (call) => metrics.apiCall(call),
  });
  const found = discovery(wire, { clock });
  const caches = startableCaches({
    transport: wire,
    discovery: found,
    dialect,
    namespaces: config.namespaces,
    clock,
    log,
  });
  const running = new AbortController();
  signal.addEventListener('abort', () => running.abort(), { once: true });
  if (signal.aborted) running.abort();
  const feeding = caches.run(running.signal);
  const source = connectSource({ config, clock, log, metrics, signal: running.signal });
  const closeServers = await startServers(config, {
    metrics,
    unsynced: caches.unsynced,
    leading: () => leadership?.mayWrite() ?? false,
  });
  const events = eventRecorder({
    transport: wire,
    clock,
    reportingController: 'tidegate.io/controller',
    reportingInstance: hostname(),
  });

  const lead = async (mine: Leadership): Promise<void> => {
    leadership = mine;
    metrics.leading(true);
    log.info('leading', { term: mine.term });
    const either = AbortSignal.any([running.signal, mine.signal]);
    const recording = events.run(either);
    await caches.whenSettled(either);
    const rooms = roomsOf({
      config,
      dialect,
      keys: keysOf(dialect),
      clock,
      caches,
      source: source.client,
      events,
      leadership: mine,
      metrics,
      client: kubeClient(wire, found),
      server: connection.server,
      randomBytes: (size) => randomBytes(size),
    });
    await runRooms({ rooms, workers: config.workers, clock, log, metrics }, either);
    await recording;
    leadership = undefined;
    metrics.leading(false);
  };
  try {
    return await leadOrStandBy(config, wire, lead, running.signal);
  } finally {
    running.abort();
    await Promise.all([feeding, source.ended, closeServers()]);
    wire.close();
    log.info('stopped');
  }
}

async function leadOrStandBy(
  config: ControllerConfig,
  wire: ApiTransport,
  lead: (mine: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  if (!config.leaderElect) {
    await lead({ term: randomUUID(), signal, mayWrite: () => true });
    return 0;
  }
  const log = controllerLog(config.logLevel, 'leases');
  const end = await runForLeader(
    {
      transport: wire,
      leases: leaderLeases(config),
      identity: `${hostname()}_${randomUUID()}`,
      clock: systemClock,
      log,
      durations: leaseDurations(config.leaseDurationMs),
    },
    lead,
    signal,
  );
  if (end === 'released') return 0;
  log.error('the lease was lost: ending, so that only one controller acts');
  return 1;
}
