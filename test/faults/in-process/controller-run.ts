/** One controller process of a run: the product's own parts, with virtual time, chance by seed and ways out that the plan can cut. */

import type { ApiRequest, Log } from '../../../kube/api.ts';
import { discovery } from '../../../kube/discovery.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import { startableCaches } from '../../../controller/caches.ts';
import { ControllerConfig } from '../../../controller/config.ts';
import { leadOrStandBy, type Led } from '../../../controller/lead.ts';
import { metricProviders } from '../../../controller/metric-providers.ts';
import type { Metrics } from '../../../controller/server/metrics.ts';
import { version } from '../../../controller/version.ts';
import type { ApiServer } from '../../../sandbox/api-server/contract.ts';
import { memoryTransport } from '../../../sandbox/memory-transport.ts';
import type { Roles } from '../plan/roles.ts';
import type { ClusterState } from './cluster-state.ts';
import type { MemoryGit } from './memory-git.ts';
import { metricsAnswers } from './metrics-answers.ts';
import { processLife, type ProcessLife } from './process-life.ts';
import { type Random, seededChance } from './seeded.ts';
import { shakySource } from './shaky-source.ts';
import { shakyTransport } from './shaky-transport.ts';
import type { Trouble } from './trouble.ts';
import { views } from './views.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface ControllerRunParts {
  readonly time: VirtualClock;
  readonly api: ApiServer;
  readonly state: ClusterState;
  readonly git: MemoryGit;
  readonly trouble: Trouble;
  readonly roles: Roles;
  readonly random: Random;
  readonly leaderElect: boolean;
  /** Which process of the run it is, counted from 1: the second and later ones say so in their user agent. */
  readonly nth: number;
  /** What comes from the API server is frozen: a write into a cache throws. */
  readonly frozen: boolean;
  readonly touch: (request: ApiRequest) => void;
  readonly seen: (request: ApiRequest, userAgent: string) => void;
  readonly log: (room: string) => Log;
  /** The process is dead: the plan struck, or it ended by itself. */
  readonly onEnd: (byItself: boolean) => void;
}

/** The second process of a run and later ones have a number in it. */
export function userAgentOf(nth: number): string {
  return `tidegate-controller/${version}${nth === 1 ? '' : ` #${nth}`}`;
}

const nothing = (): undefined => undefined;
/** Counts nothing: prom-client's default metrics would listen to the real process. */
const noMetrics: Metrics = {
  apiCall: nothing,
  reconciled: nothing,
  fact: nothing,
  effect: nothing,
  queueDepth: nothing,
  routeDrift: nothing,
  leading: nothing,
  text: () => Promise.resolve(''),
};

/** Starts a process with empty caches. */
export function runController(parts: ControllerRunParts): ProcessLife {
  const { time, api, random, trouble } = parts;
  const caller = { user: 'system:serviceaccount:tidegate:tidegate', userAgent: userAgentOf(parts.nth) };
  const inner = memoryTransport(api, caller);
  const stop = new AbortController();
  const life = processLife(time, (byItself) => {
    inner.close();
    parts.onEnd(byItself);
  });
  const { clock } = life;
  const led: Led = { leadership: undefined, rooms: [] };
  const transport = shakyTransport({
    ...parts,
    inner,
    afterwards: memoryTransport(api, caller),
    worldClock: parts.time.of({ alive: true }),
    life,
    gate: () => led.leadership,
    seen: (request) => parts.seen(request, caller.userAgent),
    views: views(() => time.elapsedMs()),
    latencyMs: () => 0.5 + random() * 4,
  });
  const config = ControllerConfig.parse({ leaderElect: parts.leaderElect, logLevel: 'silent', workers: 4 });
  const found = discovery(transport, { clock });
  const log = parts.log('controller');
  const caches = startableCaches({
    transport,
    discovery: found,
    dialect: tidegateDialect,
    namespaces: [],
    clock,
    log,
    random,
  });
  const outbound = metricsAnswers({ state: parts.state, life, trouble, latencyMs: () => 5 + random() * 20 });
  const exit = leadOrStandBy(
    {
      config,
      dialect: tidegateDialect,
      clock,
      chance: seededChance(random),
      log: parts.log,
      metrics: noMetrics,
      transport,
      discovery: found,
      caches,
      source: shakySource({ git: parts.git, life, trouble, latencyMs: () => 5 + random() * 40 }),
      outbound,
      stepPlugins: { known: new Map(), outbound },
      providers: metricProviders(config),
      host: 'run',
      led,
    },
    stop.signal,
  );
  void caches.run(stop.signal);
  void exit.then(() => life.end(true));
  return life;
}
