/** One look at the demo: the shop as the CLI reads it, traffic from the gateway, readings from Prometheus, the Git log. */

import { z } from 'zod';
import { SharedFlags } from '../../../cli/flags.ts';
import { CliError, exitCode } from '../../../cli/exit-code.ts';
import { readScene } from '../../../cli/read-scene.ts';
import { openSession, type Session } from '../../../cli/session.ts';
import type { Scene } from '../../../cli/view/scene.ts';
import { statusOf } from '../../../cli/view/scene.ts';
import { kubeClient } from '../../../kube/client.ts';
import { discovery } from '../../../kube/discovery.ts';
import { memoryTransport } from '../../memory-transport.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { GitCommit } from '../git/git-log.ts';
import { appName, appNamespace, checkQueries } from '../shop-files.ts';
import { appPicture, type Measured } from '../view/app-picture.ts';
import type { AppPicture } from '../view/demo-scene.ts';
import { recentTraffic } from './gateway-counters.ts';
import type { World } from './world.ts';

export interface Look {
  /** Simulated time. */
  readonly at: number;
  readonly scene?: Scene;
  readonly app?: AppPicture;
  /** Of the branch, newest first. */
  readonly log: readonly GitCommit[];
}

export interface Looker {
  look(): Promise<Look>;
  close(): void;
}

/** Shares are those of the last moments of real time. */
const trafficWindowMs = 1_000;
const queryTimeoutMs = 2_000;

/** `withStable`: also asks Prometheus for the stable revision, which only the live view shows. */
export async function looker(world: World, signal: AbortSignal, withStable: boolean): Promise<Looker> {
  const session = await cliSession(world.cluster, signal);
  let log: readonly GitCommit[] = [];
  return {
    async look() {
      const { cluster, repository, notes } = world;
      const at = cluster.clock.now();
      if (log[0]?.sha !== (await repository.head())) log = await repository.log();
      const scene = await sceneOf(session);
      if (scene === undefined) return { at, log };
      const hash = withStable ? (statusOf(scene.rollout).stableRS ?? '') : '';
      const stable = await stableReadings(cluster.prometheusUrl, hash);
      const measured: Measured = { ...recentTraffic(notes.samples, trafficWindowMs), stable };
      const perSecond = measured.requestsPerSecond / cluster.rate;
      return { at, scene, log, app: appPicture(scene, { ...measured, requestsPerSecond: perSecond }) };
    },
    close: () => session.close(),
  };
}

/** A session as the CLI has it, except that reads need no socket: there are many in a second. */
async function cliSession({ kubeconfigPath, clock, api }: SimulatedCluster, signal: AbortSignal): Promise<Session> {
  const flags = SharedFlags.parse({ kubeconfig: kubeconfigPath, namespace: appNamespace });
  const silent = (): void => undefined;
  const terminal = { out: silent, err: silent, outIsTty: false, env: {}, clock, signal };
  const session = await openSession(flags, terminal, 'demo');
  const wire = memoryTransport(api, { user: 'kubernetes-admin', userAgent: 'tidegate-demo' });
  const close = (): void => {
    wire.close();
    session.close();
  };
  return { ...session, client: kubeClient(wire, discovery(wire)), close };
}

/** Undefined as long as there is no Rollout, or the API server gives no answer: the next look comes soon. */
async function sceneOf(session: Session): Promise<Scene | undefined> {
  try {
    return await readScene(session, appName);
  } catch (error) {
    if (error instanceof CliError && (error.code === exitCode.denied || error.code === exitCode.unexpected))
      return undefined;
    throw error;
  }
}

const Answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

async function stableReadings(prometheusUrl: string, hash: string): Promise<Readonly<Record<string, number>>> {
  if (hash === '') return {};
  const entries = await Promise.all(
    Object.entries(checkQueries(hash)).map(
      async ([name, query]) => [name, await readingOf(prometheusUrl, query)] as const,
    ),
  );
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Undefined when Prometheus has no answer: what is drawn then says so. */
async function readingOf(prometheusUrl: string, query: string): Promise<number | undefined> {
  const url = `${prometheusUrl}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(queryTimeoutMs) });
    const answer = Answer.safeParse(await response.json());
    const value = Number(answer.data?.data.result[0]?.value[1] ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
