/**
 * What the parts of the API server agree on: one request in, one reply out, and the log of everything that was committed.
 * Types only.
 */

import type { Json, JsonObject } from '../../crds/schema/json.ts';

/** Epoch milliseconds. */
export type Instant = number;

/** Who asks. ServiceAccounts are `system:serviceaccount:<namespace>:<name>`, as on a real server. */
export interface Caller {
  readonly user: string;
  readonly userAgent: string;
}

/** One HTTP request, already authenticated. `body` is parsed JSON; YAML bodies are parsed before. */
export interface ApiCall {
  readonly caller: Caller;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly accept: string;
  readonly body?: Json;
  /** Instead of `body`: why it could not be parsed, and as what. */
  readonly unreadable?: string;
  /** Fields that the text of the body had twice. */
  readonly duplicates?: readonly string[];
}

export type ApiReply =
  | {
      readonly kind: 'object';
      readonly status: number;
      readonly body: JsonObject;
      /** Each becomes a Warning header: `299 - "unknown field \\"spec.x\\""`. */
      readonly warnings?: readonly string[];
    }
  | { readonly kind: 'watch'; readonly open: (sink: WatchSink) => () => void }
  /** Log lines and the like, which the node that runs the pod has. */
  | { readonly kind: 'forward'; readonly url: string }
  | { readonly kind: 'text'; readonly status: number; readonly text: string };

/** Takes the lines of a watch in order. `open` of a reply returns what ends it from the reader's side. */
export interface WatchSink {
  line(line: JsonObject): void;
  /** The server closes the watch (timeoutSeconds passed, or the history it needs is gone). */
  end(): void;
}

/** One committed change: exactly one per resourceVersion. `before` is absent for a create, `after` for a removal. */
export interface Commit {
  readonly rv: number;
  readonly at: Instant;
  readonly caller: Caller;
  readonly verb: 'create' | 'update' | 'patch' | 'apply' | 'delete';
  /** '' for the object itself. */
  readonly subresource: string;
  readonly fieldManager: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

export interface ApiServerOptions {
  /** Wall time for timestamps; timers for watch timeouts and bookmarks. */
  readonly clock: ServerClock;
  /** 0 to 1: uids, generated names and addresses come from it, so that a seed gives the same cluster again. */
  readonly random: () => number;
  /** The bearer token of user `kubernetes-admin`; made up when absent. */
  readonly adminToken?: string;
  /** Commits that a watch may go back; older ones are answered 410. */
  readonly historySize?: number;
}

/** The part of the product's clock that the server needs. */
export interface ServerClock {
  now(): Instant;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The server without its socket: every request is carried out before `handle` returns. */
export interface ApiServer {
  handle(call: ApiCall): ApiReply;
  /** Of user `kubernetes-admin`. */
  readonly adminToken: string;
  /** The user of a bearer token; undefined when nobody has it. */
  authenticate(token: string): string | undefined;
  onCommit(handler: (commit: Commit) => void): () => void;
  /** The newest resourceVersion. */
  revision(): number;
  /** Objects stored now, and roughly how much they are: for the bench. */
  size(): { readonly objects: number };
}

/** One thing wrong with an object, in the words and the order of a real server. */
export interface FieldCause {
  /** `FieldValueInvalid`, `FieldValueRequired`, `FieldValueTypeInvalid`, ... */
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** An object as the server keeps it. */
export interface Normalised {
  readonly object: JsonObject;
  readonly unknown: readonly string[];
  /** Why the object can't be read at all (a wrong type in a builtin kind); the request is then answered 400. */
  readonly refused?: string;
}

/** What a served version of a kind knows about its objects. */
export interface KindSchema {
  /** True for custom resources: unknown fields are pruned, patches other than merge, JSON and apply refused. */
  readonly custom: boolean;
  /** Whether status is written through its own subresource only. */
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  /**
   * Drops unknown fields and fills defaults in; `unknown` are the paths that were dropped, as strict validation
   * names them. `apply`: what an apply made is not read again, so that nulls which it left in a custom resource stay.
   */
  normalise(object: JsonObject, from?: 'request' | 'apply'): Normalised;
  /** Schema, then CEL rules; with the old object also transition rules. `[]` when all is well. */
  validate(object: JsonObject, old: JsonObject | undefined): readonly FieldCause[];
  /** How lists and maps at a path merge under apply. */
  readonly structure: Structure;
  /** The schema as OpenAPI v3, for `kubectl explain` and client-side validation. */
  readonly openapi: JsonObject;
}

/** The shape of a value for field ownership (structured-merge-diff). */
export type Structure =
  | { readonly kind: 'scalar'; readonly type: 'numeric' | 'string' | 'boolean' | 'untyped' }
  /** Replaced as a whole; `of` is what it must look like. */
  | { readonly kind: 'atomic'; readonly of: Structure }
  /** Only inside of `atomic`. */
  | { readonly kind: 'list'; readonly item: Structure }
  /** Whatever comes: maps merge, lists are replaced. */
  | { readonly kind: 'any' }
  | { readonly kind: 'set'; readonly item: Structure }
  | {
      readonly kind: 'object';
      readonly fields: Readonly<Record<string, Structure>>;
      /** Of other keys; without it they are refused. */
      readonly rest?: Structure;
      /** Fields that are there even when nothing was given: `{}` or null. */
      readonly empties?: Readonly<Record<string, Json>>;
    }
  | {
      readonly kind: 'map-list';
      readonly keys: readonly string[];
      readonly defaults: Readonly<Record<string, Json>>;
      readonly item: Structure;
    };

/** A request for field ownership: who writes what part of an object. */
export interface Ownership {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly now: Instant;
}

export type Applied =
  | { readonly kind: 'ok'; readonly object: JsonObject }
  /** 409 with one cause per field that another manager owns. */
  | { readonly kind: 'conflict'; readonly causes: readonly FieldCause[]; readonly message: string }
  /** 400 BadRequest; 500 (InternalError of a real server) for a list key twice, a wrong type, an unknown field. */
  | { readonly kind: 'invalid'; readonly status: 400 | 500; readonly message: string };
