/**
 * A tiny cluster in memory for whole rollouts: pods that start and stop after a delay, endpoints that follow them, a route
 * that confirms after a delay, and a clock. It applies effects and statuses like the API server would.
 */

import type { AnalysisPhase, RolloutStatus } from '../../../crds/schema/rollout-status.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { KubeObject } from '../../../kube/api.ts';
import { servicesOf } from '../../../crds/schema/services-of.ts';
import { type RolloutDecision, decide } from '../decide.ts';
import type { RolloutEffect } from '../effects.ts';
import type { ExperimentView } from '../experiments.ts';
import type { AnalysisRunView, Observed, ReplicaSetView, ServiceState } from '../observed.ts';
import { liveWeightText } from '../live-weight.ts';
import { statusPatch } from '../status-diff.ts';
import { aReplicaSet, aRollout, aService, plainRouter, type RolloutGiven, shopKeys } from './builders.ts';
import { begunRun, createdExperiment } from './world-analyses.ts';
import { podOf, type PodTimes, PodWorld, type WorldSet } from './world-pods.ts';
import { newRoutes, routesAt, servedBy, type WorldRoute, writeRoute } from './world-routes.ts';

export interface WorldOptions extends PodTimes {
  readonly rollout: RolloutGiven;
  readonly routed: boolean;
  /** Names of the routes; one by default. */
  readonly routes?: readonly string[];
  readonly confirmMs?: number;
  /** Analyses beside the steps have measured a good value as soon as they begin. */
  readonly backgroundIsGood?: boolean;
}

/** One write that was made, with what an observer sees after it. */
export interface Write {
  readonly at: number;
  readonly effect:
    | RolloutEffect
    | { readonly kind: 'Status'; readonly before: RolloutStatus; readonly after: RolloutStatus };
}

export class World extends PodWorld {
  image = 'shop:1';
  given: RolloutGiven;
  annotations: Record<string, string> = {};
  status: RolloutStatus | undefined;
  generation = 1;
  readonly routes: readonly WorldRoute[];
  runs: AnalysisRunView[] = [];
  experiments: ExperimentView[] = [];
  readonly writes: Write[] = [];
  readonly facts: string[] = [];
  readonly options: WorldOptions;
  /** The spec has trafficRouting. */
  isRouted: boolean;
  /** How long the gateway takes to confirm a change. */
  confirmMs: number;
  check: (world: World, write: Write) => void = () => undefined;
  /** Somebody else changed a route. */
  edited: () => void = () => undefined;
  /** What the last decision asked for. */
  private lookAgainAt: number | undefined;

  constructor(options: WorldOptions) {
    super(options);
    this.options = options;
    this.given = options.rollout;
    this.isRouted = options.routed;
    this.confirmMs = options.confirmMs ?? 500;
    this.routes = newRoutes(options.routes ?? ['route']);
    if (options.routed) {
      this.services.set('web-stable', undefined);
      this.services.set('web-canary', undefined);
    }
  }

  get podHash(): string {
    return this.image.replace('shop:', 'v');
  }

  /** The highest canary weight that is written on any route. */
  get weight(): number {
    return Math.max(...this.canaryWeights);
  }

  /** Written on each route. A route knows the weight of web-canary, which ping-pong may make the stable Service. */
  get canaryWeights(): readonly number[] {
    return this.routes.map((one) => this.asCanary(one.weight));
  }

  asCanary(weight: number): number {
    return this.roles.stable === 'web-canary' ? 100 - weight : weight;
  }

  /** Which Service stands for which side now. */
  get roles(): { readonly stable: string; readonly canary: string } {
    const status = this.status;
    const named = { strategy: { canary: { ...this.given.canary, ...this.routedFields() } } };
    const { stable = '', canary = '' } = servicesOf({ spec: named, ...(status === undefined ? {} : { status }) });
    return { stable, canary };
  }

