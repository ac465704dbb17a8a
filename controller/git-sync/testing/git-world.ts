/** Both Git rooms over a cluster and a repository in memory, with a fake clock and a stand-in for the Rollout room. */

import { keys } from '../../../crds/schema/keys.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { GitRevert } from '../../../crds/schema/git-revert.ts';
import type { GitSync } from '../../../crds/schema/git-sync.ts';
import type { Release } from '../../../crds/schema/release.ts';
import type { EventDraft, JsonObject, ReconcileResult } from '../../../kube/api.ts';
import { fakeClock, type FakeClock } from '../../../kube/fake-clock.ts';
import { gatewayApi } from '../../traffic/gateway-api.ts';
import { gitRevertReconciler } from '../../git-revert/reconciler.ts';
import type { Manifest } from '../objects.ts';
import { type GitDeps, gitCacheNeeds, type GitRoom } from '../ports.ts';
import { gitSyncReconciler } from '../reconciler.ts';
import { liveTemplateHash } from '../rollout-state.ts';
import { fakeCluster, type FakeCluster } from './fake-cluster.ts';
import { fakeSource, type FakeSource } from './fake-source.ts';

export const tidegateKeys = keys(tidegateDialect);

export interface GitWorld {
  readonly cluster: FakeCluster;
  readonly source: FakeSource;
  readonly clock: FakeClock;
  readonly events: EventDraft[];
  sync(): GitSync;
  release(commit: string): Release | undefined;
  reverts(): readonly GitRevert[];
  /** Both rooms until neither has anything to do without time passing. */
  settle(): Promise<void>;
  /** Moves time and settles. */
  after(ms: number): Promise<void>;
  /** The process dies and a new one starts: nothing in memory is left. */
  restart(): void;
  /** A Rollout reaches its end: promoted, or failed with a cause. */
  promote(name: string): void;
  fail(name: string, verdict?: JsonObject): void;
  confirmStable(name: string): void;
}

export function gitWorld(spec: JsonObject = {}): GitWorld {
  const cluster = fakeCluster();
  const source = fakeSource();
  const clock = fakeClock(Date.UTC(2026, 0, 1, 10));
  const events: EventDraft[] = [];
  cluster.put(aGitSync(spec));
  let rooms = roomsOf(cluster, source, clock, events);
  const due = new Map<string, number>();
  const runOnce = async (room: GitRoom, prefix: string, key: string): Promise<boolean> => {
    const before = cluster.writes.length;
    const result: ReconcileResult = await room.reconcile(key);
    if (result.kind === 'done' && result.lookAgainAt !== undefined) due.set(`${prefix}${key}`, result.lookAgainAt);
    return result.kind === 'again' || cluster.writes.length !== before;
  };
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 200; round += 1) {
      await clock.advance(0);
      let moved = await runOnce(rooms.sync, 's', 'shop/web');
      for (const one of cluster.all('GitRevert').filter((each) => each.metadata.namespace === 'shop'))
        moved = (await runOnce(rooms.revert, 'r', `shop/${one.metadata.name}`)) || moved;
      await clock.advance(0);
      if (!moved && !rooms.woken()) return;
    }
    throw new Error('the rooms never settle: they write without an outside change');
  };
  return {
    cluster,
    source,
    clock,
    events,
    settle,
    sync: () => cluster.get('GitSync', 'web') as unknown as GitSync,
    release: (commit) =>
      (cluster.all('Release') as unknown as readonly Release[]).find(
        (one) => one.spec.commit === commit && one.spec.partOf === undefined,
      ),
    reverts: () => cluster.all('GitRevert') as unknown as readonly GitRevert[],
    async after(ms) {
      await clock.advance(ms);
      await settle();
    },
    restart() {
      rooms.stop();
      rooms = roomsOf(cluster, source, clock, events);
    },
    promote: (name) =>
      setRollout(cluster, name, {
        phase: 'Healthy',
        stableRS: hashOf(cluster, name),
        currentPodHash: hashOf(cluster, name),
        verdict: null,
        abort: null,
      }),
    fail(name, verdict = {}) {
      const podHash = hashOf(cluster, name);
      const failed = {
        outcome: 'Failed',
        cause: 'AnalysisFailed',
        podHash,
        revision: 2,
        at: '2026-01-01T10:00:00Z',
        message: 'metric errors was 0.4, limit 0.05',
        ...verdict,
      };
      setRollout(cluster, name, { phase: 'Degraded', currentPodHash: podHash, abort: true, verdict: failed });
    },
    confirmStable: (name) => setRollout(cluster, name, { verdict: { confirmedStableAt: '2026-01-01T10:00:05Z' } }),
  };
}

