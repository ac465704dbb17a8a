/**
 * Tolerance of Argo Rollouts (argo-rollouts.md 2.14): its CRDs let any text stand as a quantity, and its controller drops
 * those that are none. So does this, in argoproj.io only, before the template is hashed or becomes a ReplicaSet.
 */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

/** As Kubernetes reads quantities: a decimal number with a binary, decimal or exponent suffix. */
const quantity = /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

function isQuantity(value: Json | undefined): boolean {
  return typeof value === 'number' || (typeof value === 'string' && quantity.test(value));
}

/** The template without resource requests and limits that are no quantities; the same object when there are none. */
export function withoutBadQuantities(template: JsonObject): JsonObject {
  return changed(template, 'spec', (spec) => {
    const cleaned = ['containers', 'initContainers'].reduce((pod, name) => changedList(pod, name, ofContainer), spec);
    return changed(cleaned, 'overhead', onlyQuantities);
  });
}

function ofContainer(container: JsonObject): JsonObject {
  return changed(container, 'resources', (resources) =>
    ['limits', 'requests'].reduce((all, name) => changed(all, name, onlyQuantities), resources),
  );
}

function onlyQuantities(list: JsonObject): JsonObject {
  const kept = Object.entries(list).filter(([, value]) => isQuantity(value));
  return kept.length === Object.keys(list).length ? list : Object.fromEntries(kept);
}

function changed(object: JsonObject, field: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const value = object[field];
  if (!isJsonObject(value)) return object;
  const next = change(value);
  return next === value ? object : { ...object, [field]: next };
}

function changedList(object: JsonObject, field: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const list = object[field];
  if (!Array.isArray(list)) return object;
  const next = list.map((item: Json) => (isJsonObject(item) ? change(item) : item));
  return next.some((item, index) => item !== list[index]) ? { ...object, [field]: next } : object;
}