  /** Revisions that the two Services select. */
  get selected(): { readonly stable: string | undefined; readonly canary: string | undefined } {
    const { stable, canary } = this.roles;
    return { stable: this.services.get(stable), canary: this.services.get(canary) };
  }

  /** Canary weights that a gateway may serve now, over all routes. */
  servedWeights(routes: readonly WorldRoute[] = this.routes): readonly number[] {
    return servedBy(routes, this.now).map((one) => this.asCanary(one));
  }

  /** Somebody else writes the weight of a route. */
  editRoute(name: string, canary: number): void {
    this.writeRoute(name, canary, false);
    this.edited();
  }

  private writeRoute(name: string, canary: number, isOurs: boolean): void {
    writeRoute(this.routes, { name, canary, isOurs, at: this.now, confirmMs: this.confirmMs });
  }

  get replicas(): number {
    return this.given.replicas ?? 5;
  }

  observe(): Observed {
    const canary = { ...this.given.canary, ...this.routedFields() };
    const rollout = aRollout({
      ...this.given,
      canary,
      image: this.image,
      annotations: this.annotations,
      ...(this.status === undefined ? {} : { status: this.status }),
    });
    const metadata = { ...rollout.metadata, generation: this.generation };
    const found = routesAt(this.routes, this.now);
    const traffic = { router: plainRouter, found, state: plainRouter.read(rollout, found) };
    return {
      now: this.now,
      dialect: tidegateDialect,
      keys: shopKeys,
      rollout: { ...rollout, metadata },
      problems: [],
      podHash: this.podHash,
      stepHash: JSON.stringify(canary.steps ?? []),
      replicaSets: [...this.sets].map(([hash, set]) => this.setView(hash, set)),
      pods: this.pods.map((pod) => podOf(pod, this.isReady(pod))),
      stableService: this.serviceState(this.roles.stable),
      canaryService: this.serviceState(this.roles.canary),
      traffic: this.isRouted ? traffic : undefined,
      analysisRuns: this.runs,
      experiments: this.experiments,
      findTemplate: ({ templateName = '' }) => ({
        apiVersion: 'tidegate.io/v1alpha1',
        kind: 'AnalysisTemplate',
        metadata: { name: templateName },
        spec: { metrics: [{ name: 'errors', provider: { prometheus: { query: 'up' } } }] },
      }),
      runs: [],
    };
  }

  private routedFields() {
    if (!this.options.routed) return {};
    const services = this.given.canary?.pingPong ? {} : { canaryService: 'web-canary', stableService: 'web-stable' };
    if (!this.isRouted) return services;
    return { ...services, trafficRouting: { gatewayAPI: { httpRoutes: this.routes.map(({ name }) => ({ name })) } } };
  }

  private setView(podHash: string, set: WorldSet): ReplicaSetView {
    const alive = this.pods.filter((pod) => pod.podHash === podHash && pod.endsAt === undefined).length;
    const base = aReplicaSet(podHash, {
      replicas: set.replicas,
      available: this.readyPods(podHash),
      revision: set.revision,
      annotations: set.annotations,
    });
    return { ...base, status: { ...base.status, replicas: alive } };
  }

  private serviceState(name: string): ServiceState | undefined {
    return this.services.has(name) ? aService(name, this.services.get(name), this.endpoints(name)) : undefined;
  }

  /** One pass of the controller. True when something was written. */
  pass(): boolean {
    const observed = this.seen();
    const decision = this.decided(observed);
    for (const effect of decision.effects) {
      if (this.crashes()) return true;
      const fate = this.fate(observed, effect);
      if (fate === 'lost') return true;
      if (effect.kind === 'Scale' && effect.to < effect.from) this.race(decision);
      if (effect.kind === 'Scale' && effect.live && this.carries(observed, effect)) return true;
      const isDone = this.apply(observed, effect);
      if (!isDone || fate === 'unanswered') return true;
    }
    if (this.crashes()) return true;
    const isDue = statusPatch(this.status ?? {}, decision.status) !== undefined;
    if (isDue && this.fate(observed, undefined) === 'lost') return true;
    if (isDue) this.writeStatus(decision);
    this.lookAgainAt = decision.lookAgainAt;
    this.facts.push(...decision.facts.map((one) => one.reason));
    return isDue || decision.effects.length > 0;
  }

