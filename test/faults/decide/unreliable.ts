/**
 * Makes a simulated cluster unreliable: writes get lost, are refused, happen unseen or late; caches miss the last change of
 * somebody else for one pass. Adds to the world what the spec by chance needs: dialect, managed routes, troubles of pods.
 */

import { isDeepStrictEqual } from 'node:util';
import { argoDialect, tidegateDialect } from '../../../crds/schema/dialect.ts';
import { decide, type RolloutDecision } from '../../../controller/rollout/decide.ts';
import type { RolloutEffect } from '../../../controller/rollout/effects.ts';
import type { ContainerTrouble, Observed, SpecProblem } from '../../../controller/rollout/observed.ts';
import { plainRouter } from '../../../controller/rollout/testing/builders.ts';
import type { World } from '../../../controller/rollout/testing/world.ts';
import type { Fault, Faults } from './faults.ts';
import { managedRoutes, type Spec } from './specs.ts';

/** Every so many passes the decision is made twice and compared. */
const twiceEvery = 4;

export class Unreliable {
  readonly world: World;
  readonly violations: string[] = [];
  problems: readonly SpecProblem[] = [];
  restartAt: string | undefined;
  /** Why the containers of a revision's pods are down. */
  readonly troubles = new Map<string, string>();
  isReliable = false;
  struck = 0;
  passes = 0;
  /** Rules that the pass under way may break, since its view misses something: nobody could know better. */
  excused: readonly string[] = [];
  private readonly spec: Spec;
  private readonly faults: ReadonlyMap<number, Fault>;
  private readonly versions = new WeakMap<Observed, readonly unknown[]>();
  private stale: { readonly seen: Observed; readonly excuses: readonly string[] } | undefined;
  private writes = 0;

  constructor(world: World, spec: Spec, faults: Faults) {
    this.world = world;
    this.spec = spec;
    this.faults = new Map(faults);
    const observe = world.observe.bind(world);
    world.observe = () => this.remember(this.dressed(observe()));
    world.seen = () => this.take();
    world.decided = (observed) => this.decided(observed);
    world.fate = (observed, effect) => this.fateOf(observed, effect);
    const pass = world.pass.bind(world);
    world.pass = () => this.wrap(pass);
  }

  /** What somebody does now is not in the caches of the next pass. */
  missNext(excuses: readonly string[], change: () => void): void {
    const seen = this.world.observe();
    change();
    this.stale = { seen, excuses };
  }

  private wrap(pass: () => boolean): boolean {
    const isStale = this.stale !== undefined;
    this.excused = this.stale?.excuses ?? [];
    const wrote = pass();
    this.excused = [];
    return wrote || isStale;
  }

  private take(): Observed {
    const observed = this.stale === undefined ? this.world.observe() : { ...this.stale.seen, now: this.world.now };
    const versions = this.stale && this.versions.get(this.stale.seen);
    if (versions !== undefined) this.versions.set(observed, versions);
    this.stale = undefined;
    return observed;
  }

  private decided(observed: Observed): RolloutDecision {
    const decision = decide(observed);
    this.passes += 1;
    if (this.passes % twiceEvery === 0 && !isDeepStrictEqual(decision, decide(observed)))
      this.violations.push('the same observation gave two decisions');
    return decision;
  }

  /** What a write of the Rollout is refused for when it differs from what was decided on. */
  private rolloutVersion(): readonly unknown[] {
    const { status, annotations, given, image, generation } = this.world;
    return [status, annotations, given, image, generation, this.restartAt];
  }

  private remember(observed: Observed): Observed {
    this.versions.set(observed, this.rolloutVersion());
    return observed;
  }

  private fateOf(observed: Observed, effect: RolloutEffect | undefined): 'done' | 'lost' | 'unanswered' {
    const fault = this.isReliable ? undefined : this.faults.get(this.writes);
    this.writes += 1;
    if (fault !== undefined) this.struck += 1;
    const before = this.targetOf(observed, effect);
    if (fault?.kind === 'late') this.idle(fault.afterMs);
    const isChanged = before.some((one, index) => one !== this.targetNow(effect)[index]);
    if (isChanged || fault?.kind === 'lost' || fault?.kind === 'conflict') return 'lost';
    return fault === undefined ? 'done' : 'unanswered';
  }

  /** Versions, as they were decided on, of the object that a write changes. */
  private targetOf(observed: Observed, effect: RolloutEffect | undefined): readonly unknown[] {
    if (effect === undefined || isOnRollout(effect)) return this.versions.get(observed) ?? this.rolloutVersion();
    if (effect.kind !== 'SwitchService') return this.targetNow(effect);
    const services = [observed.stableService, observed.canaryService];
    return [services.find((one) => one?.view.metadata.name === effect.target.name)?.podHash];
  }

  private targetNow(effect: RolloutEffect | undefined): readonly unknown[] {
    if (effect === undefined || isOnRollout(effect)) return this.rolloutVersion();
    if (effect.kind === 'SwitchService') return [this.world.services.get(effect.target.name)];
    // The status of a ReplicaSet is part of its version; its spec is written by the controller alone. The world itself refuses
    // stale writes of routes.
    return effect.kind === 'Scale' ? [this.world.readyPods(effect.podHash)] : [];
  }

  /** Time goes by while the controller waits for an answer. */
  private idle(forMs: number): void {
    const { world } = this;
    const end = world.now + forMs;
    for (let next = world.nextChange(); next < end; next = world.nextChange()) {
      world.now = next;
      world.settlePods();
    }
    world.now = end;
    world.settlePods();
  }

  private dressed(observed: Observed): Observed {
    const { isArgo, hasManagedRoutes, kind } = this.spec;
    const { strategy } = observed.rollout.spec;
    const routing = strategy?.canary?.trafficRouting;
    const managed =
      hasManagedRoutes && routing !== undefined
        ? { strategy: { canary: { ...strategy?.canary, trafficRouting: { ...routing, managedRoutes } } } }
        : {};
    const restart = this.restartAt === undefined ? {} : { restartAt: this.restartAt };
    const rollout = { ...observed.rollout, spec: { ...observed.rollout.spec, ...managed, ...restart } };
    const traffic = observed.traffic && { ...observed.traffic, router: plainRouter };
    return {
      ...observed,
      dialect: isArgo ? argoDialect : tidegateDialect,
      rollout,
      traffic,
      problems: this.problems,
      pods: observed.pods.map((pod) => {
        const trouble = pod.ready ? undefined : this.troubles.get(pod.podHash);
        return trouble === undefined ? pod : { ...pod, troubles: [troubleOf(trouble)] };
      }),
      ...(kind === 'blue-green' ? {} : { stepHash: JSON.stringify(this.world.given.canary?.steps ?? []) }),
    };
  }
}

/** Commands and statuses are refused when the Rollout changed; `Annotate` of a ReplicaSet is not. */
function isOnRollout(effect: RolloutEffect): boolean {
  return effect.kind === 'Annotate' && effect.target.kind === 'Rollout';
}

function troubleOf(kind: string): ContainerTrouble {
  const base = { container: 'web', image: 'registry.example/shop:1', restarts: 5, exitCode: 1 };
  if (kind === 'CrashLoopBackOff')
    return { ...base, reason: kind, message: 'back-off 5m0s restarting failed container' };
  const message = kind === 'registry' ? 'dial tcp 10.0.0.1:443: connection refused' : 'manifest unknown';
  return { ...base, reason: 'ImagePullBackOff', message };
}
