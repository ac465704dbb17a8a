/**
 * An embedded cluster: API server, workload controllers, kubelet, gateway and Prometheus in this process, on loopback. The
 * real controller, CLI and kubectl work against it; only the cluster is simulated.
 */

import { randomInt, randomUUID } from 'node:crypto';
import type { Clock, Log } from '../kube/api.ts';
import { silentLog } from '../kube/silent-log.ts';
import type { ApiTransport } from '../kube/transport.ts';
import { apiServer } from './api-server/api-server.ts';
import type { ApiServer } from './api-server/contract.ts';
import { serveHttps } from './api-server/https.ts';
import { createBaseObjects } from './base-objects.ts';
import { sandboxClock } from './clock.ts';
import { type Gateway, startGateway } from './gateway/gateway.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type Kubelet, kubeletAgent, startKubelet } from './kubelet/kubelet.ts';
import { memoryTransport } from './memory-transport.ts';
import { startMetrics } from './metrics/metrics.ts';
import { followPodTargets } from './scrape-targets.ts';
import { seededRandom } from './seeded-random.ts';
import { startWorkloads, workloadsAgent } from './workloads/workloads.ts';

export interface SandboxOptions {
  /** How many times as fast time runs; default 1. */
  readonly rate?: number;
  /** The moment (epoch ms) at which simulated and real time are the same; default now. */
  readonly clockFrom?: number;
  /** Names, addresses and choices come from it; default another one each time. */
  readonly seed?: number;
  /** Group of the first five kinds; default tidegate.io. */
  readonly apiGroup?: 'tidegate.io' | 'argoproj.io';
  /** Where the kubeconfig is written; default a temporary folder that `stop` removes. */
  readonly folder?: string;
  /** Virtual milliseconds between two scrapes; default 1000. */
  readonly scrapeIntervalMs?: number;
  /** Virtual, from a pod's binding to its start; see the kubelet. */
  readonly startDelayMs?: number;
  /** Virtual, how long a pod that ends still answers; default half a real second, 5 virtual ones at most. */
  readonly drainMs?: number;
  readonly log?: Log;
}

export interface Sandbox {
  readonly kubeconfigPath: string;
  /** https URL of the API server. */
  readonly server: string;
  readonly adminToken: string;
  /** The certificate to trust, PEM in base64. */
  readonly caData: string;
  readonly gatewayUrl: string;
  readonly prometheusUrl: string;
  readonly clock: Clock;
  /** What the controller is told, so that its wall time is this one: --clock-from and --clock-rate. */
  readonly clockFrom: number;
  readonly rate: number;
  readonly api: ApiServer;
  readonly kubelet: Kubelet;
  readonly gateway: Gateway;
  /** Ends everything and leaves nothing behind. Repeated calls are ignored. */
  stop(): Promise<void>;
}

const gatewayAgent = 'tidegate-sandbox-gateway/1';
const sandboxAgent = 'tidegate-sandbox/1';
const nodeName = 'sandbox';

/** Resolves when everything answers. Rejects, leaving nothing behind, when a part cannot start. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const stops: (() => Promise<unknown>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= stopAll(stops);
    return stopping;
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The last that was started goes first; one that fails does not keep the others. */
async function stopAll(stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const one of stops.toReversed()) await one().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'the sandbox could not be stopped cleanly');
}

/** What all parts stand on. */
interface Ground {
  readonly options: SandboxOptions;
  readonly clock: Clock;
  readonly clockFrom: number;
  readonly rate: number;
  readonly log: Log;
  readonly api: ApiServer;
  /** Chance of its own for each part, so that none depends on how often another one asks. */
  readonly random: (part: string) => () => number;
  readonly transport: (userAgent: string) => ApiTransport;
  /** In the order of the calls' reverse. */
  readonly atStop: (end: () => Promise<unknown>) => void;
}

function makeGround(options: SandboxOptions, stops: (() => Promise<unknown>)[]): Ground {
  const { rate = 1, log = silentLog, clockFrom = Date.now() } = options;
  const clock = sandboxClock({ from: clockFrom, rate });
  const seed = options.seed ?? randomInt(2 ** 32);
  const random: Ground['random'] = (part) => seededRandom(seed, part);
  // Whoever knows the seed must not know the token.
  const api = apiServer({ clock, random: random('api-server'), adminToken: randomUUID() });
  const atStop: Ground['atStop'] = (end) => void stops.push(end);
  const transport: Ground['transport'] = (userAgent) => {
    const made = memoryTransport(api, { user: 'kubernetes-admin', userAgent });
    atStop(async () => made.close());
    return made;
  };
  return { options, clock, clockFrom, rate, log, api, random, transport, atStop };
}

async function startParts(options: SandboxOptions, stops: (() => Promise<unknown>)[]): Promise<Omit<Sandbox, 'stop'>> {
  const ground = makeGround(options, stops);
  const { api, clock, clockFrom, rate } = ground;
  await createBaseObjects(ground.transport(sandboxAgent), options.apiGroup ?? 'tidegate.io');
  const entrance = await openEntrance(ground);
  const kubelet = await startPods(ground);
  const { gateway, prometheusUrl } = await startTraffic(ground);
  return { ...entrance, gatewayUrl: gateway.url, prometheusUrl, clock, clockFrom, rate, api, kubelet, gateway };
}

type Entrance = Pick<Sandbox, 'kubeconfigPath' | 'server' | 'adminToken' | 'caData'>;

async function openEntrance({ api, options, atStop }: Ground): Promise<Entrance> {
  const https = await serveHttps(api);
  atStop(() => https.close());
  const { url: server, caData } = https;
  const { adminToken } = api;
  const kubeconfig = writeKubeconfig({ server, caData, token: adminToken }, options.folder);
  atStop(async () => kubeconfig.remove());
  return { kubeconfigPath: kubeconfig.path, server, adminToken, caData };
}

async function startPods({ options, clock, rate, log, random, transport, atStop }: Ground): Promise<Kubelet> {
  const controllers = { transport: transport(workloadsAgent), random: random('workloads'), events: true };
  const workloads = await startWorkloads({ ...controllers, clock, log });
  atStop(() => workloads.stop());
  const { startDelayMs } = options;
  // However fast time runs, the gateway needs as long as ever to hear that a pod ends.
  const drainMs = options.drainMs ?? Math.min(500 * rate, 5_000);
  const kubelet = await startKubelet({
    transport: transport(kubeletAgent),
    clock,
    log,
    nodeName,
    addresses: 'loopback',
    ...(startDelayMs === undefined ? {} : { startDelayMs }),
    drainMs,
  });
  atStop(() => kubelet.stop());
  return kubelet;
}

async function startTraffic({ options, clock, log, random, transport, atStop }: Ground) {
  const gateway = await startGateway({ transport: transport(gatewayAgent), random: random('gateway'), clock, log });
  atStop(() => gateway.stop());
  const pods = await followPodTargets({ transport: transport(sandboxAgent), random: random('targets'), clock, log });
  atStop(() => pods.stop());
  const ofGateway = { url: gateway.metricsUrl, labels: { job: 'gateway' } };
  const metrics = await startMetrics({
    clock,
    scrapeIntervalMs: options.scrapeIntervalMs ?? 1_000,
    targets: () => [...pods.targets(), ofGateway],
  });
  atStop(() => metrics.stop());
  return { gateway, prometheusUrl: metrics.url };
}
