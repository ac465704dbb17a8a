/**
 * A small world for the experiment room: an API server in memory, pods that become available when the test says, AnalysisRuns
 * that end when the test says, and a clock. The whole room runs against it.
 */

import { type Dialect, tidegateDialect } from '../../../crds/schema/dialect.ts';
import type { Experiment, ExperimentSpec, ExperimentStatus } from '../../../crds/schema/experiment.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import { keys } from '../../../crds/schema/keys.ts';
import type { AnalysisPhase } from '../../../crds/schema/rollout-status.ts';
import type {
  ApiResult,
  EventDraft,
  KubeClient,
  KubeObject,
  MergeOptions,
  ObjectKey,
  Store,
  StoreChange,
} from '../../../kube/api.ts';
import { type FakeClock, fakeClock } from '../../../kube/fake-clock.ts';
import { ownWrites } from '../../../kube/own-writes.ts';
import { keyOf } from '../../../kube/ref.ts';
import { silentLog } from '../../../kube/silent-log.ts';
import { rolloutCacheNeeds, rolloutStores } from '../../rollout/stores.ts';
import { experimentReconciler } from '../reconciler.ts';

type Live = KubeObject & JsonObject;

export interface WorldGiven {
  readonly spec: ExperimentSpec;
  readonly dialect?: Dialect;
  readonly statusSubresource?: boolean;
  /** Objects that are there besides. */
  readonly objects?: readonly object[];
  readonly metadata?: object;
}

export interface Write {
  readonly verb: 'create' | 'merge' | 'delete';
  readonly kind: string;
  readonly name: string;
  readonly body?: JsonObject;
  readonly options?: MergeOptions;
}

export const experimentKey = 'shop/trial';

/** A template with one container; `more` overrides its fields. */
export function aTemplate(name: string, more: object = {}): ExperimentSpec['templates'][number] {
  const labels = { app: 'web', side: name };
  const ports = [{ containerPort: 8080 }];
  return {
    name,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: `web:${name}`, ports }] } },
    ...more,
  };
}

export function anAnalysisTemplate(name: string, more: object = {}, dialect = tidegateDialect): object {
  return {
    apiVersion: `${dialect.group}/v1alpha1`,
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: { metrics: [{ name: 'errors', provider: { prometheus: { query: 'up' } } }], ...more },
  };
}

export class World {
  readonly clock: FakeClock = fakeClock(Date.UTC(2026, 0, 1));
  readonly writes: Write[] = [];
  readonly events: EventDraft[] = [];
  readonly dialect: Dialect;
  readonly keys: ReturnType<typeof keys>;
  /** Answers to the next calls of a verb and kind. */
  answer: (write: Write) => ApiResult | undefined = () => undefined;
  private readonly given: WorldGiven;
  private readonly live = new Map<string, Live>();
  private readonly handlers = new Map<string, Set<(change: StoreChange<KubeObject>) => void>>();
  private version = 10;
  private room: ReturnType<typeof experimentReconciler>;
  private readonly queued = new Map<string, number>();
  private stop: () => void = () => undefined;

  constructor(given: WorldGiven) {
    this.given = given;
    this.dialect = given.dialect ?? tidegateDialect;
    this.keys = keys(this.dialect);
    const experiment = {
      apiVersion: `${this.dialect.group}/v1alpha1`,
      kind: 'Experiment',
      metadata: { name: 'trial', namespace: 'shop', uid: 'trial-uid', generation: 1, ...given.metadata },
      spec: given.spec,
    };
    for (const object of [...(given.objects ?? []), experiment]) this.put(object as Live);
    this.room = this.begin('first');
  }

  /** A new process takes over: all memory is lost, the term is another one. */
  restart(term = 'second'): void {
    this.stop();
    this.queued.clear();
    this.room = this.begin(term);
  }

