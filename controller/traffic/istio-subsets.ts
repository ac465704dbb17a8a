/** Subsets of a DestinationRule: their labels name the revision behind each side. */

import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { asDestinationRule, type Split, type Subset } from './istio-objects.ts';
import type { Locate } from './istio-select.ts';
import { standsAlone } from './istio-sides.ts';
import { extraService } from './istio-weights.ts';
import { hashOf, isRefusal, keysOf, namespaceOf, routingField, routingOf, sharesOf } from './mesh-split.ts';
import { refused } from './split.ts';
import type { Destination, Refusal, RouteWrite, WeightPlan } from './router.ts';

export interface SubsetQuestion {
  readonly rollout: Rollout;
  readonly wanted: WeightPlan;
  readonly rule: KubeObject & JsonObject;
  /** Destinations of all weighted entries as they are now. */
  readonly held: readonly Split[];
  readonly locate: Locate;
  /** Weights are about to be written by the same plan. */
  readonly moves: boolean;
}

const ruleField = `${routingField}.istio.destinationRule`;

/** The write that gives subsets the wanted labels; undefined when they have them. */
export function planSubsets(question: SubsetQuestion): RouteWrite | Refusal | undefined {
  const { rollout, rule } = question;
  const { podTemplateHash, managedByRollouts } = keysOf(rollout);
  const object = asDestinationRule(rule);
  const old = object.spec?.subsets ?? [];
  const labelled = labelSides(question, old, podTemplateHash);
  if (isRefusal(labelled)) return labelled;
  const subsets = withExperiments(question, labelled, podTemplateHash);
  const changed = subsets.length !== old.length || subsets.some((one, at) => one !== old[at]);
  const isClaimed = object.metadata.annotations?.[managedByRollouts] === rollout.metadata.name;
  // Who gives a side without a Service to a revision signs the rule by the same write.
  const isSigned = isClaimed || standsAlone(rollout, 'stable') || standsAlone(rollout, 'canary');
  if (!changed && isSigned) return undefined;
  const annotations = { [managedByRollouts]: rollout.metadata.name };
  const patch = {
    ...(isClaimed ? {} : { metadata: { annotations } }),
    ...(changed ? { spec: { subsets: subsets as unknown as JsonObject[] } } : {}),
  };
  return { kind: 'patch', object: rule, patch };
}

function labelSides(question: SubsetQuestion, old: readonly Subset[], label: string): readonly Subset[] | Refusal {
  const named = routingOf(question.rollout)?.istio?.destinationRule;
  if (named === undefined) return old;
  const sides = [
    { role: 'stable', field: 'stableSubsetName', name: named.stableSubsetName },
    { role: 'canary', field: 'canarySubsetName', name: named.canarySubsetName },
  ] as const;
  const missing = sides.find(({ name }) => !old.some((subset) => subset.name === name));
  if (missing !== undefined) {
    const message = `DestinationRule/${named.name} has no subset "${missing.name}"; it must have one for each side, so add it or correct the name`;
    return refused(`${ruleField}.${missing.field}`, message);
  }
  return old.map((subset) => {
    const side = sides.find(({ name }) => name === subset.name);
    const hash = side && hashOf(question.wanted, side.role);
    if (side === undefined || hash === undefined || subset.labels?.[label] === hash) return subset;
    if (mustDrainFirst(question, side.role)) return subset;
    return { ...subset, labels: { ...subset.labels, [label]: hash } };
  });
}

/** A subset that gives up all its weight now keeps its pods until that is written: the next plan labels it anew. */
function mustDrainFirst({ held, locate, wanted, moves }: SubsetQuestion, role: 'stable' | 'canary'): boolean {
  const isLoaded = held.some((split) => locate(split) === role && (split.weight ?? 0) > 0);
  return moves && isLoaded && sharesOf(wanted)[role] === 0;
}

/** Adds a subset for each further revision that is to get weight, and drops those that nothing refers to any more. */
function withExperiments(question: SubsetQuestion, subsets: readonly Subset[], label: string): readonly Subset[] {
  const named = routingOf(question.rollout)?.istio?.destinationRule;
  const extras = sharesOf(question.wanted).extras.filter((one) => one.podHash !== undefined);
  const spoken = new Set([named?.canarySubsetName, named?.stableSubsetName, ...(named?.additionalSubsetNames ?? [])]);
  const kept = subsets.flatMap((subset) => {
    const extra = extras.find((one) => one.service === subset.name);
    if (extra !== undefined) return [labelledAs(subset, extra, label)];
    return !spoken.has(subset.name) && isExperiments(subset, label) && !isInUse(question, subset.name) ? [] : [subset];
  });
  const missing = extras.filter((one) => !kept.some((subset) => subset.name === one.service));
  return [...kept, ...missing.map((one) => labelledAs({ name: one.service }, one, label))];
}

function labelledAs(subset: Subset, { podHash = '' }: Destination, label: string): Subset {
  return subset.labels?.[label] === podHash ? subset : { ...subset, labels: { ...subset.labels, [label]: podHash } };
}

/** Made by us for an experiment: nobody else writes a subset with nothing but the hash. */
export function isExperiments(subset: Subset, label: string): boolean {
  const names = Object.keys(subset.labels ?? {});
  return names.length === 1 && names[0] === label;
}

function isInUse({ held, rollout }: SubsetQuestion, name: string): boolean {
  return held.some((split) => split.destination?.subset === name || extraService(split, namespaceOf(rollout)) === name);
}
