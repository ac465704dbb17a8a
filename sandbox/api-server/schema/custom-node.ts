/** A structural schema in the form in which it is walked: one node per value, compiled once per definition. */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../../crds/schema/json.ts';

export interface CustomNode {
  readonly type: string;
  readonly nullable: boolean;
  readonly intOrString: boolean;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly listType: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  readonly atomicMap: boolean;
  readonly fields: Readonly<Record<string, CustomNode>>;
  /** Whether there is any declared field. */
  readonly hasFields: boolean;
  readonly rest: CustomNode | undefined;
  readonly item: CustomNode | undefined;
  readonly fallback: Json | undefined;
  /** Fields below, or fields of theirs, have defaults. */
  readonly fillsIn: boolean;
  readonly required: readonly string[];
  readonly rules: readonly CustomRule[];
  /** Rules here or below; among them some with `oldSelf`. */
  readonly hasRules: boolean;
  readonly hasTransitions: boolean;
  /** Sets or keyed lists here or below. */
  readonly hasKeyedLists: boolean;
  /** As it stands in the definition: limits, patterns, enum, alternatives. */
  readonly given: JsonObject;
}

/** One of `x-kubernetes-validations`. */
export interface CustomRule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression: string;
  readonly reason: string;
  readonly fieldPath: string;
  readonly optionalOldSelf: boolean;
}

export function customNode(schema: JsonObject): CustomNode {
  const fields = Object.create(null) as Record<string, CustomNode>;
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  for (const [name, property] of Object.entries(properties)) {
    if (isJsonObject(property)) fields[name] = customNode(property);
  }
  const rest = isJsonObject(schema['additionalProperties']) ? customNode(schema['additionalProperties']) : undefined;
  const item = isJsonObject(schema['items']) ? customNode(schema['items']) : undefined;
  const listType = schema['x-kubernetes-list-type'];
  const members = Object.values(fields);
  const below = [...members, rest, item].filter((one) => one !== undefined);
  const rules = objects(schema['x-kubernetes-validations']).map(ruleOf);
  return {
    type: textAt(schema, 'type'),
    nullable: schema['nullable'] === true,
    intOrString: schema['x-kubernetes-int-or-string'] === true,
    preserve: schema['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: schema['x-kubernetes-embedded-resource'] === true,
    listType: listType === 'set' || listType === 'map' ? listType : 'atomic',
    keys: texts(schema['x-kubernetes-list-map-keys']).toSorted(),
    atomicMap: schema['x-kubernetes-map-type'] === 'atomic',
    fields,
    hasFields: members.length > 0,
    rest,
    item,
    // A null default is lost when a definition is stored.
    fallback: schema['default'] ?? undefined,
    fillsIn: below.some((one) => one.fillsIn || one.fallback !== undefined),
    required: texts(schema['required']),
    rules,
    hasRules: rules.length > 0 || below.some((one) => one.hasRules),
    hasTransitions: rules.some(({ rule }) => /\boldSelf\b/.test(rule)) || below.some((one) => one.hasTransitions),
    hasKeyedLists: listType === 'set' || listType === 'map' || below.some((one) => one.hasKeyedLists),
    given: schema,
  };
}

function ruleOf(rule: JsonObject): CustomRule {
  return {
    rule: textAt(rule, 'rule'),
    message: textAt(rule, 'message'),
    messageExpression: textAt(rule, 'messageExpression'),
    reason: textAt(rule, 'reason') || 'FieldValueInvalid',
    fieldPath: textAt(rule, 'fieldPath'),
    optionalOldSelf: rule['optionalOldSelf'] === true,
  };
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
