/**
 * What a regression scenario acts with: one Rollout in the in-process world, without Git, what people and machines do to it, and
 * what a user would notice. A complaint is a sentence; a run without faults of the controller has none.
 */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KubeObject } from '../../../kube/api.ts';
import { at, listAt, numberAt, textAt } from '../in-process/cluster-state.ts';
import { hashLabel } from '../in-process/metrics-answers.ts';
import { namespace } from '../in-process/shop-objects.ts';
import type { RunWorld } from '../in-process/world.ts';
import { readyPods, selects } from './pods.ts';
import { type Shop, shopObjects } from './shop.ts';

/** Far more than any wait takes, with a crash on the way. */
const withinMs = 6 * 60_000;
/** What a crash may add to a deadline: the time without a controller, and a lease that has to run out. */
const crashMs = 120_000;

export class Stage {
  readonly world: RunWorld;
  /** A crash of the controller is part of the run: limits of time are longer. */
  readonly crashes: boolean;
  readonly complaints: string[] = [];
  private readonly guards: (() => string | undefined)[] = [];
  private mayFail = false;
  private shop: Shop = { version: 'v1' };

  constructor(world: RunWorld, crashes: boolean) {
    this.world = world;
    this.crashes = crashes;
    this.guards.push(() => (this.mayFail ? undefined : unanswered(world)));
    world.api.onCommit(() => this.look());
  }

  private look(): void {
    for (const guard of this.guards) {
      const sentence = guard();
      if (sentence !== undefined) this.complain(sentence);
    }
  }

  complain(sentence: string): void {
    if (!this.complaints.includes(sentence)) this.complaints.push(sentence);
  }

  /** Asked after every commit; a sentence is a complaint. */
  always(guard: () => string | undefined): void {
    this.guards.push(guard);
  }

  /** From now on the scenario itself takes pods away, so that requests may fail. */
  requestsMayFail(mayFail = true): void {
    this.mayFail = mayFail;
  }

  /** Makes all objects of the app and waits until its first revision is healthy. */
  async begin(shop: Shop, more: readonly JsonObject[] = []): Promise<void> {
    this.shop = shop;
    for (const object of [...shopObjects(shop), ...more]) await this.create(object);
    await this.untilHealthy(shop.version);
    // The Services are adopted right after.
    await this.pass(2_000);
  }

  async create(object: JsonObject): Promise<void> {
    const metadata = { ...(object['metadata'] as JsonObject), namespace };
    const made = await this.world.settled(this.world.admin.create({ ...object, metadata } as unknown as KubeObject));
    if (made.kind !== 'ok') throw new Error(`${textAt(object, 'kind')} could not be made: ${JSON.stringify(made)}`);
  }

  /** Somebody applies the app anew; what is not said stays as it was. */
  async release(change: Partial<Shop>): Promise<void> {
    this.shop = { ...this.shop, ...change };
    const before = this.world.state.get('Rollout', 'shop');
    const rollout = shopObjects(this.shop).find((one) => textAt(one, 'kind') === 'Rollout');
    const spec = at(rollout, 'spec') as JsonObject;
    await this.patch('Rollout', 'shop', { spec: replacing(at(before, 'spec') as JsonObject, spec) });
  }

  /** A merge patch by a person. */
  async patch(kind: string, name: string, change: JsonObject, subresource?: 'status'): Promise<void> {
    const group = groups[kind] ?? 'tidegate.io';
    const options = { fieldManager: 'kubectl', ...(subresource && { subresource }) };
    const result = await this.world.settled(this.world.admin.merge({ group, kind, namespace, name }, change, options));
    if (result.kind !== 'ok') throw new Error(`${kind} ${name} could not be changed: ${JSON.stringify(result)}`);
  }

  async remove(kind: string, name: string): Promise<void> {
    const group = groups[kind] ?? 'tidegate.io';
    await this.world.settled(this.world.admin.delete({ group, kind, namespace, name }));
  }

  /** Deletes an object and leaves what it owns where it is (`kubectl delete --cascade=orphan`). */
  async orphan(kind: string, name: string): Promise<void> {
    const group = groups[kind] ?? 'tidegate.io';
    await this.world.settled(this.world.admin.delete({ group, kind, namespace, name }, { propagation: 'Orphan' }));
  }

  /** Takes every pod of a version away; its ReplicaSet makes new ones. */
  async killPods(version: string): Promise<void> {
    for (const pod of readyPods(this.world, this.hash(version))) await this.remove('Pod', textAt(pod, 'metadata.name'));
  }

  async command(verb: string, id = `${verb}-1`): Promise<void> {
    const annotations = {
      'tidegate.io/command': verb,
      'tidegate.io/command-id': id,
      'tidegate.io/command-actor': 'dev',
      'tidegate.io/command-reason': 'it looks wrong',
    };
    await this.patch('Rollout', 'shop', { metadata: { annotations } });
  }

  /** Waits; a story in which it never comes true is stuck. */
  until(what: string, isTrue: () => boolean): Promise<void> {
    return this.world.until(what, isTrue, withinMs);
  }

  /** The same, and a complaint when it takes longer than `ms`. */
  async soon(what: string, ms: number, isTrue: () => boolean): Promise<void> {
    const limitMs = this.crashes ? ms + crashMs : ms;
    const beganMs = this.world.time.elapsedMs();
    await this.until(what, isTrue);
    const tookMs = this.world.time.elapsedMs() - beganMs;
    if (tookMs > limitMs) this.complain(`${what}: it took ${Math.round(tookMs)} ms, allowed are ${limitMs} ms`);
  }

