/** A loopback stand-in for an API server: a map of objects, merge patches with resourceVersion, and a review that names the caller. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { fieldOf, parseJsonObject, textOf } from '../../kube/json.ts';

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly body: JsonObject | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ApiDouble {
  readonly url: string;
  readonly requests: readonly SentRequest[];
  /** Objects by path, such as /apis/tidegate.io/v1alpha1/namespaces/shop/rollouts/web. Tests change it as the controller would. */
  readonly objects: Map<string, JsonObject>;
  /** Called after each stored patch. */
  afterPatch: (path: string, object: JsonObject) => void;
  /** Answers instead of the double: undefined lets it through. */
  intercept: (request: SentRequest) => { readonly status: number; readonly body: JsonObject } | undefined;
  close(): Promise<void>;
}

const plurals: Readonly<Record<string, string>> = {
  rollouts: 'Rollout',
  analysisruns: 'AnalysisRun',
  rolloutruns: 'RolloutRun',
  gitsyncs: 'GitSync',
  gitreverts: 'GitRevert',
  releases: 'Release',
};

export async function startApiDouble(): Promise<ApiDouble> {
  const requests: SentRequest[] = [];
  const double = {
    requests,
    objects: new Map<string, JsonObject>(),
    afterPatch: (_path: string, _object: JsonObject): void => undefined,
    intercept: (_request: SentRequest): { status: number; body: JsonObject } | undefined => undefined,
  };
  const server: Server = createServer((incoming, outgoing) => {
    void received(incoming).then((request) => {
      requests.push(request);
      const { status, body } = double.intercept(request) ?? answer(double, request);
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections());
  return Object.assign(double, { url: `http://127.0.0.1:${port}`, close: () => close() });
}

async function received(incoming: IncomingMessage): Promise<SentRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const body = parseJsonObject(Buffer.concat(chunks).toString('utf8'));
  return { method: incoming.method ?? '', path: incoming.url ?? '', body, headers: incoming.headers };
}

interface State {
  readonly objects: Map<string, JsonObject>;
  afterPatch: (path: string, object: JsonObject) => void;
}

interface Answered {
  readonly status: number;
  readonly body: JsonObject;
}

function answer(state: State, request: SentRequest): Answered {
  const { pathname, searchParams } = new URL(request.path, 'http://double');
  if (request.method === 'POST' && pathname.endsWith('/selfsubjectreviews')) return review(request);
  if (request.method === 'PATCH')
    return patched(state, pathname, request.body ?? {}, searchParams.get('dryRun') === 'All');
  const found = state.objects.get(pathname);
  if (found !== undefined) return { status: 200, body: found };
  const discovered = discovery(pathname);
  if (discovered !== undefined) return { status: 200, body: discovered };
  if (/\/(rollouts|analysisruns|rolloutruns|gitsyncs|gitreverts|releases|replicasets|pods)$/.test(pathname)) {
    return { status: 200, body: listOf(state.objects, pathname, searchParams.get('labelSelector')) };
  }
  return failure(404, 'NotFound', `${pathname.split('/').slice(-2).join(' ')} not found`);
}

function review({ headers }: SentRequest): Answered {
  const impersonated = headers['impersonate-user'];
  const username = typeof impersonated === 'string' ? impersonated : 'jane@example.com';
  return {
    status: 201,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: {},
      status: { userInfo: { username } },
    },
  };
}

function patched(state: State, path: string, patch: JsonObject, dryRun: boolean): Answered {
  const found = state.objects.get(path);
  if (found === undefined) return failure(404, 'NotFound', `${path} not found`);
  const wanted = fieldOf(patch, 'metadata', 'resourceVersion');
  if (wanted !== undefined && wanted !== fieldOf(found, 'metadata', 'resourceVersion')) {
    return failure(409, 'Conflict', 'the object has been modified');
  }
  const merged = merge(found, patch);
  if (!isJsonObject(merged)) return failure(422, 'Invalid', 'not an object');
  if (dryRun) return { status: 200, body: merged };
  store(state.objects, path, merged);
  state.afterPatch(path, merged);
  return { status: 200, body: merged };
}

/** Stores an object under a new resourceVersion. */
export function store(objects: Map<string, JsonObject>, path: string, object: JsonObject): void {
  const version = Number(textOf(object, 'metadata', 'resourceVersion') ?? '0') + 1;
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  objects.set(path, { ...object, metadata: { ...metadata, resourceVersion: String(version) } });
}

/** JSON merge patch. */
export function merge(target: Json | undefined, patch: Json | undefined): Json | undefined {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function discovery(path: string): JsonObject | undefined {
  const group = /^\/apis\/(tidegate\.io|authentication\.k8s\.io)$/.exec(path)?.[1];
  const version = group === 'tidegate.io' ? 'v1alpha1' : 'v1';
  if (group !== undefined) {
    return { kind: 'APIGroup', name: group, versions: [{ version }], preferredVersion: { version } };
  }
  if (path === '/apis/authentication.k8s.io/v1') {
    return {
      kind: 'APIResourceList',
      resources: [{ name: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false }],
    };
  }
  if (path !== '/apis/tidegate.io/v1alpha1') return undefined;
  const resources = Object.entries(plurals).map(([name, kind]) => ({ name, kind, namespaced: true }));
  return { kind: 'APIResourceList', resources };
}

function listOf(objects: ReadonlyMap<string, JsonObject>, path: string, selector: string | null): JsonObject {
  const items = [...objects].filter(([key]) => inCollection(key, path)).map(([, object]) => object);
  const [label, value] = (selector ?? '').split('=');
  const selected = items.filter((object) => {
    const found = label === '' || label === undefined ? '' : fieldOf(object, 'metadata', 'labels', label);
    return selector === null || (value === undefined ? found !== undefined : found === value);
  });
  return { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: selected };
}

/** `.../namespaces/shop/rollouts/web` belongs to `.../namespaces/shop/rollouts` and to `.../rollouts`. */
function inCollection(key: string, path: string): boolean {
  if (key.startsWith(`${path}/`)) return true;
  const plural = path.split('/').at(-1) ?? '';
  return (
    !path.includes('/namespaces/') && key.split('/').at(-2) === plural && key.startsWith(path.slice(0, -plural.length))
  );
}

function failure(code: number, reason: string, message: string): Answered {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message } };
}
