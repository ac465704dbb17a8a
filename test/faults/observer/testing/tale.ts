/** Short histories made by hand: a cluster that is told what each actor writes, and hands the observer one commit per write. */

import { isJsonObject, type Json, type JsonObject } from '../../../../crds/schema/json.ts';
import type { Commit } from '../../../../sandbox/api-server/contract.ts';
import type { ObserverOptions } from '../invariant.ts';
import { observe, type Violation } from '../observe.ts';
import { isSameJson, numberOf, objectOf } from '../read-json.ts';
import type { GitCommit } from '../git-update.ts';

export type Actor = 'controller' | 'kubelet' | 'workloads' | 'gateway' | 'user';

const agents: Readonly<Record<Actor, string>> = {
  controller: 'tidegate-controller/1',
  kubelet: 'tidegate-sandbox-kubelet',
  workloads: 'tidegate-sandbox-workloads',
  gateway: 'tidegate-sandbox-gateway',
  user: 'kubectl',
};

const groups: Readonly<Record<string, readonly [group: string, version: string, resource: string]>> = {
  Rollout: ['tidegate.io', 'v1alpha1', 'rollouts'],
  AnalysisRun: ['tidegate.io', 'v1alpha1', 'analysisruns'],
  GitSync: ['tidegate.io', 'v1alpha1', 'gitsyncs'],
  GitRevert: ['tidegate.io', 'v1alpha1', 'gitreverts'],
  Release: ['tidegate.io', 'v1alpha1', 'releases'],
  ReplicaSet: ['apps', 'v1', 'replicasets'],
  HTTPRoute: ['gateway.networking.k8s.io', 'v1', 'httproutes'],
  EndpointSlice: ['discovery.k8s.io', 'v1', 'endpointslices'],
  Pod: ['', 'v1', 'pods'],
  Service: ['', 'v1', 'services'],
  ConfigMap: ['', 'v1', 'configmaps'],
};

export const namespace = 'shop';
export const startAt = Date.UTC(2026, 0, 5, 8);

export interface Tale {
  now(): number;
  wait(ms: number): void;
  /** Creates the object, or merges the change into it (null removes, lists are replaced). */
  write(by: Actor, kind: string, name: string, change: JsonObject): void;
  remove(by: Actor, kind: string, name: string): void;
  get(kind: string, name: string): JsonObject;
  /** A push; `before` is the tip of the branch. */
  push(pusher: string, ...commits: readonly GitCommit[]): void;
  /** To another branch than the one that is followed. */
  pushTo(other: string, pusher: string, ...commits: readonly GitCommit[]): void;
  /** A ref that moves in another way. */
  moveBranch(pusher: string, before: string, after: string | undefined): void;
  /** Of the controller. */
  request(method: string, path: string, body: JsonObject, contentType?: string): void;
  violations(): readonly Violation[];
  /** Ids without doubles, in order. */
  broken(): readonly string[];
  finish(): readonly Violation[];
}

export const branch = 'main';
export const repository = 'https://git.example/shop.git';

export function aTale(options: ObserverOptions = {}): Tale {
  let now = startAt;
  let rv = 0;
  let tip: string | undefined;
  const objects = new Map<string, JsonObject>();
  const observer = observe({ now: () => now, ...options });
  const emit = (
    by: Actor,
    kind: string,
    name: string,
    before: JsonObject | undefined,
    after: JsonObject | undefined,
  ) => {
    const [group, version, resource] = groups[kind] ?? ['', 'v1', `${kind.toLowerCase()}s`];
    const verb: Commit['verb'] = before === undefined ? 'create' : after === undefined ? 'delete' : 'patch';
    const caller = { user: by, userAgent: agents[by] };
    const common = { rv, at: now, caller, verb, subresource: '', fieldManager: by, group, version, kind, resource };
    observer.commit({ ...common, namespace, name, ...(before && { before }), ...(after && { after }) });
  };
  return {
    now: () => now,
    wait: (ms) => void (now += ms),
    write(by, kind, name, change) {
      const key = `${kind}/${name}`;
      const before = objects.get(key);
      rv += 1;
      const after = stored(before, change, { kind, name, rv });
      objects.set(key, after);
      emit(by, kind, name, before, after);
    },
    remove(by, kind, name) {
      const before = objects.get(`${kind}/${name}`);
      objects.delete(`${kind}/${name}`);
      rv += 1;
      emit(by, kind, name, before, undefined);
    },
    get: (kind, name) => objects.get(`${kind}/${name}`) ?? {},
    push(pusher, ...commits) {
      const before = tip;
      tip = commits.at(-1)?.sha;
      observer.git({
        at: now,
        repository,
        branch,
        pusher,
        commits,
        ...(before && { before }),
        ...(tip && { after: tip }),
      });
    },
    pushTo(other, pusher, ...commits) {
      const after = commits.at(-1)?.sha ?? tip;
      observer.git({ at: now, repository, branch: other, pusher, commits, ...(after && { after }) });
    },
    moveBranch(pusher, before, after) {
      tip = after;
      observer.git({ at: now, repository, branch, pusher, before, ...(after && { after }), commits: [] });
    },
    request: (method, path, body, contentType = 'application/merge-patch+json') =>
      observer.request({ method, path, contentType, body, userAgent: agents.controller }),
    violations: () => observer.violations(),
    broken: () => [...new Set(observer.violations().map((one) => one.invariant))],
    finish: () => observer.finish(),
  };
}

function stored(
  before: JsonObject | undefined,
  change: JsonObject,
  about: { readonly kind: string; readonly name: string; readonly rv: number },
): JsonObject {
  const fresh = {
    kind: about.kind,
    metadata: { name: about.name, namespace, uid: `uid-${about.kind}-${about.name}-${about.rv}` },
  };
  const after = merged(before ?? fresh, change) as JsonObject;
  const old = numberOf(before, 'metadata', 'generation') ?? 0;
  const isSpec = before === undefined || !isSameJson(before['spec'], after['spec']);
  const generation = isSpec ? old + 1 : old;
  return { ...after, metadata: { ...objectOf(after, 'metadata'), generation, resourceVersion: String(about.rv) } };
}

function merged(value: Json | undefined, change: Json | undefined): Json | undefined {
  if (!isJsonObject(change)) return change;
  const base = isJsonObject(value) ? value : {};
  const next: Record<string, Json | undefined> = { ...base };
  for (const [key, one] of Object.entries(change)) {
    if (one === null) delete next[key];
    else next[key] = merged(base[key], one);
  }
  return next;
}