  private begin(term: string): ReturnType<typeof experimentReconciler> {
    const room = experimentReconciler({
      client: this.client(),
      stores: this.stores(),
      seen: () => String(this.version),
      ownWrites: ownWrites(this.clock),
      clock: this.clock,
      dialect: this.dialect,
      keys: this.keys,
      events: { record: (event) => void this.events.push(event) },
      leadership: { term, signal: new AbortController().signal, mayWrite: () => true },
      log: silentLog,
    });
    this.stop = room.start({ add: (key, options) => void this.queued.set(key, this.at(options?.afterMs)) });
    return room;
  }

  private at(afterMs = 0): number {
    return this.clock.now() + afterMs;
  }

  /** Works until nothing is due, moving time on by `ms` in all. */
  async pass(ms = 0): Promise<void> {
    const end = this.clock.now() + ms;
    for (let turn = 0; turn < 2_000; turn += 1) {
      const due = [...this.queued].find(([, at]) => at <= this.clock.now());
      if (due !== undefined) await this.reconcile(due[0]);
      else if (this.clock.now() >= end) return;
      else await this.clock.advance(Math.max(0, Math.min(end, ...this.queued.values()) - this.clock.now()));
    }
    throw new Error(`the room never comes to rest: ${JSON.stringify(this.status)}`);
  }

  private async reconcile(key: string): Promise<void> {
    this.queued.delete(key);
    const result = await this.room.reconcile(key);
    if (result.kind === 'again') this.queued.set(key, this.at());
    if (result.kind === 'retry') this.queued.set(key, this.at(result.afterMs ?? 1_000));
    if (result.kind === 'done' && result.lookAgainAt !== undefined && !this.queued.has(key))
      this.queued.set(key, result.lookAgainAt);
  }

  get status(): ExperimentStatus {
    return (this.find('Experiment', 'trial') as unknown as Experiment | undefined)?.status ?? {};
  }

  find(kind: string, name: string): Live | undefined {
    return [...this.live.values()].find((one) => one.kind === kind && one.metadata.name === name);
  }

  all(kind: string): readonly Live[] {
    return [...this.live.values()].filter((one) => one.kind === kind);
  }

  reasons(): readonly string[] {
    return this.events.map(({ reason }) => reason);
  }

  /** The pods of ReplicaSets (all without names) are as many as asked for and available, or `available` of them. */
  podsUp(
    names: readonly string[] = this.all('ReplicaSet').map(({ metadata }) => metadata.name),
    available?: number,
  ): void {
    for (const name of names) {
      const set = this.find('ReplicaSet', name);
      const replicas = Number((set?.['spec'] as { replicas?: number } | undefined)?.replicas ?? 0);
      const ready = Math.min(replicas, available ?? replicas);
      this.edit('ReplicaSet', name, { status: { replicas, readyReplicas: ready, availableReplicas: ready } });
    }
  }

  finish(run: string, phase: AnalysisPhase, message = ''): void {
    this.edit('AnalysisRun', run, { status: { phase, ...(message ? { message } : {}) } });
  }

  /** Somebody else's merge patch. */
  edit(kind: string, name: string, patch: object): void {
    const object = this.find(kind, name);
    if (object === undefined) throw new Error(`no ${kind} ${name}`);
    this.put(merged(object, patch as Json) as unknown as Live);
  }

  remove(kind: string, name: string): void {
    const object = this.find(kind, name);
    if (object === undefined) return;
    this.live.delete(idOf(keyOf(object)));
    this.tell({ kind: 'deleted', object });
  }

  private put(object: Live): Live {
    this.version += 1;
    const { name } = object.metadata;
    const metadata = { uid: `uid-${object.kind}-${name}`, ...object.metadata, resourceVersion: String(this.version) };
    const stored = JSON.parse(JSON.stringify({ ...object, metadata })) as Live;
    this.live.set(idOf(keyOf(stored)), stored);
    this.tell({ kind: 'updated', object: stored });
    return stored;
  }

  private tell(change: StoreChange<KubeObject>): void {
    for (const handler of this.handlers.get(change.object.kind) ?? []) handler(change);
  }

