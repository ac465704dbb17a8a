/**
 * Carries out a decision: each effect is one write with the version and uid it was decided on, in order, and the first
 * failure ends the pass. The difference of the status is written last, and only once.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { ApiResult, JsonObject, KubeClient, KubeObject, ObjectKey, Ref } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { RolloutDecision } from './decide.ts';
import type { Call } from './calls.ts';
import type { RolloutEffect } from './effects.ts';
import type { Observed } from './observed.ts';
import { type ExperimentDraft, withTemplates } from './experiment-draft.ts';
import { recordObject } from './record.ts';
import { carrierName, splitStatus } from './recorded-status.ts';
import { refTo } from './scene.ts';
import { statusPatch } from './status-diff.ts';
import { activeServiceKey, liveActiveText } from './blue-green-live.ts';
import { liveWeightText } from './live-weight.ts';
import { hasManagedRoutes } from './step-routes.ts';
import type { Found, RouteWrite } from '../traffic/router.ts';

export const fieldManager = 'tidegate';

export interface ActOptions {
  readonly client: KubeClient;
  readonly keys: Keys;
  /** Called with every object as stored after a write. */
  readonly wrote: (object: KubeObject) => void;
  readonly effectDone?: (kind: string, outcome: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Starts a call of an HTTP service and returns at once. */
  readonly call?: (call: Call) => void;
}

/** A write that the API server did not make, for another reason than a newer version. */
export interface FailedWrite {
  /** 'pass': something else than an effect, such as the status. */
  readonly kind: RolloutEffect['kind'] | 'pass';
  readonly why: string;
  /** No answer, or a busy server: the next try may well succeed. */
  readonly mayPass?: true;
}

/** `facts` are those that hold now. `stopped` says why not all was done; the next pass decides anew. */
export interface ActOutcome {
  readonly facts: readonly Fact[];
  readonly writes: number;
  readonly stopped?: { readonly why: string; readonly afterMs?: number };
  readonly failed?: FailedWrite;
  /** Objects, as they were decided on, to which a write may still arrive: nothing is known of its fate. */
  readonly doubts: readonly Ref[];
}

type Step =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'stopped';
      readonly why: string;
      readonly afterMs?: number;
      readonly error?: 'refused' | 'transient';
    };

/** After a refused eviction (argo-rollouts.md 2.12). */
const evictAgainMs = 30_000;

const done: Step = { kind: 'done' };

export async function act(options: ActOptions, observed: Observed, decision: RolloutDecision): Promise<ActOutcome> {
  const pass = new Pass(options, observed);
  const facts: Fact[] = [];
  for (const effect of decision.effects) {
    const step = await pass.carryOut(effect);
    options.effectDone?.(effect.kind, step.kind);
    if (step.kind === 'stopped') return { facts, ...pass.end(step, effect.kind) };
    facts.push(...effect.tells);
  }
  const step = await pass.writeStatus(decision.status);
  if (step.kind === 'stopped') return { facts, ...pass.end(step, 'pass') };
  return { facts: [...facts, ...decision.facts], writes: pass.writes, doubts: pass.doubts };
}

class Pass {
  private readonly options: ActOptions;
  private readonly observed: Observed;
  /** Own writes to the Rollout in this pass move its version on. */
  private rollout: Ref;
  writes = 0;
  readonly doubts: Ref[] = [];

  constructor(options: ActOptions, observed: Observed) {
    this.options = options;
    this.observed = observed;
    this.rollout = refTo(observed.rollout);
  }

  end(stopped: Extract<Step, { kind: 'stopped' }>, kind: FailedWrite['kind']): Omit<ActOutcome, 'facts'> {
    const { error, ...rest } = stopped;
    const passes = error === 'transient' ? ({ mayPass: true } as const) : {};
    const failed = error === undefined ? {} : { failed: { kind, why: stopped.why, ...passes } };
    return { writes: this.writes, stopped: rest, doubts: this.doubts, ...failed };
  }

