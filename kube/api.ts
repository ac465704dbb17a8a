/**
 * The interfaces of the `kube` room: what the rest of the product may ask of a Kubernetes API server and of
 * the caches in front of it. Types only, so pure code may import it.
 */

import type { Json, JsonObject } from '../crds/schema/json.ts';

/** Epoch milliseconds. */
export type Instant = number;

/** `now()` is the only time status, deadlines and metric queries know; `monotonicMs()` the only time leases, HTTP deadlines and back-off know. */
export interface Clock {
  now(): Instant;
  monotonicMs(): number;
  /** How many milliseconds of `now()` pass in one of `monotonicMs()`: 1 when absent, more where a demo plays faster. */
  readonly rate?: number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** `group` is '' for the core group, `namespace` is '' for cluster-scoped objects. */
export interface ObjectKey {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Ref extends ObjectKey {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface OwnerRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerRef[];
  readonly finalizers?: readonly string[];
}

/** Any object as the API server sends it. Rooms narrow it by their zod schema or by a projection. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** One thing wrong with an object: `field` is a dotted path, `message` the API server's or our own sentence. */
export interface Problem {
  readonly field: string;
  readonly message: string;
}

/**
 * Why a write was refused as stale. `NotLeader` never left this process: the write gate was closed, so nothing was
 * written and whoever leads now will decide anew.
 */
export type ConflictReason = 'Conflict' | 'AlreadyExists' | 'NotLeader';

/**
 * Outcome of one API call. `unknown` means that it may have happened: read before repeating.
 * `busy` covers 429 and 503 with or without Retry-After.
 */
export type ApiResult<T = KubeObject & JsonObject> =
  | { readonly kind: 'ok'; readonly object: T }
  | { readonly kind: 'conflict'; readonly message: string; readonly reason?: ConflictReason }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'gone'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string; readonly problems: readonly Problem[] }
  | { readonly kind: 'forbidden'; readonly message: string; readonly right: string }
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  | { readonly kind: 'unknown'; readonly cause: Error };

/** Pools are separate connections, so that a flood of reads never delays a lease renewal. */
export type Pool = 'lease' | 'write' | 'read' | 'watch';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  readonly contentType?: string;
  /** `text`: the body of a good answer is no JSON; it comes back as the member `text` of the object. */
  readonly answer?: 'text';
  readonly pool: Pool;
  readonly as?: Identity;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type WatchRequest = Omit<ApiRequest, 'method' | 'body' | 'contentType' | 'pool'>;

export type WatchLine =
  | {
      readonly kind: 'event';
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly object: KubeObject & JsonObject;
    }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | {
      readonly kind: 'error';
      readonly code: number;
      readonly message: string;
      readonly retryAfterMs?: number;
      /** A line could not be read: its event is lost, so the reader must list anew. */
      readonly garbled?: true;
    };

/**
 * `send` never rejects. `watch` never throws: a lost connection, a garbled line and a silent server end it with an `error`
 * line of code 0, an answer of the server other than 200 with one that carries its code, a clean close by just ending.
 * For a watch `timeoutMs` is how long the server may send no whole line.
 */
export interface Transport {
  send(request: ApiRequest): Promise<ApiResult<JsonObject>>;
  watch(request: WatchRequest): AsyncIterable<WatchLine>;
}

/** Whose rights a call uses: absent means the process's own; a token is a TokenRequest token of a tenant's account. */
export interface Identity {
  readonly token: string;
}

export interface KindRef {
  readonly group: string;
  readonly kind: string;
}

/** A kind as the server serves it, from discovery. */
export interface ServedKind extends KindRef {
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly subresources: ReadonlySet<string>;
}

export interface CallOptions {
  readonly as?: Identity;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  /** Server dry-run (dryRun=All): admission and validation run, nothing is stored. */
  readonly dryRun?: boolean;
  /** fieldValidation=Strict: unknown and duplicate fields are an error. */
  readonly strict?: boolean;
}

export interface MergeOptions extends WriteOptions {
  readonly subresource?: 'status' | 'scale';
  /** Put into the patch as metadata.resourceVersion: a stale value is answered with `conflict`. */
  readonly resourceVersion?: string;
  /** Put into the patch as metadata.uid: an object made anew under the same name is answered with `conflict`. */
  readonly uid?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** 0 removes a pod at once; only what stands in for its kubelet may do that. */
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export type ListResult =
  | { readonly kind: 'ok'; readonly items: readonly (KubeObject & JsonObject)[]; readonly resourceVersion: string }
  | Exclude<ApiResult, { kind: 'ok' }>;

/**
 * Reads and writes of single objects as raw JSON, nothing dropped. Kinds are resolved by discovery (cached; an
 * unserved kind is `not-found` with a sentence). No call throws for an answer of the server or a lost connection,
 * save `served`: it rejects when discovery itself fails, because "not served" would then be a guess.
 */
export interface KubeClient {
  served(kind: KindRef): Promise<ServedKind | undefined>;
  get(key: ObjectKey, options?: CallOptions): Promise<ApiResult>;
  list(kind: KindRef, options?: ListOptions): Promise<ListResult>;
  create(object: KubeObject, options?: WriteOptions): Promise<ApiResult>;
  /** Server-side apply (JSON body). Put metadata.resourceVersion into the object to make it conditional. */
  apply(object: KubeObject, options: ApplyOptions): Promise<ApiResult>;
  merge(key: ObjectKey, patch: object, options: MergeOptions): Promise<ApiResult>;
  delete(key: ObjectKey, options?: DeleteOptions): Promise<ApiResult<JsonObject>>;
  /** POST to a subresource such as serviceaccounts/token or pods/eviction. */
  createSub(key: ObjectKey, subresource: string, body: object, options?: WriteOptions): Promise<ApiResult<JsonObject>>;
}

export interface StoreChange<T> {
  readonly kind: 'added' | 'updated' | 'deleted';
  readonly object: T;
  readonly old?: T;
}

/** The read side of one cached kind. Objects are deeply frozen in tests and must never be mutated. */
export interface Store<T extends KubeObject = KubeObject> {
  synced(): boolean;
  get(namespace: string, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  byOwner(ownerUid: string): readonly T[];
  /** Objects under `value` of a named index declared when the cache was made. */
  byIndex(index: string, value: string): readonly T[];
  onChange(handler: (change: StoreChange<T>) => void): () => void;
}

/** How urgent a key is: aborts and verdicts go before routine work. */
export type Priority = 'urgent' | 'normal' | 'low';

/** Dedup while queued and while processing; a failing key backs off alone. */
export interface WorkQueue {
  add(key: string, options?: { readonly priority?: Priority; readonly afterMs?: number }): void;
}

export interface EventDraft {
  readonly regarding: ObjectKey & { readonly uid: string; readonly apiVersion: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly at: Instant;
}

/** Sends events in the background with series dedup; never blocks, never throws, drops under pressure and counts it. */
export interface EventRecorder {
  record(event: EventDraft): void;
}

/** What leadership gives the writers: the term token, and a gate that closes when the lease is too old by the monotonic clock. */
export interface Leadership {
  readonly term: string;
  readonly signal: AbortSignal;
  mayWrite(): boolean;
}

/** What one reconcile tells the work queue: look again at a time, go on at once, or back off with a reason. */
export type ReconcileResult =
  | { readonly kind: 'done'; readonly lookAgainAt?: Instant }
  | { readonly kind: 'again' }
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs?: number };

/** Structured logging: a constant message plus fields. pino fits it through one small adapter made in each main. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type { Json, JsonObject };
