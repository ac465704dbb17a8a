/**
 * Carries a decision out: one status write, or its effects in order, each with the version and uid it was decided on. The
 * first failure ends the pass; a refusal to create an object of a template is remembered for the next decision.
 */

import type { ApiResult, JsonObject, KubeClient, KubeObject, ObjectKey, Ref } from '../../kube/api.ts';
import { keyOf, refOf } from '../../kube/ref.ts';
import type { Fact } from '../decision.ts';
import { failed, fieldManager } from '../rollout/act.ts';
import type { RolloutObject } from '../rollout/observed.ts';
import { type ExperimentDecision, statusPatch } from './decide.ts';
import { isHeldBy } from './observe.ts';
import type { ExperimentEffect, Observed } from './observed.ts';

export interface ActParts {
  readonly client: KubeClient;
  /** Called with every object as stored after a write. */
  readonly wrote: (object: KubeObject) => void;
  /** The API server will not have an object of this template; `why` are its words. */
  readonly refused: (template: string, why: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** `facts` are those that hold now. `stopped` says why not all was done; the next pass decides anew. */
export interface ActOutcome {
  readonly facts: readonly Fact[];
  readonly stopped?: { readonly why: string; readonly afterMs?: number };
  /** Objects, as they were decided on, to which a write may still arrive: nothing is known of its fate. */
  readonly doubts: readonly Ref[];
}

type Stop = { readonly why: string; readonly afterMs?: number };

export async function act(parts: ActParts, observed: Observed, decision: ExperimentDecision): Promise<ActOutcome> {
  const pass = new Pass(parts, observed);
  if (decision.phase === 'record') {
    const stopped = await pass.writeStatus(decision.status);
    return outcome(stopped === undefined ? decision.facts : [], stopped, pass.doubts);
  }
  const facts: Fact[] = [];
  for (const effect of decision.effects) {
    const stopped = await pass.carryOut(effect);
    if (stopped !== undefined) return outcome(facts, stopped, pass.doubts);
    facts.push(...effect.tells);
  }
  return outcome(facts, undefined, pass.doubts);
}

function outcome(facts: readonly Fact[], stopped: Stop | undefined, doubts: readonly Ref[]): ActOutcome {
  return stopped === undefined ? { facts, doubts } : { facts, doubts, stopped };
}

class Pass {
  private readonly parts: ActParts;
  private readonly observed: Observed;
  readonly doubts: Ref[] = [];

  constructor(parts: ActParts, observed: Observed) {
    this.parts = parts;
    this.observed = observed;
  }

  async carryOut(effect: ExperimentEffect): Promise<Stop | undefined> {
    const held = effect.kind === 'Create' ? undefined : await this.heldBy(effect.guard);
    if (held !== undefined) return held;
    switch (effect.kind) {
      case 'Create':
        return this.create(effect.object, effect.template);
      case 'Patch':
        return this.merge(effect.target, effect.patch);
      case 'Delete':
        return this.remove(effect.target);
    }
  }

  /** Where Argo's own CRD is installed an Experiment has no status subresource. */
  async writeStatus(status: Observed['experiment']['status'] & object): Promise<Stop | undefined> {
    const { experiment } = this.observed;
    const patch = statusPatch(experiment.status ?? {}, status);
    if (patch === undefined) return undefined;
    const { group, kind } = keyOf(experiment);
    const served = await this.parts.client.served({ group, kind });
    const hasStatus = served?.subresources.has('status') === true;
    return this.merge(refOf(experiment), { status: patch }, hasStatus ? 'status' : undefined);
  }

  /** Nothing that a Rollout counts on is taken away: it is asked live. */
  private async heldBy(guard: ObjectKey | undefined): Promise<Stop | undefined> {
    if (guard === undefined) return undefined;
    const live = await this.parts.client.get(guard, this.callOptions());
    if (live.kind === 'not-found') return undefined;
    if (live.kind !== 'ok') return failed(live, `read Rollout ${guard.name}`);
    const { name } = this.observed.experiment.metadata;
    const isHeld = isHeldBy(live.object as RolloutObject, name);
    return isHeld ? { why: `Rollout ${guard.name} still counts on ${name}`, afterMs: 1000 } : undefined;
  }

  /** Names are derived from what the object is for: an own one that exists was created by an earlier, unfinished pass. */
  private async create(object: KubeObject, template: string | undefined): Promise<Stop | undefined> {
    const what = `${object.kind} ${object.metadata.name}`;
    const result = await this.parts.client.create(object, this.writeOptions());
    if (result.kind === 'conflict' && result.reason !== 'NotLeader') return this.resolveClash(object, template);
    if (result.kind === 'invalid' && template !== undefined) {
      this.parts.refused(template, `the API server refused ${what}: ${result.message}`);
      return { why: result.message, afterMs: 0 };
    }
    return this.settle(result, `create ${what}`);
  }

  private async resolveClash(object: KubeObject, template: string | undefined): Promise<Stop | undefined> {
    const what = `${object.kind} ${object.metadata.name}`;
    const live = await this.parts.client.get(keyOf(object), this.callOptions());
    if (live.kind !== 'ok') return failed(live, `read ${what}`);
    const { uid } = this.observed.experiment.metadata;
    const isOwn = live.object.metadata.ownerReferences?.some((owner) => owner.uid === uid);
    if (isOwn) this.parts.wrote(live.object);
    else if (template !== undefined)
      this.parts.refused(template, `${what} exists and is not this Experiment's: remove it or rename the template`);
    return { why: `${what} exists already`, afterMs: isOwn ? 50 : 0 };
  }

  private async merge(target: Ref, patch: object, subresource?: 'status'): Promise<Stop | undefined> {
    const { uid, resourceVersion, ...key } = target;
    const options = { ...this.writeOptions(), uid, resourceVersion, ...(subresource ? { subresource } : {}) };
    const result = await this.parts.client.merge(key, patch, options);
    if (result.kind === 'unknown') this.doubts.push(target);
    return this.settle(result, `change ${target.kind} ${target.name}`);
  }

  private async remove(target: Ref): Promise<Stop | undefined> {
    const { uid, resourceVersion } = target;
    const options = { ...this.callOptions(), uid, resourceVersion, propagation: 'Background' as const };
    const result = await this.parts.client.delete(target, options);
    if (result.kind === 'ok' || result.kind === 'not-found') return undefined;
    return failed(result, `delete ${target.kind} ${target.name}`);
  }

  private settle(result: ApiResult | ApiResult<JsonObject>, what: string): Stop | undefined {
    if (result.kind !== 'ok') return failed(result, what);
    this.parts.wrote(result.object as unknown as KubeObject);
    return undefined;
  }

  private writeOptions() {
    return { fieldManager, ...this.callOptions() };
  }

  private callOptions() {
    return this.parts.signal === undefined ? {} : { signal: this.parts.signal };
  }
}