  async carryOut(effect: RolloutEffect): Promise<Step> {
    switch (effect.kind) {
      case 'CreateReplicaSet':
        return this.createReplicaSet(effect.draft.object, effect.draft.name);
      case 'Scale':
        return this.scale(effect);
      case 'SetWeight':
        return this.setWeight(effect);
      case 'SwitchService':
        return this.merge(effect.target, this.servicePatch(effect.podHash));
      case 'StartAnalysis':
        return this.create(effect.draft.object as unknown as KubeObject);
      case 'StartExperiment':
        return this.startExperiment(effect.draft);
      case 'Patch':
        return this.merge(effect.target, effect.patch);
      case 'StopAnalysis':
        return this.merge(effect.target, { spec: { terminate: true } });
      case 'Delete':
        return this.remove(effect.target);
      case 'Evict':
        return this.evict(effect.target);
      case 'Call':
        this.options.call?.(effect.call);
        return done;
      case 'Annotate':
        return this.merge(effect.target, { metadata: { annotations: effect.set } });
    }
  }

  async writeStatus(status: RolloutStatus): Promise<Step> {
    const before = this.observed.rollout.status;
    if (!isArgo(this.observed.dialect)) return this.patchStatus(statusPatch(before, status));
    const now = splitStatus(status);
    const recorded = await this.writeRecorded(status, now.recorded);
    return recorded.kind === 'stopped'
      ? recorded
      : this.patchStatus(statusPatch(splitStatus(before).stored, now.stored));
  }

  private async patchStatus(patch: object | undefined): Promise<Step> {
    return patch === undefined ? done : this.merge(this.rollout, { status: patch }, 'status');
  }

  /** The half that Argo's status has no fields for, written first: it holds the intent. */
  private async writeRecorded(status: RolloutStatus, recorded: Partial<RolloutStatus>): Promise<Step> {
    const name = carrierName(this.observed, status);
    let run: KubeObject | undefined = this.observed.runs.find((one) => one.metadata.name === name);
    const known = this.observed.runs.find((one) => one.metadata.name === name)?.status?.recorded ?? {};
    const patch = statusPatch(known, recorded);
    if (patch === undefined) return done;
    if (run === undefined) {
      const object = recordObject(this.observed, status, name) as unknown as KubeObject;
      const made = await this.options.client.create(object, this.writeOptions());
      if (made.kind !== 'ok') return this.settle(made, `create RolloutRun ${name}`);
      this.settle(made, '');
      run = made.object;
    }
    return this.merge(refTo(run), { status: { recorded: patch } }, 'status');
  }

  private servicePatch(podHash: string): object {
    const { keys } = this.observed;
    const name = this.observed.rollout.metadata.name;
    return {
      metadata: { annotations: { [keys.managedByRollouts]: name } },
      spec: { selector: { [keys.podTemplateHash]: podHash } },
    };
  }

  private async createReplicaSet(object: JsonObject, name: string): Promise<Step> {
    const result = await this.options.client.create(object as unknown as KubeObject, this.writeOptions());
    if (result.kind !== 'conflict') return this.settle(result, `create ReplicaSet ${name}`);
    return this.resolveClash(name);
  }

  /** The name is taken: by our own ReplicaSet that the cache does not show yet, or by another template of the same hash. */
  private async resolveClash(name: string): Promise<Step> {
    const { namespace, uid } = this.observed.rollout.metadata;
    const key: ObjectKey = { group: 'apps', kind: 'ReplicaSet', namespace, name };
    const live = await this.options.client.get(key, this.callOptions());
    const isOurs = live.kind === 'ok' && live.object.metadata.ownerReferences?.some((owner) => owner.uid === uid);
    if (isOurs) {
      this.options.wrote(live.object);
      return { kind: 'stopped', why: `ReplicaSet ${name} exists already`, afterMs: 50 };
    }
    if (live.kind !== 'ok') return this.settle(live, `read ReplicaSet ${name}`);
    const { collisionCount = 0 } = this.observed.rollout.status;
    const step = await this.merge(this.rollout, { status: { collisionCount: collisionCount + 1 } }, 'status');
    return step.kind === 'done'
      ? { kind: 'stopped', why: `the name ${name} is taken by another owner`, afterMs: 0 }
      : step;
  }

