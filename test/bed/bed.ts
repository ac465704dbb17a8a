/**
 * The whole bed of a test in one call: the named parts, started side by side, and ended together.
 *
 *   const parts = ['cluster', 'gateway', 'prometheus', 'git'] as const;
 *   const missing = bedMissing(parts);                                  // why this machine can't, for describe.skipIf
 *   const bed = await startBed({ with: parts, cluster: { audit: 'Metadata' } });
 *   bed.cluster.kubeconfigPath; bed.gateway.url; bed.prometheus.url; bed.git.url('shop');
 *   await bed.stop();
 */
import { type Cluster, type ClusterOptions, clusterMissing, startCluster } from './cluster.ts';
import { type Gateway, gatewayMissing, startGateway } from './gateway.ts';
import { type GitServer, type GitServerOptions, gitServerMissing, startGitServer } from './git-server.ts';
import { networkMissing } from './network.ts';
import { claimPodRange, type PodRange } from './pod-range.ts';
import { type Pods, type PodsOptions, podsMissing, startPods } from './pods.ts';
import { type Prometheus, prometheusMissing, startPrometheus } from './prometheus.ts';
import { type SshServer, sshServerMissing, startSshServer } from './ssh-server.ts';

export interface BedParts {
  cluster: Cluster;
  /** Pod addresses of this bed's own. */
  podRange: PodRange;
  /** The node that runs the pods, on addresses of `podRange` inside the network namespace. */
  pods: Pods;
  gateway: Gateway;
  /** Scrapes the annotated pods of the cluster and the gateway, when the bed has them. */
  prometheus: Prometheus;
  git: GitServer;
  ssh: SshServer;
}
export type PartName = keyof BedParts;

export interface BedOptions<K extends PartName> {
  /** The parts; those that another part stands on are added. */
  with: readonly K[];
  cluster?: ClusterOptions;
  pods?: Omit<PodsOptions, 'podCidr'>;
  git?: GitServerOptions;
}

/** The parts that were asked for, and how to end them. */
export type Bed<K extends PartName> = Pick<BedParts, K> & {
  /** Seconds each part took to start. */
  readonly seconds: Readonly<Partial<Record<PartName, number>>>;
  stop(): Promise<void>;
};

const missingOf: Readonly<Record<PartName, () => string | undefined>> = {
  cluster: clusterMissing,
  podRange: networkMissing,
  pods: podsMissing,
  gateway: gatewayMissing,
  prometheus: prometheusMissing,
  git: gitServerMissing,
  ssh: sshServerMissing,
};

/** Why these parts can't all be started here, as a reason to skip; undefined when they can. */
export function bedMissing(parts: readonly PartName[]): string | undefined {
  for (const part of parts) {
    const why = missingOf[part]();
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Starts the parts in parallel as far as they don't stand on each other. When one fails, the others are ended. */
export async function startBed<K extends PartName>(options: BedOptions<K>): Promise<Bed<K>> {
  const wanted: ReadonlySet<PartName> = new Set(options.with);
  const starters = startersOf(wanted, options);
  const started: Partial<BedParts> = {};
  const seconds: Partial<Record<PartName, number>> = {};
  const stop = async (): Promise<void> => {
    // What uses another part ends before it.
    await Promise.all([started.pods?.stop(), started.gateway?.stop(), started.prometheus?.stop(), started.ssh?.stop()]);
    await Promise.all([started.cluster?.stop(), started.git?.stop(), started.podRange?.release()]);
  };
  const startedAt = performance.now();
  const timed = async <P extends PartName>(part: P): Promise<void> => {
    const value = await starters[part]?.();
    if (value === undefined) return;
    Object.assign(started, { [part]: value });
    seconds[part] = (performance.now() - startedAt) / 1000;
  };
  const results = await Promise.allSettled((Object.keys(missingOf) as PartName[]).map(timed));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return Object.assign(started as Pick<BedParts, K>, { seconds, stop });
}

type Starters = { [P in PartName]?: () => Promise<BedParts[P]> };

/** Each part once, however many others wait for it. */
function startersOf(wanted: ReadonlySet<PartName>, options: BedOptions<PartName>): Starters {
  const starters: Starters = {};
  const needsCluster = wanted.has('cluster') || wanted.has('gateway') || wanted.has('pods');
  const cluster = once(() => startCluster(options.cluster));
  const git = once(() => startGitServer(options.git));
  const gateway = once(async () => startGateway(await cluster()));
  if (needsCluster) starters.cluster = cluster;
  const ownAddresses = wanted.has('podRange') || (wanted.has('pods') && networkMissing() === undefined);
  const podRange = once(claimPodRange);
  if (ownAddresses) starters.podRange = podRange;
  if (wanted.has('pods')) {
    starters.pods = async () => {
      const range = ownAddresses ? { podCidr: (await podRange()).cidr } : {};
      return startPods(await cluster(), { ...options.pods, ...range });
    };
  }
  if (wanted.has('gateway')) starters.gateway = gateway;
  if (wanted.has('git') || wanted.has('ssh')) starters.git = git;
  if (wanted.has('ssh')) starters.ssh = async () => startSshServer((await git()).root);
  if (wanted.has('prometheus')) {
    starters.prometheus = async () => {
      const pods = needsCluster ? { pods: await cluster() } : {};
      const targets = wanted.has('gateway')
        ? [{ address: (await gateway()).metricsAddress, labels: { job: 'gateway' } }]
        : [];
      return startPrometheus({ ...pods, targets });
    };
  }
  return starters;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
