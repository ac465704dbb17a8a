/** One version of a kind as it is served, builtin or custom: its names, its schema, its subresources and its rules. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { KindSchema } from './contract.ts';
import type { KindRules } from './kind-rules.ts';

export interface Subresource {
  readonly name: string;
  /** Of what the subresource takes and gives; '' is the group and version of the resource itself. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** Where a scale subresource finds its numbers, as dotted paths. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A text (custom resources) or a LabelSelector object (builtin kinds). */
  readonly selector?: readonly string[];
}

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

export interface Printer {
  readonly columns: readonly Column[];
  cells(object: JsonObject, now: number): readonly Cell[];
  /** What a row is marked with, such as that its pod has ended. */
  readonly conditions?: (object: JsonObject) => readonly JsonObject[];
}

export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Where the store keeps the objects: the same for all versions of a kind. */
  readonly shelf: string;
  /** For a kind that is stored in another form: what the store has as this version has it, and back. */
  readonly fromStorage?: (stored: JsonObject) => JsonObject;
  readonly toStorage?: (object: JsonObject) => JsonObject;
  readonly schema: KindSchema;
  readonly subresources: readonly Subresource[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths | undefined;
  readonly rules: KindRules;
  readonly printer: Printer;
}

/** `v1`, `apps/v1`. */
export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** As which kind a real server knows what is wrong: that of the stored form. */
export function storedKind(kind: ServedKind): { readonly group: string; readonly kind: string } {
  return { group: kind.toStorage === undefined ? kind.group : '', kind: kind.kind };
}
