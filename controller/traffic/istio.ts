/**
 * Istio adapter: weights of VirtualService entries by host or by subset, header and mirror entries in front of them, and the
 * labels of DestinationRule subsets. Entries of others are left exactly as they are.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import {
  asDestinationRule,
  asVirtualService,
  confirmation,
  destinationRuleKey,
  type Entry,
  type Protocol,
  type VirtualService,
  virtualServiceKey,
} from './istio-objects.ts';
import { withManaged } from './istio-managed.ts';
import {
  entryText,
  type Locate,
  locator,
  managedNames,
  serviceTargets,
  type ServiceTarget,
  type Weighted,
  weightedEntries,
} from './istio-select.ts';
import { istioClaims } from './istio-claims.ts';
import { istioSide, labelSide } from './istio-sides.ts';
import { planSubsets } from './istio-subsets.ts';
import { heldPlan, rewriteRoute } from './istio-weights.ts';
import {
  heldRange,
  isRefusal,
  namespaceOf,
  plannedSides,
  routingField,
  routingOf,
  type Shares,
  sharesOf,
  type Sides,
  sidesOf,
} from './mesh-split.ts';
import { share, refused } from './split.ts';
import type { Found, PlanScope, Refusal, RouteState, RouteWrite, TrafficRouter, WeightPlan } from './router.ts';

const field = `${routingField}.istio`;

export const istio: TrafficRouter = {
  name: 'Istio',
  can: new Set(['weight', 'header', 'mirror', 'extra']),
  needs,
  read,
  plan,
  claims: istioClaims,
  side: istioSide,
  select: labelSide,
};

function ruleKey(rollout: Rollout): ObjectKey | undefined {
  const rule = routingOf(rollout)?.istio?.destinationRule;
  return rule && destinationRuleKey(namespaceOf(rollout), rule.name);
}

/** A tenant may only name objects of its own namespace: the controller writes them with its own rights. */
function needs(rollout: Rollout): readonly ObjectKey[] {
  const own = serviceTargets(rollout).filter((one) => one.namespace === namespaceOf(rollout));
  const rule = ruleKey(rollout);
  return [...own.map((one) => virtualServiceKey(one.namespace, one.name)), ...(rule ? [rule] : [])];
}

/** One VirtualService with its weighted entries. */
interface Located {
  readonly target: ServiceTarget;
  readonly raw: KubeObject & JsonObject;
  readonly object: VirtualService;
  readonly weighted: readonly Weighted[];
}

interface World {
  readonly services: readonly Located[];
  readonly rule: (KubeObject & JsonObject) | undefined;
  readonly locate: Locate;
  readonly sides: Sides;
}

function locateAll(rollout: Rollout, sides: Sides, found: Found): World | Refusal {
  const key = ruleKey(rollout);
  const rule = key && found(key);
  if (key && !rule) return absent(key, `${field}.destinationRule.name`);
  const locate = locator(rollout, sides, rule && (asDestinationRule(rule).spec?.host ?? ''));
  const services: Located[] = [];
  for (const target of serviceTargets(rollout)) {
    if (target.namespace !== sides.namespace) return foreign(rollout, target);
    const raw = found(virtualServiceKey(target.namespace, target.name));
    if (!raw) return absent(virtualServiceKey(target.namespace, target.name), `${target.field}.name`);
    const object = asVirtualService(raw);
    const weighted = weightedEntries(rollout, object, target, locate);
    if (isRefusal(weighted)) return weighted;
    services.push({ target, raw, object, weighted });
  }
  return { services, rule, locate, sides };
}

function absent(key: ObjectKey, at: string): Refusal {
  const name = `${key.kind}/${key.name}`;
  return refused(at, `${name} does not exist in namespace ${key.namespace}; create it or correct the name`);
}

function foreign(rollout: Rollout, target: ServiceTarget): Refusal {
  const message = `VirtualService/${target.name} is in namespace ${target.namespace}; allowed is only the Rollout's own namespace ${namespaceOf(rollout)}, so move the VirtualService or leave the namespace out`;
  return refused(`${target.field}.name`, message);
}

/** Weighted entries, and managed mirror entries, which carry the same split. */
function heldPlans({ services, locate, sides }: World, rollout: Rollout): readonly WeightPlan[] {
  return services.flatMap(({ object, weighted }) =>
    [...weighted.map((one) => one.entry), ...mirrors(rollout, object)].map((entry) =>
      heldPlan(entry.route ?? [], locate, sides),
    ),
  );
}

function mirrors(rollout: Rollout, object: VirtualService): readonly Entry[] {
  const names = new Set(managedNames(rollout));
  return (object.spec?.http ?? []).filter((one) => names.has(one.name ?? '') && one.mirror !== undefined);
}