  pass(ms: number): Promise<void> {
    return this.world.pass(ms);
  }

  untilHealthy(version: string): Promise<void> {
    return this.until(`${version} is healthy`, () => this.isHealthy(version));
  }

  isPaused(): boolean {
    return listAt(this.rollout(), 'status.pauseConditions').length > 0;
  }

  stepIndex(): number {
    return numberAt(this.rollout(), 'status.currentStepIndex');
  }

  untilPaused(): Promise<void> {
    return this.until('it is paused', () => this.isPaused());
  }

  /** The version stands at a pause. */
  untilPausedAt(version: string): Promise<void> {
    const isCurrent = () => this.hash(version) !== '' && this.status('currentPodHash') === this.hash(version);
    return this.until(`${version} is paused`, () => isCurrent() && this.isPaused());
  }

  untilAborted(): Promise<void> {
    return this.until('it is aborted and at rest', () => this.isAborted());
  }

  isHealthy(version: string): boolean {
    const isStable =
      this.status('stableRS') === this.hash(version) && this.status('currentPodHash') === this.hash(version);
    return this.status('phase') === 'Healthy' && isStable;
  }

  isAborted(): boolean {
    return (
      this.status('phase') === 'Degraded' && this.status('abortedAt') !== '' && this.status('transition.kind') === ''
    );
  }

  rollout(): JsonObject | undefined {
    return this.world.state.get('Rollout', 'shop');
  }

  /** Text of a field of the Rollout's status; '' when it is not there. */
  status(path: string): string {
    return textAt(this.rollout(), `status.${path}`);
  }

  /** The pod hash of a version; '' while it has no ReplicaSet. */
  hash(version: string): string {
    return labelOf(this.replicaSet(version));
  }

  replicaSet(version: string): JsonObject | undefined {
    const isOf = (set: JsonObject) =>
      textAt(listAt(set, 'spec.template.spec.containers')[0], 'image').endsWith(`:${version}`);
    return this.world.state.list('ReplicaSet').find(isOf);
  }

  /** Pods that the version is asked for. */
  size(version: string): number {
    return numberAt(this.replicaSet(version), 'spec.replicas');
  }

  /** Ready pods of the version. */
  ready(version: string): number {
    const hash = this.hash(version);
    return hash === '' ? 0 : readyPods(this.world, hash).length;
  }

  canaryWeight(): number {
    const backends = listAt(listAt(this.world.state.get('HTTPRoute', 'shop'), 'spec.rules')[0], 'backendRefs');
    return numberAt(
      backends.find((one) => textAt(one, 'name') === 'shop-canary'),
      'weight',
    );
  }

  /** The pod hash in a Service's selector; '' without one. */
  selected(service: string): string {
    const selector = at(this.world.state.get('Service', service), 'spec.selector') as
      | Record<string, string>
      | undefined;
    return selector?.[hashLabel] ?? '';
  }

  /** Changes of a value from commit to commit, the first one included. */
  track<T>(value: () => T): readonly T[] {
    const seen: T[] = [value()];
    this.always(() => {
      const now = value();
      if (now !== seen.at(-1)) seen.push(now);
      return undefined;
    });
    return seen;
  }
}

const groups: Readonly<Record<string, string>> = {
  Pod: '',
  Service: '',
  ReplicaSet: 'apps',
  HTTPRoute: 'gateway.networking.k8s.io',
};

function labelOf(set: JsonObject | undefined): string {
  const labels = at(set, 'metadata.labels') as Readonly<Record<string, string>> | undefined;
  return labels?.[hashLabel] ?? '';
}

/** A merge patch that makes `before` say exactly what `after` says in `strategy`, and the rest on top. */
function replacing(before: JsonObject, after: JsonObject): JsonObject {
  const patch = (was: unknown, is: JsonObject): JsonObject => {
    const old = isObject(was) ? was : {};
    const gone = Object.keys(old).filter((key) => is[key] === undefined);
    return {
      ...Object.fromEntries(gone.map((key) => [key, null])),
      ...Object.fromEntries(
        Object.entries(is).map(([key, value]) => [key, isObject(value) ? patch(old[key], value) : value]),
      ),
    };
  };
  return { ...after, strategy: patch(before['strategy'], after['strategy'] as JsonObject) };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says which Service with live traffic has nobody behind it. */
function unanswered(world: RunWorld): string | undefined {
  const rollout = world.state.get('Rollout', 'shop');
  if (textAt(rollout, 'status.stableRS') === '' || numberAt(rollout, 'spec.replicas') === 0) return undefined;
  const active = textAt(rollout, 'spec.strategy.blueGreen.activeService');
  const backends = listAt(world.state.get('HTTPRoute', 'shop'), 'spec.rules').flatMap((rule) =>
    listAt(rule, 'backendRefs'),
  );
  const routed = backends.filter((one) => numberAt(one, 'weight') > 0).map((one) => textAt(one, 'name'));
  const live = active === '' ? routed : [active];
  const empty = live.find(
    (name) => !world.state.list('Pod').some((pod) => selects(world.state.get('Service', name), pod)),
  );
  return empty === undefined ? undefined : `requests to Service ${empty} were answered by nobody`;
}