  /** The controller dies between two writes and starts again. */
  crashes: () => boolean = () => false;

  decided: (observed: Observed) => RolloutDecision = decide;

  /** What the controller's caches show: own writes always, those of others perhaps later. */
  seen: () => Observed = () => this.observe();

  /**
   * What becomes of a write; undefined: the status. 'lost': it never happens, or its object had changed. 'unanswered': it
   * happens, but the controller does not learn of it and ends the pass.
   */
  fate: (observed: Observed, effect: RolloutEffect | undefined) => 'done' | 'lost' | 'unanswered' = () => 'done';

  /** Something happens between the decision and a scale-down. */
  race: (decision: RolloutDecision) => void = () => undefined;

  /** The route with this name changed meanwhile: a write of it is answered with a conflict. */
  conflicts: (route: string) => boolean = () => false;

  /** What the last look before a scale-down says: the revision is still in use. */
  carries(observed: Observed, effect: Extract<RolloutEffect, { kind: 'Scale' }>): boolean {
    const { traffic } = this.observe();
    return traffic !== undefined && liveWeightText(observed, traffic.state, effect) !== undefined;
  }

  /** False when one of the routes had changed meanwhile; the others are written. */
  private writeWeights({ rollout, traffic }: Observed, effect: Extract<RolloutEffect, { kind: 'SetWeight' }>): boolean {
    if (traffic === undefined) throw new Error('a weight without a router');
    const patches = traffic.router.plan(rollout, effect.wanted, traffic.found, effect.scope);
    if ('kind' in patches) throw new Error(patches.message);
    if (patches.length === 0) throw new Error('a weight that is there already');
    const { found } = this.observe().traffic ?? traffic;
    const isStale = ({ kind, metadata }: KubeObject) => {
      const live = found({ group: 'test', kind, namespace: 'shop', name: metadata.name });
      return live?.metadata.resourceVersion !== metadata.resourceVersion;
    };
    const writes = patches.filter((one) => one.kind === 'patch');
    const open = writes.filter(({ object }) => !isStale(object) && !this.conflicts(object.metadata.name));
    for (const { object, patch } of open)
      this.writeRoute(object.metadata.name, (patch.spec as unknown as { canary: number }).canary, true);
    return open.length === patches.length;
  }

  private writeStatus(decision: RolloutDecision): void {
    const before = this.status ?? {};
    const after = JSON.parse(JSON.stringify(decision.status)) as RolloutStatus;
    this.status = after;
    this.written({ kind: 'Status', before, after });
  }

  private written(effect: Write['effect']): void {
    const write: Write = { at: this.now, effect };
    this.writes.push(write);
    this.settlePods();
    this.check(this, write);
  }

