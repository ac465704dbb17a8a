/** Both Git rooms on a test cluster with the controller's own rights, a real source process beside them, and a Git server. */

import { join } from 'node:path';
import { z } from 'zod';
import { gitRevertReconciler } from '../../controller/git-revert/reconciler.ts';
import { type GitDeps, gitCacheNeeds, type GitRoom } from '../../controller/git-sync/ports.ts';
import { gitSyncReconciler } from '../../controller/git-sync/reconciler.ts';
import { startSourceProcess } from '../../controller/source-process.ts';
import { gatewayApi } from '../../controller/traffic/gateway-api.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { KubeObject } from '../../kube/api.ts';
import { type KindCache, watchKind, wholeObject } from '../../kube/cache/cache.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { runReconciler } from '../../kube/run-reconciler.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { transport } from '../../kube/transport.ts';
import { workQueue } from '../../kube/work-queue.ts';
import { sourceClient } from '../../source/client.ts';

export interface GitRooms {
  /** Reasons of the events told so far. */
  reasons(): readonly string[];
  /** Errors that a reconcile threw: always a bug. */
  errors(): readonly string[];
  sourcePid(): number | undefined;
  stop(): Promise<void>;
}

export interface GitRoomsOptions {
  readonly kubeconfigPath: string;
  /** Folder for the source's socket and disk. */
  readonly folder: string;
  readonly verbose?: boolean;
}

const childPath = join(import.meta.dirname, 'source', 'source-child.ts');

export async function startGitRooms(options: GitRoomsOptions): Promise<GitRooms> {
  const stop = new AbortController();
  const socketPath = join(options.folder, 'socket', 's');
  const config = {
    socketPath,
    dataDir: join(options.folder, 'data'),
    version: 'test',
    allowFile: false,
    addresses: { allow: ['127.0.0.1/32'] },
  };
  const source = startSourceProcess({
    command: [process.execPath, childPath, JSON.stringify(config)],
    env: { PATH: process.env['PATH'] ?? '' },
    clock: systemClock,
    log: silentLog,
    signal: stop.signal,
  });
  const api = transport({
    connection: await loadKubeConfig({ path: options.kubeconfigPath }),
    userAgent: 'tidegate-controller/test',
  });
  const known = discovery(api);
  const caches: KindCache<KubeObject>[] = [];
  const add = <T extends KubeObject>(need: {
    kind: { group: string; kind: string };
    project: (object: never) => T;
  }) => {
    const cache = watchKind<T>({
      transport: api,
      discovery: known,
      clock: systemClock,
      log: silentLog,
      freeze: true,
      kind: need.kind,
      project: need.project as never,
    });
    caches.push(cache as unknown as KindCache<KubeObject>);
    return cache.store;
  };
  const told: string[] = [];
  const errors: string[] = [];
  const say = (message: string, fields?: object) =>
    options.verbose ? console.log(message, JSON.stringify(fields ?? {})) : undefined;
  const deps: GitDeps = {
    client: kubeClient(api, known),
    source: sourceClient({ socketPath }),
    clock: systemClock,
    dialect: tidegateDialect,
    keys: keys(tidegateDialect),
    events: { record: ({ reason, message }) => void told.push(reason, ...(options.verbose ? [message] : [])) },
    log: { debug: say, info: say, warn: say, error: say },
    leadership: { term: 'term-1', signal: stop.signal, mayWrite: () => !stop.signal.aborted },
    clusterId: 'east',
    routers: [gatewayApi],
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    allowFileRepositories: false,
    author: { name: 'tidegate', email: 'tidegate@example.com' },
    stores: {
      gitSyncs: add(gitCacheNeeds.gitSyncs as never),
      releases: add(gitCacheNeeds.releases as never),
      gitReverts: add(gitCacheNeeds.gitReverts as never),
      rolloutRuns: add({ kind: { group: 'tidegate.io', kind: 'RolloutRun' }, project: wholeObject as never }),
      rollouts: add({ kind: { group: 'tidegate.io', kind: 'Rollout' }, project: wholeObject as never }),
      analysisRuns: add({ kind: { group: 'tidegate.io', kind: 'AnalysisRun' }, project: wholeObject as never }),
      analysisTemplates: add({
        kind: { group: 'tidegate.io', kind: 'AnalysisTemplate' },
        project: wholeObject as never,
      }),
      clusterAnalysisTemplates: add({
        kind: { group: 'tidegate.io', kind: 'ClusterAnalysisTemplate' },
        project: wholeObject as never,
      }),
    },
  };
  const feeding = caches.map((cache) => cache.run(stop.signal));
  await Promise.all(caches.map((cache) => cache.whenSettled(stop.signal)));
  const run = (name: string, room: GitRoom): Promise<void> => {
    const queue = workQueue({ clock: systemClock });
    const undo = room.start(queue);
    const onError = (key: string, error: Error) => void errors.push(`${name} ${key}: ${error.stack ?? error.message}`);
    const log = { ...silentLog, debug: say };
    return runReconciler(
      { name, queue, concurrency: 4, reconcile: (key) => room.reconcile(key), clock: systemClock, log, onError },
      stop.signal,
    ).finally(undo);
  };
  const working = [run('git-sync', gitSyncReconciler(deps)), run('git-revert', gitRevertReconciler(deps))];
  return {
    reasons: () => told,
    errors: () => errors,
    sourcePid: () => source.pid(),
    async stop() {
      stop.abort();
      await Promise.all([...feeding, ...working, source.ended]);
      api.close();
    },
  };
}

/** What the tests read of an object. */
export const LiveObject = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});
export type LiveObject = z.infer<typeof LiveObject>;
