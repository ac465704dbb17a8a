/**
 * Whether the ResourceQuotas of a namespace leave room for the pods that a strategy needs beside those that run already.
 * Quotas with a scope other than NotTerminating are not judged: which pods they count can't be said beforehand. Pure.
 */

import { type Json, type JsonObject, isJsonObject } from '../crds/schema/json.ts';
import { objectText, problem } from '../crds/schema/problem.ts';
import { fieldOf, listOf } from '../kube/json.ts';
import type { Whole } from './adopt-plan.ts';

/** Pods that the strategy may need at once beyond `replicas`. */
export function extraPods(strategy: JsonObject, replicas: number): number {
  const canary = isJsonObject(strategy.canary) ? strategy.canary : undefined;
  if (canary === undefined) return strategy.blueGreen === undefined ? 0 : replicas;
  if (canary.trafficRouting !== undefined) return canary.dynamicStableScale === true ? 1 : replicas;
  return surge(canary.maxSurge, replicas);
}

/** Percentages are rounded up; the default is 25%. */
function surge(value: Json | undefined, replicas: number): number {
  if (typeof value === 'number') return value;
  const pct = /^(\d+)%$/.exec(typeof value === 'string' ? value : '25%')?.[1];
  return Math.ceil((Number(pct ?? 0) * replicas) / 100);
}

/** One sentence for each limit that is too small. `pod` is one that runs: it has the defaults of a LimitRange, too. */
export function quotaProblems(quotas: readonly Whole[], pod: JsonObject, extra: number): readonly string[] {
  if (extra === 0) return [];
  return quotas
    .filter(isJudged)
    .flatMap((quota) => Object.entries(limitsOf(quota)).flatMap(tooSmall(quota, pod, extra)));
}

function isJudged({ spec }: Whole): boolean {
  const known = isJsonObject(spec) ? spec : {};
  return known.scopeSelector === undefined && listOf(known, 'scopes').every((scope) => scope === 'NotTerminating');
}

function limitsOf(quota: Whole): JsonObject {
  const limits = fieldOf(quota, 'status', 'hard') ?? fieldOf(quota, 'spec', 'hard');
  return isJsonObject(limits) ? limits : {};
}

function tooSmall(quota: Whole, pod: JsonObject, extra: number) {
  return ([name, hard]: [string, Json | undefined]): readonly string[] => {
    const each = needOf(name, pod);
    const used = fieldOf(quota, 'status', 'used', name);
    const [limit, taken] = [amount(hard), amount(used)];
    if (each === undefined || each === 0 || limit === undefined) return [];
    if (taken !== undefined && taken + extra * each <= limit) return [];
    const parts = {
      object: objectText(quota),
      field: `status.used["${name}"]`,
      found: `${taken === undefined ? 'not counted yet' : text(used)} of ${text(hard)}`,
      allowed: `the strategy needs room for ${extra} more ${extra === 1 ? 'pod' : 'pods'}`,
      remedy: taken === undefined ? 'try again' : remedyOf(name),
    };
    return [problem(parts).message];
  };
}

const remedyOf = (name: string): string =>
  `raise spec.hard["${name}"], or choose a strategy that needs fewer pods at once`;

/** How much of a limit one pod takes; undefined for limits that pods don't count for. */
function needOf(limit: string, pod: JsonObject): number | undefined {
  if (limit === 'pods' || limit === 'count/pods') return 1;
  const [, kind, resource] = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(limit) ?? [];
  if (resource === undefined) return undefined;
  return resourceOf(pod, kind ?? 'requests', resource);
}

/** Init containers run before the others, so the larger of the two counts. */
function resourceOf(pod: JsonObject, kind: string, resource: string): number {
  const amounts = (list: string) =>
    listOf(pod, 'spec', list).map((one) =>
      isJsonObject(one) ? (amount(fieldOf(one, 'resources', kind, resource)) ?? 0) : 0,
    );
  const together = amounts('containers').reduce((sum, one) => sum + one, 0);
  const overhead = amount(fieldOf(pod, 'spec', 'overhead', resource)) ?? 0;
  return Math.max(together, ...amounts('initContainers')) + overhead;
}

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as a number; undefined when it is none. */
function amount(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const [, digits, suffix = ''] = /^([0-9.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(value.trim()) ?? [];
  const factor = suffixes[suffix];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
