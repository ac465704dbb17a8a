/**
 * Decides what becomes of one request: which rule, which Service by weight, which endpoint, which copies. Everything is
 * read from the caches at that moment, so a change of weights holds for the very next request.
 */

import { backendsOf, resolveBackend } from './attachment.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { unknownFilter } from './filters.ts';
import type { BackendRef, Filter, MirrorFilter, RedirectFilter } from './kinds.ts';
import type { Counted } from './request-counts.ts';
import type { SeenRequest } from './request-match.ts';
import { type Entry, type RouteTable, routeTable } from './route-table.ts';
import { type WeightedChoice, weightedChoice } from './weighted-choice.ts';
import type { World } from './world.ts';

export type Plan =
  | { readonly kind: 'answer'; readonly code: number; readonly why: string; readonly counted: Counted }
  | { readonly kind: 'redirect'; readonly redirect: RedirectFilter; readonly entry: Entry; readonly counted: Counted }
  | {
      readonly kind: 'forward';
      readonly endpoint: Endpoint;
      readonly entry: Entry;
      readonly filters: readonly Filter[];
      readonly mirrors: readonly Copy[];
      readonly counted: Counted;
    };

export interface Copy {
  readonly endpoint: Endpoint;
  readonly counted: Counted;
}

export interface TrafficPlan {
  of(request: SeenRequest): Plan;
}

/** What is remembered of a rule between requests, as long as its backends and weights stay. */
interface RuleState {
  readonly split: string;
  readonly choice: WeightedChoice;
  /** Per mirror filter: the share of a copy that is due. */
  readonly mirrorDue: Map<number, number>;
}

export function trafficPlan(world: World, endpoints: Endpoints, random: () => number): TrafficPlan {
  let table: RouteTable | undefined;
  const states = new Map<string, RuleState>();
  const turns = new Map<string, number>();
  for (const store of [world.routes, world.gateways, world.classes, world.namespaces]) {
    store.onChange(() => {
      table = undefined;
    });
  }
  world.routes.onChange(({ kind, object }) => {
    if (kind === 'deleted') forget(states, object.metadata.uid ?? '');
  });

  const stateOf = (entry: Entry): RuleState => {
    const refs = entry.rule.backendRefs ?? [];
    const split = JSON.stringify(refs.map((ref) => [ref.namespace, ref.name, ref.port, ref.weight]));
    const key = `${entry.route.metadata.uid ?? ''} ${entry.ruleIndex}`;
    const known = states.get(key);
    if (known?.split === split) return known;
    const weights = refs.map((ref) => ref.weight ?? 1);
    const state = { split, choice: weightedChoice(weights, random), mirrorDue: new Map<number, number>() };
    states.set(key, state);
    return state;
  };
  const pick = (ref: BackendRef, entry: Entry): Picked => pickEndpoint(world, endpoints, turns, ref, entry);
  return {
    of(request) {
      table ??= routeTable(world.routes.list(), world.around);
      const entry = table.find(request);
      if (entry === undefined) return answer(404, 'no route serves this host and path', nobody);
      return planFor(entry, stateOf(entry), pick, random);
    },
  };
}

function forget(states: Map<string, RuleState>, uid: string): void {
  for (const key of states.keys()) if (key.startsWith(`${uid} `)) states.delete(key);
}

const nobody: Counted = { namespace: '', route: '', service: '', podHash: '' };

type Picked =
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint; readonly counted: Counted }
  | { readonly kind: 'none'; readonly code: 500 | 503; readonly why: string; readonly counted: Counted };

function answer(code: number, why: string, counted: Counted): Plan {
  return { kind: 'answer', code, why, counted };
}

function planFor(
  entry: Entry,
  state: RuleState,
  pick: (ref: BackendRef, entry: Entry) => Picked,
  random: () => number,
): Plan {
  const { namespace = '', name: route } = entry.route.metadata;
  const counted = { ...nobody, namespace, route };
  const ruleFilters = entry.rule.filters ?? [];
  const redirect = ruleFilters.find((one) => one.requestRedirect !== undefined)?.requestRedirect;
  if (redirect !== undefined) return { kind: 'redirect', redirect, entry, counted };
  const refs = entry.rule.backendRefs ?? [];
  const at = state.choice.next();
  const ref = at === undefined ? undefined : refs[at];
  if (ref === undefined) return answer(500, 'the rule has no backend with a weight above 0', counted);
  const filters = [...ruleFilters, ...(ref.filters ?? [])];
  const unknown = unknownFilter(filters);
  if (unknown !== undefined) return answer(500, `the rule has ${unknown}`, counted);
  const picked = pick(ref, entry);
  if (picked.kind === 'none') return answer(picked.code, picked.why, picked.counted);
  const mirrors = filters.flatMap(({ requestMirror }, index) => {
    if (requestMirror === undefined || !mirrorsNow(requestMirror, index, state, random)) return [];
    const copy = pick(requestMirror.backendRef, entry);
    return copy.kind === 'endpoint' ? [{ endpoint: copy.endpoint, counted: copy.counted }] : [];
  });
  return { kind: 'forward', endpoint: picked.endpoint, entry, filters, mirrors, counted: picked.counted };
}

/** Spread evenly like the weights: of 100 requests a mirror of 5 percent gets exactly 5. */
function mirrorsNow(mirror: MirrorFilter, index: number, state: RuleState, random: () => number): boolean {
  const { percent, fraction } = mirror;
  const share = fraction === undefined ? (percent ?? 100) / 100 : fraction.numerator / (fraction.denominator ?? 100);
  const due = (state.mirrorDue.get(index) ?? random()) + share;
  // A hair below 1 is 1: twenty times 0.05 is not exactly 1 in binary.
  const now = due >= 1 - 1e-9;
  state.mirrorDue.set(index, now ? due - 1 : due);
  return now;
}

function pickEndpoint(
  world: World,
  endpoints: Endpoints,
  turns: Map<string, number>,
  ref: BackendRef,
  entry: Entry,
): Picked {
  const { namespace = '', name: route } = entry.route.metadata;
  const counted = { namespace, route, service: ref.name, podHash: '' };
  const found = resolveBackend(ref, namespace, world.around);
  if (found.kind === 'failed') return { kind: 'none', code: 500, why: found.message, counted };
  const ready = endpoints.of(found.service, ref);
  const key = `${found.service.metadata.uid ?? ''} ${ref.port ?? ''}`;
  const turn = turns.get(key) ?? 0;
  const endpoint = ready[turn % ready.length];
  if (endpoint === undefined)
    return { kind: 'none', code: 503, why: `Service ${ref.name} has no ready endpoint`, counted };
  turns.set(key, (turn + 1) % ready.length);
  return { kind: 'endpoint', endpoint, counted: { ...counted, podHash: endpoint.podHash } };
}

/** Where requests may go now: every backend of every route, per version that is ready behind it. */
export function destinations(world: World, endpoints: Endpoints): readonly Counted[] {
  const found = world.routes.list().flatMap(({ metadata, spec }) => {
    const { namespace = '', name: route } = metadata;
    return (spec.rules ?? []).flatMap(backendsOf).flatMap((ref) => {
      const resolved = resolveBackend(ref, namespace, world.around);
      const ready = resolved.kind === 'ok' ? endpoints.of(resolved.service, ref) : [];
      return ready.map(({ podHash }) => ({ namespace, route, service: ref.name, podHash }));
    });
  });
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}