  /** False when the write was refused and the pass is over. */
  private apply(observed: Observed, effect: RolloutEffect): boolean {
    let isDone = true;
    switch (effect.kind) {
      case 'CreateReplicaSet': {
        const annotations = (effect.draft.object.metadata as unknown as KubeObject['metadata']).annotations ?? {};
        const revision = Number(annotations[shopKeys.revision]);
        this.sets.set(effect.draft.podHash, {
          replicas: effect.draft.replicas,
          revision,
          annotations: { ...annotations },
        });
        break;
      }
      case 'Scale': {
        const set = this.set(effect.podHash);
        set.replicas = effect.to;
        set.annotations[shopKeys.desiredReplicas] = String(effect.desired);
        break;
      }
      case 'SetWeight':
        isDone = this.writeWeights(observed, effect);
        break;
      case 'SwitchService':
        this.services.set(effect.target.name, effect.podHash);
        break;
      case 'StartAnalysis':
        this.runs = [
          ...this.runs,
          begunRun(effect.draft.object as unknown as AnalysisRunView, this.options.backgroundIsGood === true),
        ];
        break;
      case 'StartExperiment':
        this.experiments = [...this.experiments, createdExperiment(effect.draft)];
        break;
      case 'StopAnalysis':
        if (effect.target.kind === 'Experiment') {
          this.editExperiment(effect.target.name, ({ spec, ...one }) => ({
            ...one,
            spec: { ...spec, terminate: true },
          }));
          break;
        }
        this.finish(effect.target.name, 'Successful');
        this.runs = this.runs.map((run) =>
          run.metadata.name === effect.target.name ? { ...run, spec: { ...run.spec, terminate: true } } : run,
        );
        break;
      case 'Delete':
        if (effect.target.kind === 'ReplicaSet') this.sets.delete(effect.target.name.replace('web-', ''));
        this.runs = this.runs.filter(
          (run) => effect.target.kind !== run.kind || run.metadata.name !== effect.target.name,
        );
        break;
      case 'Evict':
        this.evict(effect.target.name);
        break;
      case 'Call':
        // Nobody answers here; `world-calls.ts` has a world where somebody does.
        break;
      case 'Patch':
        throw new Error(`the world does not know ${effect.kind}`);
      case 'Annotate':
        this.annotate(effect.target.kind, effect.target.name, effect.set);
        break;
    }
    if (isDone) this.facts.push(...effect.tells.map((one) => one.reason));
    this.written(effect);
    return isDone;
  }

  private annotate(kind: string, name: string, set: Readonly<Record<string, string | null>>): void {
    const target = kind === 'ReplicaSet' ? this.set(name.replace('web-', '')).annotations : this.annotations;
    for (const [key, value] of Object.entries(set)) {
      if (value === null) delete target[key];
      else target[key] = value;
    }
    const revision = set[shopKeys.revision];
    if (kind === 'ReplicaSet' && revision) this.set(name.replace('web-', '')).revision = Number(revision);
  }

  private set(podHash: string): WorldSet {
    const set = this.sets.get(podHash);
    if (set === undefined) throw new Error(`no ReplicaSet ${podHash}`);
    return set;
  }

  editExperiment(name: string, change: (one: ExperimentView) => ExperimentView): void {
    this.experiments = this.experiments.map((one) => (one.metadata.name === name ? change(one) : one));
  }

  /** Ends an analysis run. */
  finish(name: string, phase: AnalysisPhase, message = ''): void {
    const completedAt = new Date(this.now).toISOString();
    this.runs = this.runs.map((run) =>
      run.metadata.name === name ? { ...run, status: { phase, message, completedAt } } : run,
    );
  }

  /** When the world changes next by itself. */
  nextChange(): number {
    const times = [...this.routes.map((one) => one.confirmedAt), ...this.podTimes()].filter((at) => at > this.now);
    return times.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...times);
  }

  /** Runs the controller until it neither writes nor waits for a time, or until `done`; at most `maxMs`. */
  run(done: (world: World) => boolean = () => false, maxMs = 3_600_000): void {
    const end = this.now + maxMs;
    let passes = 0;
    for (;;) {
      if (done(this)) return;
      passes += 1;
      if (passes > 5_000) throw new Error(`still moving after ${passes} passes: ${JSON.stringify(this.status)}`);
      this.settlePods();
      if (this.pass()) continue;
      const again = this.lookAgainAt ?? Number.POSITIVE_INFINITY;
      const next = Math.min(this.nextChange(), Math.max(again, this.now + 1));
      if (next > end || next === Number.POSITIVE_INFINITY) return;
      this.now = next;
    }
  }
}
