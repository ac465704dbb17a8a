/**
 * What a kind does beyond its schema when objects of it are made, changed and deleted. One rule set a kind; kinds without
 * one use `plainRules`.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause, Instant } from './contract.ts';
import type { NameRule } from './object-names.ts';
import type { Selectable } from './selectors/field-selector.ts';

/** What a rule may ask of the server. */
export interface RuleContext {
  readonly now: Instant;
  random(): number;
  /** The stored objects of a builtin kind. */
  stored(shelf: string, namespace: string): readonly JsonObject[];
}

export interface KindRules {
  readonly nameRule: NameRule;
  /**
   * When metadata.generation grows: with the spec, with the spec or the annotations, with everything but metadata and status,
   * or never (the kind has none).
   * A status that has a subresource of its own is never written through the main path.
   */
  readonly generation: 'spec' | 'spec-or-annotations' | 'content' | 'none';
  /** Fields beside metadata.name and metadata.namespace that field selectors may name. */
  readonly selectable: Selectable;
  /** The words for a field selector that the kind does not offer; the default names the two known fields. */
  readonly unsupportedField?: (field: string) => string;
  /** True when a create may bring its status along (Nodes). */
  readonly keepsStatusOnCreate?: boolean;
  /** True when a DELETE answers with the object, not with a Status. */
  readonly returnsDeleted?: boolean;
  /** True when PUT makes an object that is not there. */
  readonly createOnUpdate?: boolean;
  /** True when a PUT must say which version it replaces. */
  readonly needsVersion?: boolean;
  /** Defaults that a schema cannot say; they count as the writer's. */
  readonly defaults?: (object: JsonObject) => JsonObject;
  /** Completes a new object after defaulting: allocated addresses, initial status. */
  readonly create?: (object: JsonObject, context: RuleContext) => JsonObject;
  /** Adds to a new object that was found well. */
  readonly complete?: (object: JsonObject) => JsonObject;
  /** Carries over what a main write may not change. */
  readonly update?: (object: JsonObject, live: JsonObject, context: RuleContext) => JsonObject;
  /** What is wrong beyond the schema. */
  readonly validate?: (object: JsonObject, live: JsonObject | undefined) => readonly FieldCause[];
  /** What a DELETE does with dependents when it does not say; absent: the finalizers decide. */
  readonly defaultPropagation?: 'Orphan';
  /** Why a new object, complete and well in itself, cannot be. */
  readonly refuse?: (object: JsonObject, context: RuleContext) => readonly FieldCause[];
  /** Seconds a deletion waits for the object's own ending; absent: objects go at once. */
  readonly graceSeconds?: (object: JsonObject) => number;
}

export const plainRules: KindRules = { nameRule: 'subdomain', generation: 'none', selectable: {} };
