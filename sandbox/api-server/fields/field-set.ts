/**
 * Sets of fields in the form in which managedFields carries them (FieldsV1): a tree of elements `f:name`, `k:{"key":..}`,
 * `v:value`, in which `{}` is a member, `.` marks a member that has members below it, and a node without `.` is only a way.
 * Sets are never changed; parts of them are shared.
 */

import type { JsonObject } from '../../../crds/schema/json.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const emptySet: FieldSet = {};
const member: FieldSet = {};

/** A set is empty when it has no member; nodes without members are never made. */
export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** The node of a path: itself a member or not, with these below it; undefined when there is neither. */
export function nodeOf(isMember: boolean, below: Readonly<Record<string, FieldSet>> | undefined): FieldSet | undefined {
  if (below === undefined || isEmpty(below)) return isMember ? member : undefined;
  return isMember ? { '.': member, ...below } : below;
}

/** Whether the path of this node is a member itself. */
export function isMember(node: FieldSet | undefined): boolean {
  return node !== undefined && (node['.'] !== undefined || isEmpty(node));
}

function join(
  a: FieldSet,
  b: FieldSet,
  merge: (a: FieldSet | undefined, b: FieldSet | undefined) => FieldSet | undefined,
): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in a) {
    if (element === '.') continue;
    const node = merge(a[element], b[element]);
    if (node !== undefined) result[element] = node;
  }
  for (const element in b) {
    if (element === '.' || a[element] !== undefined) continue;
    const node = merge(undefined, b[element]);
    if (node !== undefined) result[element] = node;
  }
  return result;
}

/** Members of either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return join(a, b, (left, right) => {
    if (left === undefined || right === undefined || left === right) return left ?? right;
    return nodeOf(isMember(left) || isMember(right), union(left, right));
  });
}

/** Members of `a` that are not in `b`; `a` itself when that is all of them. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  let left: Record<string, FieldSet> | undefined;
  for (const element in b) {
    const [mine, theirs] = [a[element], b[element]];
    if (element === '.' || mine === undefined || theirs === undefined) continue;
    const node = nodeWithout(mine, theirs);
    if (node === mine) continue;
    left ??= { ...a };
    if (node === undefined) delete left[element];
    else left[element] = node;
  }
  return left ?? a;
}

function nodeWithout(mine: FieldSet, theirs: FieldSet): FieldSet | undefined {
  const isKept = isMember(mine) && !isMember(theirs);
  const left = difference(mine, theirs);
  // The mark of a member is taken away together with the member.
  return left === mine && isKept === isMember(mine) ? mine : nodeOf(isKept, withoutSelf(left));
}

/** Members of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return join(a, b, (left, right) => {
    if (left === undefined || right === undefined) return undefined;
    return nodeOf(isMember(left) && isMember(right), intersection(left, right));
  });
}

/** Keeps or drops whole branches by the first element of the path. */
export function topLevel(set: FieldSet, isKept: (element: string) => boolean): FieldSet {
  const kept = Object.entries(set).filter(([element]) => isKept(element));
  return kept.length === Object.keys(set).length ? set : Object.fromEntries(kept);
}

function withoutSelf(node: FieldSet): FieldSet {
  if (node['.'] === undefined) return node;
  const { '.': _self, ...below } = node;
  return below;
}

/** Same members. */
export function isSameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const elements = Object.keys(a);
  if (elements.length !== Object.keys(b).length) return false;
  return elements.every((element) => {
    const [left, right] = [a[element], b[element]];
    return left !== undefined && right !== undefined && isSameSet(left, right);
  });
}

/** All members as paths of elements, each level's members before what is below them, in order. */
export function pathsOf(set: FieldSet, at: readonly string[] = []): readonly (readonly string[])[] {
  const elements = Object.keys(set)
    .filter((element) => element !== '.')
    .toSorted();
  const here = elements.filter((element) => isMember(set[element])).map((element) => [...at, element]);
  const below = elements.flatMap((element) => pathsOf(set[element] ?? emptySet, [...at, element]));
  return [...here, ...below];
}

/** The set with its elements in the order in which a server writes them: fields, then keys, then values, each by name. */
export function sorted(set: FieldSet): JsonObject {
  const result: Record<string, JsonObject> = {};
  for (const element of Object.keys(set).toSorted()) result[element] = sorted(set[element] ?? emptySet);
  return result;
}