function hashOf(cluster: FakeCluster, name: string): string {
  return liveTemplateHash(cluster.get('Rollout', name)!);
}

function setRollout(cluster: FakeCluster, name: string, status: JsonObject): void {
  const live = cluster.get('Rollout', name)!;
  cluster.setStatus('Rollout', name, { observedGeneration: live.metadata.generation ?? 1, ...status });
}

function roomsOf(cluster: FakeCluster, source: FakeSource, clock: FakeClock, events: EventDraft[]) {
  const stop = new AbortController();
  let woken = false;
  const quiet = () => undefined;
  const deps: GitDeps = {
    client: cluster.client,
    source,
    clock,
    dialect: tidegateDialect,
    keys: tidegateKeys,
    events: { record: (event) => void events.push(event) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    leadership: { term: 't', signal: stop.signal, mayWrite: () => !stop.signal.aborted },
    clusterId: 'east',
    routers: [gatewayApi],
    randomBytes: (size) => new Uint8Array(size).fill(7),
    allowFileRepositories: false,
    author: { name: 'tidegate', email: 'tidegate@example.com' },
    stores: {
      gitSyncs: cluster.store('tidegate.io', 'GitSync', gitCacheNeeds.gitSyncs.project),
      releases: cluster.store('tidegate.io', 'Release', gitCacheNeeds.releases.project),
      gitReverts: cluster.store('tidegate.io', 'GitRevert', gitCacheNeeds.gitReverts.project),
      rollouts: cluster.store('tidegate.io', 'Rollout'),
      rolloutRuns: cluster.store('tidegate.io', 'RolloutRun'),
      analysisRuns: cluster.store('tidegate.io', 'AnalysisRun'),
      analysisTemplates: cluster.store('tidegate.io', 'AnalysisTemplate'),
      clusterAnalysisTemplates: cluster.store('tidegate.io', 'ClusterAnalysisTemplate'),
    },
  };
  const sync = gitSyncReconciler(deps);
  const revert = gitRevertReconciler(deps);
  const queue = { add: () => void (woken = true) };
  const undo = [sync.start(queue), revert.start(queue)];
  return {
    sync,
    revert,
    woken: () => {
      const was = woken;
      woken = false;
      return was;
    },
    stop: () => {
      stop.abort();
      for (const off of undo) off();
    },
  };
}

export function aGitSync(spec: JsonObject = {}): Manifest {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitSync',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      repository: 'https://git.example/shop.git',
      branch: 'main',
      path: '.',
      serviceAccountName: 'deployer',
      revert: { mode: 'push' },
      ...spec,
    },
  } as unknown as Manifest;
}

/** A Rollout with a route; `image` makes the revision, `config` is the ConfigMap that it reads. */
export function anApp(options: {
  readonly name?: string;
  readonly image: string;
  readonly greeting?: string;
  readonly replicas?: number;
}): Record<string, JsonObject> {
  const { name = 'web', image, greeting = 'hello', replicas = 2 } = options;
  return {
    [`${name}/config.yaml`]: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-config` },
      data: { GREETING: greeting },
    },
    [`${name}/stable.yaml`]: aService(`${name}-stable`, name),
    [`${name}/canary.yaml`]: aService(`${name}-canary`, name),
    [`${name}/route.yaml`]: aRoute(name),
    [`${name}/rollout.yaml`]: aRollout(name, image, replicas),
  };
}

export function aService(name: string, app: string): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app }, ports: [{ port: 80 }] } };
}

export function aRoute(name: string, stableWeight = 100): JsonObject {
  const backend = (service: string, weight: number): JsonObject => ({ name: service, port: 80, weight });
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: {
      rules: [
        { backendRefs: [backend(`${name}-stable`, stableWeight), backend(`${name}-canary`, 100 - stableWeight)] },
      ],
    },
  };
}

export function aRollout(name: string, image: string, replicas = 2): JsonObject {
  const canary = {
    stableService: `${name}-stable`,
    canaryService: `${name}-canary`,
    trafficRouting: { gatewayAPI: { httpRoutes: [{ name }] } },
    steps: [{ setWeight: 20 }, { pause: {} }],
  };
  const container = { name: 'app', image, envFrom: [{ configMapRef: { name: `${name}-config` } }] };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { canary },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    },
  };
}
