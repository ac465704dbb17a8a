/**
 * The world of one run, all in this process and in virtual time: the sandbox's API server with its workloads controllers,
 * kubelet and router, a repository, metrics, and a controller that is started again whenever it dies.
 */

import './blocking-zlib.ts';
import { crdManifests } from '../../../crds/manifests.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { ApiRequest, KubeClient, KubeObject, Log } from '../../../kube/api.ts';
import { kubeClient } from '../../../kube/client.ts';
import { discovery } from '../../../kube/discovery.ts';
import { apiServer } from '../../../sandbox/api-server/api-server.ts';
import type { ApiServer } from '../../../sandbox/api-server/contract.ts';
import { gatewayCrds } from '../../../sandbox/gateway/crds.ts';
import { startRouterStatus } from '../../../sandbox/gateway/router-status.ts';
import { startKubelet } from '../../../sandbox/kubelet/kubelet.ts';
import { memoryTransport } from '../../../sandbox/memory-transport.ts';
import { startWorkloads } from '../../../sandbox/workloads/workloads.ts';
import type { Plan } from '../plan/plan.ts';
import { type Roles, roles } from '../plan/roles.ts';
import { type ClusterState, clusterState } from './cluster-state.ts';
import { runController, userAgentOf } from './controller-run.ts';
import { type MemoryGit, memoryGit } from './memory-git.ts';
import type { ProcessLife } from './process-life.ts';
import { fork } from './seeded.ts';
import { branch, firstObjects, repository } from './shop-objects.ts';
import { type Trouble, trouble } from './trouble.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

const startMs = Date.UTC(2026, 0, 5, 8);

export interface RunWorld {
  readonly time: VirtualClock;
  readonly api: ApiServer;
  readonly state: ClusterState;
  readonly git: MemoryGit;
  readonly trouble: Trouble;
  readonly roles: Roles;
  /** As the cluster's administrator. */
  readonly admin: KubeClient;
  /** Controller processes so far. */
  starts(): number;
  /** Processes that ended although no fault of the plan struck them down. No fault holds a lease back, so none explains a lost one. */
  endedByThemselves(): number;
  /** Lets time pass until the condition holds; asked after every change of the cluster and every push. */
  until(what: string, isTrue: () => boolean, withinMs: number): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Stops the controller for so long and starts another one beside it. Gives the user agent of the stopped one. */
  stopController(ms: number): string;
  /** Resolves a promise of the world while time passes. */
  settled<T>(work: Promise<T>): Promise<T>;
}

export class RanOut extends Error {}

export interface WorldOptions {
  readonly plan: Plan;
  readonly log: (room: string) => Log;
  /** Called before anything is written. */
  readonly watch: (world: Pick<RunWorld, 'api' | 'git' | 'time' | 'trouble'>) => void;
  /** Absent: by chance. */
  readonly leaderElect?: boolean;
  /** What controllers get from the API server is frozen. */
  readonly frozen?: boolean;
  /** Told of each request of a controller right before it is carried out. */
  readonly seen: (request: ApiRequest, userAgent: string) => void;
}

export async function runWorld(options: WorldOptions): Promise<RunWorld> {
  const { plan } = options;
  const time = virtualClock(startMs);
  const clock = time.of({ alive: true });
  const api = apiServer({ clock, random: fork(plan.seed, 'api server'), historySize: 1_000 });
  const state = clusterState(api);
  const git = memoryGit(repository, branch, time.now);
  const world = { time, api, state, git, trouble: trouble(plan, time.now), roles: roles() };
  options.watch(world);
  const change = { count: 0 };
  git.onUpdate(() => void (change.count += 1));
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    const ended = { is: false };
    const end = (): void => void (ended.is = true);
    work.then(end, end);
    if (!(await time.run(() => ended.is, time.elapsedMs() + 60_000))) throw new RanOut('the world does not get ready');
    return work;
  };
  const adminTransport = memoryTransport(api, { user: 'kubernetes-admin', userAgent: 'run-driver' });
  const admin = kubeClient(adminTransport, discovery(adminTransport, { clock }));
  await settled(furnish(admin));
  await settled(startParts(api, clock, plan.seed));
  const controllers = keepController(world, options);
  return {
    ...world,
    admin,
    starts: controllers.starts,
    endedByThemselves: controllers.endedByThemselves,
    stopController: controllers.stop,
    settled,
    pass: async (ms) => void (await time.run(() => false, time.elapsedMs() + ms)),
    async until(what, isTrue, withinMs) {
      let seen = -1;
      const isOver = (): boolean => {
        const now = state.revision() + change.count;
        if (now === seen) return false;
        seen = now;
        return isTrue();
      };
      if (!(await time.run(isOver, time.elapsedMs() + withinMs))) throw new RanOut(`not seen in time: ${what}`);
    },
  };
}