function read(rollout: Rollout, found: Found): RouteState {
  const world = locateAll(rollout, sidesOf(rollout), found);
  if (isRefusal(world)) return { written: undefined, confirmed: 'no', why: world.message };
  const range = heldRange(heldPlans(world, rollout));
  if (range.lowest !== undefined)
    return { ...range, confirmed: 'no', why: 'the weights of the VirtualServices differ between routes' };
  const rule = world.rule ? [asDestinationRule(world.rule)] : [];
  const verdicts = [...world.services.map((one) => one.object), ...rule].map(confirmation);
  const no = verdicts.find((one) => one.confirmed === 'no');
  if (no?.confirmed === 'no') return { ...range, ...no };
  return { ...range, confirmed: verdicts.every((one) => one.confirmed === 'yes') ? 'yes' : 'unknown' };
}

/** Subsets first, weights after them; a subset that gives up its weight is labelled anew by the plan after that. */
function plan(
  rollout: Rollout,
  wanted: WeightPlan,
  found: Found,
  scope: PlanScope = 'all',
): readonly RouteWrite[] | Refusal {
  const world = locateAll(rollout, plannedSides(rollout, wanted), found);
  if (isRefusal(world)) return world;
  const writes: RouteWrite[] = [];
  for (const service of world.services) {
    const write = planService(rollout, service, world, wanted, scope);
    if (write === undefined) continue;
    if (isRefusal(write)) return write;
    writes.push(write);
  }
  if (world.rule === undefined) return writes;
  const held = world.services.flatMap(({ object, weighted }) =>
    [...weighted.map((one) => one.entry), ...mirrors(rollout, object)].flatMap((entry) => entry.route ?? []),
  );
  const { locate, rule } = world;
  const subsets = planSubsets({ rollout, wanted, rule, held, locate, moves: writes.length > 0 });
  if (subsets === undefined) return writes;
  return isRefusal(subsets) ? subsets : [subsets, ...writes];
}

function planService(
  rollout: Rollout,
  service: Located,
  world: World,
  wanted: WeightPlan,
  scope: PlanScope,
): RouteWrite | Refusal | undefined {
  const { object, weighted, target, raw } = service;
  const shares = sharesOf(wanted);
  const names = new Set(managedNames(rollout));
  const isWeighted = (protocol: Protocol, index: number, entry: Entry) =>
    weighted.some((one) => one.protocol === protocol && one.index === index) ||
    (protocol === 'http' && entry.mirror !== undefined && names.has(entry.name ?? ''));
  const spec: { [P in Protocol]?: readonly Entry[] } = {};
  for (const protocol of ['http', 'tls', 'tcp'] as const) {
    const old = object.spec?.[protocol] ?? [];
    const next: Entry[] = [];
    for (const [index, entry] of old.entries()) {
      const answer = isWeighted(protocol, index, entry)
        ? rewriteEntry({ protocol, index, entry }, target, world, shares, scope)
        : entry;
      if (isRefusal(answer)) return answer;
      next.push(answer);
    }
    const ordered = protocol === 'http' ? placeManaged(rollout, service, next, wanted, world) : next;
    if (isRefusal(ordered)) return ordered;
    if (ordered.length !== old.length || ordered.some((entry, at) => entry !== old[at])) spec[protocol] = ordered;
  }
  if (Object.keys(spec).length === 0) return undefined;
  return { kind: 'patch', object: raw, patch: { spec: spec as unknown as JsonObject } };
}

function rewriteEntry(
  one: Weighted,
  target: ServiceTarget,
  { locate, sides }: World,
  shares: Shares,
  scope: PlanScope,
): Entry | Refusal {
  const route = one.entry.route ?? [];
  if (scope === 'lower' && share(heldPlan(route, locate, sides)) < shares.canary / 100) return one.entry;
  const answer = rewriteRoute(route, locate, shares, sides.namespace);
  if (answer.kind === 'route') return answer.changed ? { ...one.entry, route: answer.route } : one.entry;
  const message = `${entryText(one, target.name)} leaves ${answer.room} of 100 beside its additional subsets; wanted are ${shares.canary} for the canary, so lower the weight of the additional subsets or of the step`;
  return refused(`${field}.destinationRule.additionalSubsetNames`, message);
}

/** `rewritten` are all http entries; the managed ones among them go, stay or are made anew. */
function placeManaged(
  rollout: Rollout,
  { weighted, target }: Located,
  rewritten: readonly Entry[],
  { managed }: WeightPlan,
  { locate }: World,
): readonly Entry[] | Refusal {
  if (managed === undefined) return rewritten;
  const first = weighted.find((one) => one.protocol === 'http');
  const route = (first && rewritten[first.index]?.route) ?? [];
  const canary = route.find((one) => locate(one) === 'canary')?.destination;
  const names = managedNames(rollout);
  if (canary !== undefined) return withManaged(rewritten, managed, { names, route, canary });
  if (managed.length === 0) return rewritten;
  const message = `VirtualService/${target.name} has no weighted http route; header and mirror steps need one, so add it or remove the steps`;
  return refused(target.field, message);
}