  private async startExperiment(draft: ExperimentDraft): Promise<Step> {
    const { namespace } = this.observed.rollout.metadata;
    const sets = new Map<string, JsonObject>();
    for (const name of new Set(Object.values(draft.sets))) {
      const found = await this.options.client.get(
        { group: 'apps', kind: 'ReplicaSet', namespace, name },
        this.callOptions(),
      );
      if (found.kind !== 'ok') return failed(found, `read ReplicaSet ${name}`);
      sets.set(name, found.object);
    }
    return this.create(withTemplates(draft, (name) => ({ ...sets.get(name) })));
  }

  /** Names are derived from what the object is for: one that exists was created by an earlier, unfinished pass. */
  private async create(object: KubeObject): Promise<Step> {
    const what = `${object.kind} ${object.metadata.name}`;
    const result = await this.options.client.create(object, this.writeOptions());
    if (result.kind === 'conflict') return { kind: 'stopped', why: `${what} exists already`, afterMs: 50 };
    return this.settle(result, `create ${what}`);
  }

  /** A ReplicaSet loses pods only when the route, asked now, gives its revision no more weight than was decided on. */
  private async scale(effect: Extract<RolloutEffect, { kind: 'Scale' }>): Promise<Step> {
    if (effect.live) {
      const weighted = (await this.hasWeight(effect)) ?? (await this.isActive(effect));
      if (weighted !== undefined) return { kind: 'stopped', why: weighted, afterMs: 1000 };
    }
    const annotations = { [this.options.keys.desiredReplicas]: String(effect.desired) };
    return this.merge(effect.target, { metadata: { annotations }, spec: { replicas: effect.to } });
  }

  /** The same by the active Service of a blue-green Rollout. */
  private async isActive({ podHash }: Extract<RolloutEffect, { kind: 'Scale' }>): Promise<string | undefined> {
    const key = activeServiceKey(this.observed);
    if (key === undefined) return undefined;
    const result = await this.options.client.get(key, this.callOptions());
    if (result.kind !== 'ok') return `the active Service ${key.name} could not be read`;
    return liveActiveText(this.observed, result.object, podHash);
  }

  /** Why the revision must keep its pods, by the routes as the API server has them now; undefined when it need not. */
  private async hasWeight(effect: Extract<RolloutEffect, { kind: 'Scale' }>): Promise<string | undefined> {
    const { traffic, rollout } = this.observed;
    if (traffic === undefined) return undefined;
    const live = new Map<string, KubeObject & JsonObject>();
    for (const key of traffic.router.needs(rollout, traffic.found)) {
      const result = await this.options.client.get(key, this.callOptions());
      // Some objects exist only while there is weight: the router knows what it means that one is missing.
      if (result.kind === 'not-found') continue;
      if (result.kind !== 'ok') return `the weights of ${key.kind} ${key.name} could not be read`;
      live.set(routeName(key), result.object);
    }
    const found: Found = (key) => live.get(routeName(key));
    const state = traffic.router.read(rollout, found);
    const weighted = liveWeightText(this.observed, state, effect);
    const isCanary = this.observed.canaryService?.podHash === effect.podHash && effect.to === 0;
    if (weighted !== undefined || !isCanary) return weighted;
    return hasManagedRoutes(rollout, { router: traffic.router, found, state })
      ? `header or mirror routes still lead to revision ${effect.podHash}`
      : undefined;
  }

  /** Every route is tried, so that one which changed meanwhile does not hold up the others. */
  private async setWeight(effect: Extract<RolloutEffect, { kind: 'SetWeight' }>): Promise<Step> {
    const { traffic, rollout } = this.observed;
    if (traffic === undefined) return { kind: 'stopped', why: 'there is no router' };
    const writes = traffic.router.plan(rollout, effect.wanted, traffic.found, effect.scope);
    if ('kind' in writes) return { kind: 'stopped', why: writes.message, error: 'refused' };
    let outcome = done;
    for (const write of writes) {
      const step = await this.writeRoute(write);
      if (outcome.kind === 'done') outcome = step;
    }
    return outcome;
  }

