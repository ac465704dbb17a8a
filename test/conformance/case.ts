/** The form of a conformance case: requests as data, with `<step.path>` placeholders for values of earlier answers, and short ways to write them. */

import type { Json, JsonObject } from '../../crds/schema/json.ts';

/**
 * One request. `<ns>` stands for the case's own namespace, `<create.metadata.uid>` for a value of the answer of the step
 * named `create`; a text that is one placeholder only takes the value as it is, whatever its type.
 */
export interface RequestStep {
  /** Name for placeholders. */
  readonly as?: string;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** A body that is no JSON value: sent as it is. */
  readonly text?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** First part is the default field manager. */
  readonly userAgent?: string;
  /** Another bearer token than the admin's; '' for none. */
  readonly token?: string;
  /** Repeats the request until the answer is so; only the last answer counts. */
  readonly until?: Until;
  /** Sent before each repetition; its answers don't count. */
  readonly meanwhile?: RequestStep;
  /** Only this part of the body is compared. */
  readonly view?: (body: Json) => Json;
}

/** What an answer must be before a case goes on. */
export type Until = { readonly status: number } | { readonly path: string; readonly equals: Json };

/** Opens a watch that goes on beside the next steps. */
export interface WatchStep {
  readonly watch: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
}

/** Takes events of a watch: this many, or all until the server ends it. */
export interface EventsStep {
  readonly events: string;
  readonly count: number | 'until end';
}

export type Step = RequestStep | WatchStep | EventsStep;

/** A part of the answers that is not compared, and why. `path` starts with the step's number, as in `2.body.spec.x`; `*` is any one key. */
export interface Ignored {
  readonly path: string;
  readonly why: string;
}

export interface Case {
  /** Also the name of its namespace. */
  readonly id: string;
  /** One sentence. */
  readonly shows: string;
  readonly steps: readonly Step[];
  readonly ignore?: readonly Ignored[];
  /** `controllers`: garbage collection and the like; `http`: only over a socket (bodies that are no JSON, tokens). */
  readonly needs?: 'controllers' | 'http';
}

/** Cases of one subject, recorded in one file. */
export interface Group {
  readonly name: string;
  readonly cases: readonly Case[];
}

type More = Omit<RequestStep, 'method' | 'path' | 'body'>;

export const get = (path: string, more: More = {}): RequestStep => ({ method: 'GET', path, ...more });
export const post = (path: string, body: Json, more: More = {}): RequestStep => ({
  method: 'POST',
  path,
  body,
  ...more,
});
export const put = (path: string, body: Json, more: More = {}): RequestStep => ({ method: 'PUT', path, body, ...more });
export const remove = (path: string, body?: Json, more: More = {}): RequestStep => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});

const patchWith =
  (contentType: string) =>
  (path: string, body: Json, more: More = {}): RequestStep => ({ method: 'PATCH', path, body, contentType, ...more });
export const merge = patchWith('application/merge-patch+json');
export const jsonPatch = patchWith('application/json-patch+json');
export const strategic = patchWith('application/strategic-merge-patch+json');
const applyPatch = patchWith('application/apply-patch+yaml');

/** Server-side apply by a manager. */
export const apply = (path: string, body: Json, manager: string, more: More = {}): RequestStep =>
  applyPatch(path, body, { ...more, query: { fieldManager: manager, ...more.query } });
export const force = { query: { force: 'true' } } as const;

/** Paths inside the case's namespace. */
export const core = (rest: string): string => `/api/v1/namespaces/<ns>/${rest}`;
export const apps = (rest: string): string => `/apis/apps/v1/namespaces/<ns>/${rest}`;
export const own = (rest: string): string => `/apis/tidegate.io/v1alpha1/namespaces/<ns>/${rest}`;
export const inGroup =
  (groupVersion: string) =>
  (rest: string): string =>
    `/apis/${groupVersion}/namespaces/<ns>/${rest}`;

/** A ConfigMap of the case's namespace. */
export function configMap(name: string, data: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** A ReplicaSet of one container. */
export function replicaSet(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, ...metadata },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: podTemplate(name), ...spec },
  };
}

export function podTemplate(app: string, image = 'web:1'): JsonObject {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'web', image }] } };
}

/** A pod of one container. */
export function pod(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'web', image: 'web:1' }], ...spec },
  };
}

export function service(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...metadata },
    spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
  };
}

/** A Rollout with a plain canary. */
export function rollout(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, ...metadata },
    spec: {
      selector: { matchLabels: { app: name } },
      template: podTemplate(name),
      strategy: { canary: {} },
      ...spec,
    },
  };
}