  private client(): KubeClient {
    const stale = (key: ObjectKey, uid?: string, version?: string): ApiResult | undefined => {
      const found = this.live.get(idOf(key));
      if (found === undefined) return { kind: 'not-found', message: `${key.kind} ${key.name} not found` };
      const isSame = found.metadata.uid === uid && found.metadata.resourceVersion === version;
      return isSame ? undefined : { kind: 'conflict', message: 'stale' };
    };
    const write = (one: Write, carryOut: () => ApiResult): Promise<ApiResult> => {
      const said = this.answer(one);
      if (said === undefined) this.writes.push(one);
      return Promise.resolve(said ?? carryOut());
    };
    const subresources = new Set(this.given.statusSubresource === false ? [] : ['status']);
    return {
      served: () => Promise.resolve({ subresources }),
      get: (key: ObjectKey) => {
        const object = this.live.get(idOf(key));
        return Promise.resolve(object === undefined ? { kind: 'not-found', message: '' } : { kind: 'ok', object });
      },
      create: (object: Live) =>
        write({ verb: 'create', kind: object.kind, name: object.metadata.name, body: object }, () =>
          this.live.has(idOf(keyOf(object)))
            ? { kind: 'conflict', message: 'exists', reason: 'AlreadyExists' }
            : { kind: 'ok', object: this.put(object) },
        ),
      merge: (key: ObjectKey, body: JsonObject, options: MergeOptions) =>
        write({ verb: 'merge', kind: key.kind, name: key.name, body, options }, () => {
          const refused = stale(key, options.uid, options.resourceVersion);
          if (refused !== undefined) return refused;
          return { kind: 'ok', object: this.put(merged(this.live.get(idOf(key)), body) as unknown as Live) };
        }),
      delete: (key: ObjectKey, options: MergeOptions) =>
        write({ verb: 'delete', kind: key.kind, name: key.name }, () => {
          const refused = stale(key, options.uid, options.resourceVersion);
          if (refused !== undefined) return refused;
          const object = this.live.get(idOf(key)) as Live;
          this.remove(key.kind, key.name);
          return { kind: 'ok', object };
        }),
    } as unknown as KubeClient;
  }

  private stores() {
    return rolloutStores(rolloutCacheNeeds(this.dialect), (need) => {
      type T = ReturnType<typeof need.project>;
      const isMeant = ({ metadata }: Live): boolean => selects(need.labelSelector, metadata.labels ?? {});
      const list = () =>
        this.all(need.kind.kind)
          .filter(isMeant)
          .map((one): T => need.project(one));
      const store: Store<T> = {
        synced: () => true,
        get: (namespace, name) =>
          list().find(({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace),
        list,
        byOwner: (uid) => list().filter(({ metadata }) => metadata.ownerReferences?.some((one) => one.uid === uid)),
        byIndex: (index, value) => list().filter((one) => need.indexes[index]?.(one).includes(value)),
        onChange: (handler) => {
          const own = this.handlers.get(need.kind.kind) ?? new Set();
          this.handlers.set(need.kind.kind, own);
          const wrapped = (change: StoreChange<KubeObject>) =>
            handler({ kind: change.kind, object: need.project(change.object as Live) });
          own.add(wrapped);
          return () => void own.delete(wrapped);
        },
      };
      return store;
    });
  }
}

/** An analysis without which the Experiment is not complete. */
export const required = { name: 'errors', templateName: 'errors', requiredForCompletion: true };

export function statusOf(world: World, name: string) {
  return world.status.templateStatuses?.find((one) => one.name === name);
}

/** All pods of its templates are available. */
export async function running(given: WorldGiven): Promise<World> {
  const world = new World(given);
  await world.pass();
  world.podsUp();
  await world.pass();
  return world;
}

function idOf({ kind, namespace, name }: ObjectKey): string {
  return `${kind}/${namespace}/${name}`;
}

/** The forms that caches use: a label that must be there, or must not. */
function selects(selector: string | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return true;
  return selector.startsWith('!') ? labels[selector.slice(1)] === undefined : labels[selector] !== undefined;
}

/** RFC 7386. */
function merged(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const base: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete base[key];
    else base[key] = merged(base[key], value);
  }
  return base as Json;
}
