/** Everything that runs during a demo: the simulated cluster, the repository, the controller, the users, and the notes taken. */

import { join } from 'node:path';
import type { Clock } from '../../../kube/api.ts';
import type { RunningChild } from '../cluster/child.ts';
import { hasSourceSocket, startController } from '../cluster/controller.ts';
import { administrator, writeControllerKubeconfig } from '../cluster/install.ts';
import { gitSync, installedObjects } from '../cluster/shop-objects.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { branch, createRepository, type DemoRepository } from '../git/demo-repository.ts';
import type { DemoOptions } from '../options.ts';
import { firstSubject, firstVersion } from '../scenarios.ts';
import { shopFiles } from '../shop-files.ts';
import { canaryWeight, isFailedAnalysis, isPromoteCommand } from './commit-watch.ts';
import { type CounterSample, counterSample, type WeightChange } from './gateway-counters.ts';
import { seededRandom } from './random.ts';
import { realMs, realSleep } from './real-time.ts';
import { startUsers, type Users } from './users.ts';

export interface World {
  readonly options: DemoOptions;
  readonly cluster: SimulatedCluster;
  readonly repository: DemoRepository;
  readonly controller: RunningChild;
  readonly users: Users;
  readonly notes: Notes;
  /** The commit that the branch is at now; noted when it is a new one. */
  head(): Promise<string>;
  /** Simulated time of a moment of real time. */
  readonly timeOf: (atMs: number) => number;
  /** Ends everything that was started here. Never rejects. */
  stop(): Promise<void>;
}

/** Moments are in real time. */
export interface Notes {
  readonly samples: CounterSample[];
  readonly weights: WeightChange[];
  readonly failedAnalyses: number[];
  /** When somebody told the shop to go on. */
  readonly promoteCommands: number[];
  /** Commits that the branch came to be at. */
  readonly heads: { readonly atMs: number; readonly commit: string }[];
}

const sampleEveryMs = 20;
const keptSamples = 30_000;
/** More would only keep the machine busy. */
const mostRequestsPerRealSecond = 120;
const requestsPerSecond = 20;
const longestPollRealMs = 700;
const longestStartMs = 20_000;
const ticksPerHead = 3;

/** A repository with the first release in it. */
export async function firstRepository(
  folder: string,
  clock: Pick<Clock, 'now'>,
  speed: number,
): Promise<DemoRepository> {
  const repository = await createRepository(folder, clock);
  await repository.push(shopFiles({ version: firstVersion, errorPct: 0, hasGate: false }, speed), firstSubject);
  return repository;
}

/** Cluster and repository are already there, and are the caller's to stop and to remove. */
export async function startWorld(
  options: DemoOptions,
  cluster: SimulatedCluster,
  repository: DemoRepository,
  folder: string,
): Promise<World> {
  const { clock } = cluster;
  const notes: Notes = { samples: [], weights: [], failedAnalyses: [], promoteCommands: [], heads: [] };
  const unwatch = watch(cluster, repository, notes);
  const controller = await install(cluster, folder, repository, options.speed);
  const users = startUsers({
    url: cluster.gatewayUrl,
    clock,
    random: seededRandom(options.seed),
    perSecond: Math.min(requestsPerSecond, mostRequestsPerRealSecond / options.speed),
  });
  return {
    options,
    cluster,
    repository,
    controller,
    users,
    notes,
    head: () => noteHead(repository, notes),
    timeOf: (atMs) => Math.round(clock.now() - (realMs() - atMs) * cluster.rate),
    async stop() {
      unwatch();
      users.stop();
      await controller.stop();
    },
  };
}

async function install(
  cluster: SimulatedCluster,
  folder: string,
  repository: DemoRepository,
  speed: number,
): Promise<RunningChild> {
  const admin = await administrator(cluster.kubeconfigPath);
  try {
    await admin.apply(installedObjects());
    const kubeconfigPath = join(folder, 'controller.kubeconfig');
    await writeControllerKubeconfig(kubeconfigPath, cluster, await admin.controllerToken());
    const controller = startController(cluster, kubeconfigPath, folder);
    await whenServing(controller);
    const intervalSeconds = Math.max(1, Math.round((longestPollRealMs * speed) / 1000));
    await admin.apply([gitSync(repository.url, branch, intervalSeconds)]);
    return controller;
  } finally {
    admin.close();
  }
}

/** A GitSync that finds no source process would wait for its next turn. */
async function whenServing(controller: RunningChild): Promise<void> {
  const endMs = realMs() + longestStartMs;
  while (controller.endedBy() === undefined && realMs() < endMs && !hasSourceSocket(controller)) await realSleep(20);
}

function watch({ api, gateway }: SimulatedCluster, repository: DemoRepository, notes: Notes): () => void {
  const unlisten = api.onCommit((commit) => {
    const canaryPct = canaryWeight(commit);
    if (canaryPct !== undefined) notes.weights.push({ atMs: realMs(), canaryPct });
    if (isFailedAnalysis(commit)) notes.failedAnalyses.push(realMs());
    if (isPromoteCommand(commit)) notes.promoteCommands.push(realMs());
  });
  let tick = 0;
  const timer = setInterval(() => {
    tick += 1;
    notes.samples.push(counterSample(realMs(), gateway.counts()));
    if (notes.samples.length > 2 * keptSamples) notes.samples.splice(0, keptSamples);
    // Not to be read just now, or removed at the end: a later tick looks again.
    if (tick % ticksPerHead === 0) noteHead(repository, notes).catch(() => undefined);
  }, sampleEveryMs);
  return () => {
    unlisten();
    clearInterval(timer);
  };
}

async function noteHead(repository: DemoRepository, notes: Notes): Promise<string> {
  const atMs = realMs();
  const commit = await repository.head();
  if (!notes.heads.some((one) => one.commit === commit)) notes.heads.push({ atMs, commit });
  return commit;
}
