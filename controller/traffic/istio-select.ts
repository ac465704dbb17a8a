/** Which entries of a VirtualService carry the split of a Rollout, and which destination of an entry is which side. */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { TrafficRouting } from '../../crds/schema/traffic-routing.ts';
import { type Entry, protocols, type Protocol, sameHost, type Split, type VirtualService } from './istio-objects.ts';
import { namespaceOf, routingField, routingOf, type Sides } from './mesh-split.ts';
import { refused } from './split.ts';
import type { Refusal } from './router.ts';

type Istio = NonNullable<TrafficRouting['istio']>;
export type NamedService = NonNullable<Istio['virtualService']>;

/** A VirtualService that the Rollout names. `field` is where. */
export interface ServiceTarget {
  readonly namespace: string;
  readonly name: string;
  readonly named: NamedService;
  readonly field: string;
}

/** Every VirtualService of a Rollout, in its order. A name with one dot is `name.namespace`, as Argo reads it. */
export function serviceTargets(rollout: Rollout): readonly ServiceTarget[] {
  const istio = routingOf(rollout)?.istio;
  const field = `${routingField}.istio`;
  const single = istio?.virtualService ? [{ named: istio.virtualService, field: `${field}.virtualService` }] : [];
  const several = (istio?.virtualServices ?? []).map((named, index) => ({
    named,
    field: `${field}.virtualServices[${index}]`,
  }));
  return [...single, ...several].map((one) => ({ ...one, ...qualifiedName(one.named.name, namespaceOf(rollout)) }));
}

function qualifiedName(text: string, own: string): { readonly name: string; readonly namespace: string } {
  const [name = '', namespace = own, ...more] = text.split('.');
  return more.length > 0 ? { name: text, namespace: own } : { name, namespace };
}

/** Which side a destination is. 'fixed': a subset whose weight is somebody else's. Undefined: none of these. */
export type Locate = (split: Split) => 'stable' | 'canary' | 'fixed' | undefined;

/** By subset where the Rollout has a DestinationRule (`host` is its host), by host otherwise. */
export function locator(rollout: Rollout, sides: Sides, host: string | undefined): Locate {
  const rule = routingOf(rollout)?.istio?.destinationRule;
  return ({ destination }) => {
    if (destination === undefined) return undefined;
    if (rule === undefined) {
      if (sides.canary !== '' && sameHost(destination.host, sides.canary, sides.namespace)) return 'canary';
      return sides.stable !== '' && sameHost(destination.host, sides.stable, sides.namespace) ? 'stable' : undefined;
    }
    const { subset } = destination;
    if (subset === undefined) return undefined;
    if (rule.additionalSubsetNames?.includes(subset)) return 'fixed';
    if (host !== undefined && !sameHost(destination.host, host, sides.namespace)) return undefined;
    if (subset === rule.canarySubsetName) return 'canary';
    return subset === rule.stableSubsetName ? 'stable' : undefined;
  };
}

/** An entry whose weights are the Rollout's. */
export interface Weighted {
  readonly protocol: Protocol;
  readonly index: number;
  readonly entry: Entry;
}

/** How the entry is called in sentences. */
export function entryText({ protocol, index, entry }: Weighted, service: string): string {
  return `${entry.name ? `${protocol} route "${entry.name}"` : `${protocol}[${index}]`} of VirtualService/${service}`;
}

export function managedNames(rollout: Rollout): readonly string[] {
  return (routingOf(rollout)?.managedRoutes ?? []).map((one) => one.name);
}

/**
 * The weighted entries, in the order of http, tls, tcp. Without any selection each protocol must have exactly one entry
 * besides managed ones; with a selection the other protocols take part only where their one entry names both sides.
 */
export function weightedEntries(
  rollout: Rollout,
  object: VirtualService,
  target: ServiceTarget,
  locate: Locate,
): readonly Weighted[] | Refusal {
  const isManaged = new Set(managedNames(rollout));
  const found: Weighted[] = [];
  for (const protocol of protocols) {
    const all = (object.spec?.[protocol] ?? [])
      .map((entry, index) => ({ protocol, index, entry }))
      .filter(({ entry }) => protocol !== 'http' || !isManaged.has(entry.name ?? ''));
    const chosen = chooseEntries(all, protocol, target, locate);
    if ('kind' in chosen) return chosen;
    found.push(...chosen);
  }
  if (found.length === 0)
    return refused(
      target.field,
      `VirtualService/${target.name} has no http, tls or tcp route to weight; add one with both destinations, the canary with weight 0`,
    );
  const lacking = found.find((one) => !hasBothSides(one.entry, locate));
  return lacking === undefined ? found : refused(target.field, lackingText(rollout, lacking, target, locate));
}

