/** What a controller does with what it was given: it stands by or leads, and while it leads it runs the rooms. */

import type { MetricProvider } from '../analysis/provider.ts';
import type { Dialect } from '../crds/schema/dialect.ts';
import { keys as keysOf } from '../crds/schema/keys.ts';
import type { Clock, Leadership, Log, Transport } from '../kube/api.ts';
import { kubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { eventRecorder } from '../kube/events.ts';
import { runForLeader } from '../kube/lease.ts';
import { podLogReader } from '../kube/pod-log.ts';
import type { AwsAccess } from '../outbound/aws/access.ts';
import type { Outbound } from '../outbound/outcome.ts';
import type { Source } from '../source/contract.ts';
import type { Caches } from './caches.ts';
import type { Chance } from './chance.ts';
import type { ControllerConfig } from './config.ts';
import { leaderLeases, leaseDurations } from './leases.ts';
import { type Room, runRooms } from './rooms.ts';
import { roomsOf } from './rooms-of.ts';
import type { Metrics } from './server/metrics.ts';
import type { StepPlugins } from './step-plugins.ts';

/** Everything that leads out of the process, or is by chance, stands here: nothing else is read from the world. */
export interface ControllerParts {
  readonly config: ControllerConfig;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly chance: Chance;
  /** A log per room or part of the process. */
  readonly log: (room: string) => Log;
  readonly metrics: Metrics;
  /** Its write gate asks `led`. */
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly caches: Caches;
  readonly source: Source;
  readonly outbound: Outbound;
  /** What the operator says of step plugins, and the client for their addresses. */
  readonly stepPlugins: { readonly known: StepPlugins; readonly outbound: Outbound };
  readonly providers: readonly MetricProvider[];
  /** Absent: nothing is asked of AWS. */
  readonly aws?: AwsAccess;
  /** Name of the pod or machine, for people. */
  readonly host: string;
  readonly led: Led;
}

/** Set while this process leads; without leadership no write leaves, without rooms nobody takes hints. */
export interface Led {
  leadership: Leadership | undefined;
  rooms: readonly Room[];
}

/** Until the signal aborts or the lease is lost. Resolves to the exit code: 0 after a clean stop, 1 when it was lost. */
export async function leadOrStandBy(parts: ControllerParts, signal: AbortSignal): Promise<number> {
  const { chance, config, clock, host, transport } = parts;
  const log = parts.log('controller');
  const run = (mine: Leadership): Promise<void> => lead(parts, mine, signal);
  if (!config.leaderElect) {
    await run({ term: chance.id(), signal, mayWrite: () => true });
    return 0;
  }
  const end = await runForLeader(
    {
      transport,
      leases: leaderLeases(config),
      identity: `${host}_${chance.id()}`,
      clock,
      log,
      durations: leaseDurations(config.leaseDurationMs),
      random: () => chance.number(),
      newTerm: () => chance.id(),
    },
    run,
    signal,
  );
  if (end === 'released') return 0;
  log.error('the lease was lost: ending, so that only one controller acts');
  return 1;
}

/** Until the process or its leadership ends. */
async function lead(parts: ControllerParts, mine: Leadership, signal: AbortSignal): Promise<void> {
  const { config, dialect, clock, chance, metrics, transport, discovery, caches, led } = parts;
  const log = parts.log('controller');
  const either = AbortSignal.any([signal, mine.signal]);
  led.leadership = mine;
  metrics.leading(true);
  log.info('leading', { term: mine.term });
  const events = eventRecorder({
    transport,
    clock,
    reportingController: 'tidegate.io/controller',
    reportingInstance: parts.host,
  });
  const recording = events.run(either);
  await caches.whenSettled(either);
  const rooms = roomsOf({
    ...parts,
    keys: keysOf(dialect),
    client: kubeClient(transport, discovery),
    podLog: podLogReader(transport),
    events,
    leadership: mine,
  });
  led.rooms = rooms;
  await runRooms({ rooms, workers: config.workers, clock, log, metrics, random: () => chance.number() }, either);
  await recording;
  led.leadership = undefined;
  led.rooms = [];
  metrics.leading(false);
}
