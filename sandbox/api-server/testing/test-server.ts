/** A server for tests with short ways to ask it; every stored object is frozen, so that a change of one is an error. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import { apiServer } from '../api-server.ts';
import type { ApiReply, ApiServer, ApiServerOptions } from '../contract.ts';
import { textOf, valueAt } from '../json-access.ts';

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

export interface AskOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly accept?: string;
  readonly userAgent?: string;
}

export interface OpenedWatch {
  readonly lines: readonly JsonObject[];
  /** `ADDED a`, `MODIFIED a`, ... */
  events(): readonly string[];
  ended(): boolean;
  close(): void;
}

export interface TestServer {
  readonly api: ApiServer;
  ask(method: string, path: string, body?: Json, options?: AskOptions): Answer;
  reply(method: string, path: string, body?: Json, options?: AskOptions): ApiReply;
  get(path: string, query?: Readonly<Record<string, string>>): Answer;
  post(path: string, body: Json): Answer;
  merge(path: string, body: Json): Answer;
  apply(path: string, body: Json, fieldManager: string, query?: Readonly<Record<string, string>>): Answer;
  watch(path: string, query?: Readonly<Record<string, string>>): OpenedWatch;
  /** Lets time pass and runs what is due. */
  advance(ms: number): Promise<void>;
}

const startAt = Date.UTC(2026, 0, 1);

export function testServer(options: Partial<ApiServerOptions> = {}): TestServer {
  const clock = steppedClock();
  const api = apiServer({ clock, random: seeded(1), adminToken: 'admin', ...options });
  api.onCommit((commit) => freeze(commit.after));
  const reply: TestServer['reply'] = (method, path, body, more = {}) =>
    api.handle({
      caller: { user: 'kubernetes-admin', userAgent: more.userAgent ?? 'tester/1' },
      method,
      path,
      query: more.query ?? {},
      contentType: more.contentType ?? 'application/json',
      accept: more.accept ?? 'application/json',
      ...(body === undefined ? {} : { body }),
    });
  const ask: TestServer['ask'] = (method, path, body, more) => answerOf(reply(method, path, body, more));
  return {
    api,
    ask,
    reply,
    get: (path, query = {}) => ask('GET', path, undefined, { query }),
    post: (path, body) => ask('POST', path, body),
    merge: (path, body) => ask('PATCH', path, body, { contentType: 'application/merge-patch+json' }),
    apply: (path, body, fieldManager, query = {}) =>
      ask('PATCH', path, body, { contentType: 'application/apply-patch+yaml', query: { fieldManager, ...query } }),
    watch: (path, query = {}) => openWatch(reply('GET', path, undefined, { query: { watch: 'true', ...query } })),
    advance: (ms) => clock.advance(ms),
  };
}

function answerOf(reply: ApiReply): Answer {
  if (reply.kind === 'object') return { status: reply.status, body: reply.body, warnings: reply.warnings ?? [] };
  if (reply.kind === 'text') return { status: reply.status, body: { text: reply.text }, warnings: [] };
  throw new Error(`answered with a ${reply.kind}`);
}

function openWatch(reply: ApiReply): OpenedWatch {
  if (reply.kind !== 'watch') throw new Error(`no watch but ${JSON.stringify(reply)}`);
  const lines: JsonObject[] = [];
  let ended = false;
  const close = reply.open({ line: (line) => void lines.push(line), end: () => void (ended = true) });
  const title = (line: JsonObject): string => {
    const name = valueAt(line, 'object', 'metadata', 'name');
    return typeof name === 'string' ? `${textOf(line.type)} ${name}` : textOf(line.type);
  };
  return { lines, events: () => lines.map(title), ended: () => ended, close };
}

function steppedClock(): ApiServerOptions['clock'] & { advance(ms: number): Promise<void> } {
  let now = startAt;
  let sleepers: readonly { readonly at: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => (sleepers = [...sleepers, { at: now + ms, wake: resolve }])),
    async advance(ms) {
      now += ms;
      const due = sleepers.filter(({ at }) => at <= now);
      sleepers = sleepers.filter(({ at }) => at > now);
      for (const { wake } of due.toSorted((left, right) => left.at - right.at)) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** The same numbers every time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function freeze(value: Json | undefined): void {
  if (!isJsonObject(value) && !Array.isArray(value)) return;
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value as JsonObject)) freeze(member);
}

export function configMap(name: string, data: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function pod(name: string, spec: JsonObject = {}, labels: JsonObject = {}): JsonObject {
  const containers = [{ name: 'web', image: 'web:1' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers, ...spec } };
}

export function replicaSet(name: string, replicas = 1): JsonObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name }, spec };
}

/** A definition of Widgets with status and scale. */
export function widgetDefinition(): JsonObject {
  const properties = {
    spec: { type: 'object', properties: { size: { type: 'integer' }, replicas: { type: 'integer' } } },
    status: { type: 'object', properties: { phase: { type: 'string' }, replicas: { type: 'integer' } } },
  };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties } },
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
    },
    additionalPrinterColumns: [{ name: 'Phase', type: 'string', jsonPath: '.status.phase' }],
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' },
      versions: [version],
    },
  };
}

export const paths = {
  maps: '/api/v1/namespaces/default/configmaps',
  pods: '/api/v1/namespaces/default/pods',
  sets: '/apis/apps/v1/namespaces/default/replicasets',
  definitions: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  widgets: '/apis/example.com/v1/namespaces/default/widgets',
} as const;