function chooseEntries(
  all: readonly Weighted[],
  protocol: Protocol,
  { named, name, field }: ServiceTarget,
  locate: Locate,
): readonly Weighted[] | Refusal {
  const { routes = [], tlsRoutes = [], tcpRoutes = [] } = named;
  const wanted = selections(protocol, named);
  if (wanted.length > 0) return chosenBy(wanted, all, name, field);
  const isFree = routes.length + tlsRoutes.length + tcpRoutes.length === 0;
  const [only] = all;
  if (all.length === 1 && only !== undefined) return isFree || hasBothSides(only.entry, locate) ? [only] : [];
  if (all.length === 0 || !isFree) return [];
  const list = protocol === 'http' ? 'routes' : `${protocol}Routes`;
  return refused(
    `${field}.${list}`,
    `VirtualService/${name} has ${all.length} ${protocol} routes; allowed is exactly one where ${list} is unset, so name in ${list} those to weight`,
  );
}

interface Selection {
  readonly field: string;
  readonly text: string;
  readonly matches: (entry: Entry) => boolean;
}

function selections(protocol: Protocol, named: NamedService): readonly Selection[] {
  switch (protocol) {
    case 'http':
      return (named.routes ?? []).map((name, index) => ({
        field: `routes[${index}]`,
        text: `http route "${name}"`,
        matches: (entry) => entry.name === name,
      }));
    case 'tls':
      return (named.tlsRoutes ?? []).map(({ port = 0, sniHosts = [] }, index) => ({
        field: `tlsRoutes[${index}]`,
        text: `tls route with port ${port} and sniHosts ${sniHosts.join(',') || 'none'}`,
        matches: (entry) => onlyPort(entry) === port && sameSet(sniHosts, allSniHosts(entry)),
      }));
    case 'tcp':
      return (named.tcpRoutes ?? []).map(({ port = 0 }, index) => ({
        field: `tcpRoutes[${index}]`,
        text: `tcp route with port ${port}`,
        matches: (entry) => onlyPort(entry) === port,
      }));
  }
}

function chosenBy(
  wanted: readonly Selection[],
  all: readonly Weighted[],
  service: string,
  field: string,
): readonly Weighted[] | Refusal {
  const missing = wanted.find((selection) => !all.some(({ entry }) => selection.matches(entry)));
  if (missing !== undefined)
    return refused(
      `${field}.${missing.field}`,
      `VirtualService/${service} has no ${missing.text}; add it to the VirtualService or correct the selection`,
    );
  return all.filter(({ entry }) => wanted.some((selection) => selection.matches(entry)));
}

/** The one port that an entry matches: 0 for none, undefined where several differ. */
function onlyPort(entry: Entry): number | undefined {
  const ports = new Set((entry.match ?? []).map((one) => one.port ?? 0));
  return ports.size > 1 ? undefined : ([...ports][0] ?? 0);
}

function allSniHosts(entry: Entry): readonly string[] {
  return [...new Set((entry.match ?? []).flatMap((one) => one.sniHosts ?? []))];
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).size === b.length && b.every((one) => a.includes(one));
}

function hasBothSides(entry: Entry, locate: Locate): boolean {
  const sides = (entry.route ?? []).map(locate);
  return sides.includes('stable') && sides.includes('canary');
}

function lackingText(rollout: Rollout, lacking: Weighted, target: ServiceTarget, locate: Locate): string {
  const { canary: strategy } = rollout.spec.strategy;
  const rule = routingOf(rollout)?.istio?.destinationRule;
  const side = (lacking.entry.route ?? []).map(locate).includes('stable') ? 'canary' : 'stable';
  const isCanary = side === 'canary';
  const what = rule
    ? `subset "${isCanary ? rule.canarySubsetName : rule.stableSubsetName}"`
    : `host "${(isCanary ? strategy?.canaryService : strategy?.stableService) ?? ''}"`;
  return `${entryText(lacking, target.name)} has no destination with ${what} for the ${side} revision; it must have one for each side, so add it${isCanary ? ' with weight 0' : ''}`;
}
