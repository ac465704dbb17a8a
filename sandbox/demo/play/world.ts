/** Everything that runs during a demo: the simulated cluster, the repository, the controller, the users, and the notes taken. */

import { join } from 'node:path';
import type { RunningChild } from '../cluster/child.ts';
import { startController } from '../cluster/controller.ts';
import { administrator, writeControllerKubeconfig } from '../cluster/install.ts';
import { gitSync, installedObjects } from '../cluster/shop-objects.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { branch, createRepository, type DemoRepository } from '../git/demo-repository.ts';
import type { DemoOptions } from '../options.ts';
import { firstSubject, firstVersion } from '../scenarios.ts';
import { shopFiles } from '../shop-files.ts';
import { canaryWeight, isFailedAnalysis } from './commit-watch.ts';
import { type CounterSample, counterSample, type WeightChange } from './gateway-counters.ts';
import { seededRandom } from './random.ts';
import { realMs } from './real-time.ts';
import { startUsers, type Users } from './users.ts';

export interface World {
  readonly options: DemoOptions;
  readonly cluster: SimulatedCluster;
  readonly repository: DemoRepository;
  readonly controller: RunningChild;
  readonly users: Users;
  readonly notes: Notes;
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
  /** Commits that the branch came to be at. */
  readonly heads: { readonly atMs: number; readonly commit: string }[];
}

const sampleEveryMs = 20;
const keptSamples = 30_000;
/** More would only keep the machine busy. */
const mostRequestsPerRealSecond = 120;
const requestsPerSecond = 20;
const longestPollRealMs = 700;

/** The cluster is already there, and is the caller's to stop. */
export async function startWorld(options: DemoOptions, cluster: SimulatedCluster, folder: string): Promise<World> {
  const { clock } = cluster;
  const notes: Notes = { samples: [], weights: [], failedAnalyses: [], heads: [] };
  const repository = await createRepository(folder);
  await repository.push(shopFiles({ version: firstVersion, errorPct: 0, hasGate: false }), firstSubject);
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
    // Seen by the controller as soon as it leads.
    const intervalSeconds = Math.max(1, Math.round((longestPollRealMs * speed) / 1000));
    await admin.apply([gitSync(repository.url, branch, intervalSeconds)]);
    return controller;
  } finally {
    admin.close();
  }
}

function watch({ api, gateway }: SimulatedCluster, repository: DemoRepository, notes: Notes): () => void {
  const unlisten = api.onCommit((commit) => {
    const canaryPct = canaryWeight(commit);
    if (canaryPct !== undefined) notes.weights.push({ atMs: realMs(), canaryPct });
    if (isFailedAnalysis(commit)) notes.failedAnalyses.push(realMs());
  });
  const timer = setInterval(() => {
    notes.samples.push(counterSample(realMs(), gateway.counts()));
    if (notes.samples.length > 2 * keptSamples) notes.samples.splice(0, keptSamples);
    void noteHead(repository, notes);
  }, sampleEveryMs);
  return () => {
    unlisten();
    clearInterval(timer);
  };
}

async function noteHead(repository: DemoRepository, notes: Notes): Promise<void> {
  const atMs = realMs();
  const commit = await repository.head().catch(() => undefined);
  // Not to be read just now, or removed at the end: the next tick looks again.
  if (commit === undefined) return;
  if (notes.heads.at(-1)?.commit !== commit) notes.heads.push({ atMs, commit });
}