/** Made once per process: the same in every run. */
const definitions = [...crdManifests(tidegateDialect), ...gatewayCrds()];

async function furnish(admin: KubeClient): Promise<void> {
  for (const object of [...definitions, ...firstObjects()]) {
    const result = await admin.create(object as unknown as KubeObject);
    if (result.kind !== 'ok' && !(result.kind === 'conflict' && result.reason === 'AlreadyExists'))
      throw new Error(`${JSON.stringify(object.metadata)} could not be made: ${JSON.stringify(result)}`);
  }
}

/** The parts of the cluster besides the API server; they live as long as the run. */
async function startParts(api: ApiServer, clock: ReturnType<VirtualClock['of']>, seed: number): Promise<void> {
  const as = (part: string) => memoryTransport(api, { user: `system:${part}`, userAgent: `tidegate-sandbox-${part}` });
  await Promise.all([
    startWorkloads({ transport: as('workloads'), clock, random: fork(seed, 'workloads') }),
    startRouterStatus({ transport: as('gateway'), clock, random: fork(seed, 'router') }),
    startKubelet({
      transport: as('kubelet'),
      nodeName: 'node-1',
      addresses: 'none',
      clock,
      startDelayMs: 400,
      drainMs: 200,
    }),
  ]);
}

type Made = Pick<RunWorld, 'time' | 'api' | 'state' | 'git' | 'trouble' | 'roles'>;

/** Mostly seconds; up to a minute, in which pods drain, checks come due and a lease runs out. */
function downtimeMs(draw: number): number {
  return 200 + draw ** 3 * 60_000;
}

/** Starts a controller, and a new one some time after the last has died. */
function keepController(world: Made, { plan, log, seen, frozen = false, ...options }: WorldOptions) {
  const random = fork(plan.seed, 'controller');
  const choices = fork(plan.seed, 'choices');
  const isDrawn = choices() < 0.25;
  const leaderElect = options.leaderElect ?? isDrawn;
  const clock = world.time.of({ alive: true });
  const touched = { count: 0 };
  let starts = 0;
  let byThemselves = 0;
  let newest: { readonly life: ProcessLife; readonly nth: number } | undefined;
  const stopped = new Set<number>();
  const start = (): void => {
    starts += 1;
    const nth = starts;
    const life = runController({
      ...world,
      random,
      leaderElect,
      nth,
      frozen,
      log,
      seen,
      touch: touchBy(touched, world),
      onEnd: (byItself) => {
        // Another one is there, and one that has lost its lease is right to end.
        if (stopped.has(nth)) return;
        if (byItself) byThemselves += 1;
        void again();
      },
    });
    newest = { life, nth };
  };
  const stop = (ms: number): string => {
    if (newest === undefined) throw new Error('there is no controller to stop');
    const { life, nth } = newest;
    stopped.add(nth);
    life.stopFor(ms);
    start();
    return userAgentOf(nth);
  };
  const again = async (): Promise<void> => {
    world.trouble.writes.restarted();
    if (choices() < 0.5) world.git.forget();
    await clock.sleep(downtimeMs(choices()), new AbortController().signal);
    start();
  };
  start();
  return { starts: () => starts, endedByThemselves: () => byThemselves, stop };
}

/** Somebody else changes the object at a path of the API: an annotation that means nothing. */
function touchBy(touched: { count: number }, world: Made): (request: ApiRequest) => void {
  return (request) => {
    const { path } = request;
    if (request.method === 'POST') return makeFirst(request, world);
    const segments = path.split('/').filter((one) => one !== '');
    const inNamespace = segments.indexOf('namespaces');
    const target = segments.slice(0, inNamespace + 4);
    touched.count += 1;
    world.api.handle({
      caller: { user: 'somebody', userAgent: 'somebody' },
      method: 'PATCH',
      path: `/${target.join('/')}`,
      query: { fieldManager: 'somebody' },
      contentType: 'application/merge-patch+json',
      accept: 'application/json',
      body: { metadata: { annotations: { 'example.com/touched': String(touched.count) } } } as JsonObject,
    });
  };
}

/** Somebody else makes the very object that the controller is about to make; one without a name would be another. */
function makeFirst({ path, query, body }: ApiRequest, { api }: Made): void {
  const object = (body ?? {}) as { readonly metadata?: { readonly name?: string } };
  if (object.metadata?.name === undefined) return;
  api.handle({
    caller: { user: 'somebody', userAgent: 'somebody' },
    method: 'POST',
    path,
    query: Object.fromEntries(
      Object.entries(query ?? {}).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    contentType: 'application/json',
    accept: 'application/json',
    body: object as JsonObject,
  });
}