  private async writeRoute(write: RouteWrite): Promise<Step> {
    switch (write.kind) {
      case 'patch':
        return this.merge(refTo(write.object), write.patch);
      case 'create':
        return this.create(write.object);
      case 'delete':
        return this.remove(refTo(write.object));
    }
  }

  private async remove(target: Ref): Promise<Step> {
    const { uid, resourceVersion } = target;
    const result = await this.options.client.delete(target, {
      ...this.callOptions(),
      uid,
      resourceVersion,
      propagation: 'Background',
    });
    if (result.kind === 'not-found') return done;
    if (result.kind === 'ok') {
      this.writes += 1;
      return done;
    }
    return this.settle(result, `delete ${target.kind} ${target.name}`);
  }

  /** A budget that allows no pod to go now answers 429, whatever time it names. */
  private async evict(target: Ref): Promise<Step> {
    const { namespace, name, uid } = target;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } };
    const eviction = { ...body, deleteOptions: { preconditions: { uid } } };
    const result = await this.options.client.createSub(target, 'eviction', eviction, this.callOptions());
    switch (result.kind) {
      case 'ok':
        this.writes += 1;
        return done;
      case 'not-found':
      case 'conflict':
        // Gone, or made anew under the same name.
        return done;
      case 'busy':
        return { kind: 'stopped', why: `the eviction of pod ${name} was refused`, afterMs: evictAgainMs };
      default:
        return failed(result, `evict pod ${name}`);
    }
  }

  private async merge(target: Ref, patch: object, subresource?: 'status'): Promise<Step> {
    const isRollout = target.uid === this.rollout.uid;
    const { uid, resourceVersion } = isRollout ? this.rollout : target;
    const options = { ...this.writeOptions(), uid, resourceVersion, ...(subresource ? { subresource } : {}) };
    const result = await this.options.client.merge(target, patch, options);
    if (isRollout && result.kind === 'ok') this.rollout = refTo(result.object);
    if (result.kind === 'unknown') this.doubts.push({ ...target, uid, resourceVersion });
    return this.settle(result, `change ${target.kind} ${target.name}`);
  }

  private settle(result: ApiResult | ApiResult<JsonObject>, what: string): Step {
    if (result.kind === 'ok') {
      this.writes += 1;
      this.options.wrote(result.object as unknown as KubeObject);
      return done;
    }
    return failed(result, what);
  }

  private writeOptions() {
    return { fieldManager, ...this.callOptions() };
  }

  private callOptions() {
    return this.options.signal === undefined ? {} : { signal: this.options.signal };
  }
}

function routeName({ group, kind, name }: ObjectKey): string {
  return `${group}/${kind}/${name}`;
}

/** Why a write did not happen, in words; conflicts are routine and looked at again at once. */
export function failed(
  result: Exclude<ApiResult<JsonObject>, { kind: 'ok' }>,
  what: string,
): Extract<Step, { kind: 'stopped' }> {
  switch (result.kind) {
    case 'conflict':
      return { kind: 'stopped', why: `could not ${what}: it changed meanwhile`, afterMs: 30 };
    case 'busy':
      return {
        kind: 'stopped',
        why: `could not ${what}: the API server is busy`,
        afterMs: result.retryAfterMs,
        error: 'transient',
      };
    case 'forbidden':
      return { kind: 'stopped', why: `could not ${what}: the controller may not ${result.right}`, error: 'refused' };
    case 'invalid':
    case 'not-found':
    case 'gone':
      return { kind: 'stopped', why: `could not ${what}: ${result.message}`, error: 'refused' };
    case 'unknown':
      return { kind: 'stopped', why: `could not ${what}: ${result.cause.message}`, error: 'transient' };
  }
}
