/** Runs the CEL rules of a definition over an object, transition rules with the old object. */

import { isJsonObject, type Json } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { isSameJson } from '../fields/same-json.ts';
import { type CelOutcome, celProgram, celValue } from './cel.ts';
import { oldItems } from './custom-checks.ts';
import type { CustomNode, CustomRule } from './custom-node.ts';
import { duplicate, forbidden, invalidOmitted, invalidValue, required } from './field-cause.ts';

/** Rules about parts that have not changed are not run again; transition rules are. */
export function ruleCauses(value: Json, old: Json | undefined, node: CustomNode, path: string): readonly FieldCause[] {
  if (!node.hasRules) return [];
  const isSame = old !== undefined && isSameJson(value, old);
  if (isSame && !node.hasTransitions) return [];
  const own = node.rules.flatMap((rule) => (isSame && !usesOld(rule) ? [] : causesOf(rule, value, old, node, path)));
  return [...own, ...below(value, old, node, path)];
}

function below(value: Json, old: Json | undefined, node: CustomNode, path: string): readonly FieldCause[] {
  if (Array.isArray(value)) {
    const { item } = node;
    if (item === undefined) return [];
    const before = oldItems(old, node);
    return value.flatMap((one: Json, index) => ruleCauses(one, before(one), item, `${path}[${index}]`));
  }
  if (!isJsonObject(value)) return [];
  const before = isJsonObject(old) ? old : {};
  return Object.entries(value).flatMap(([key, member]) => {
    if (member === undefined || member === null) return [];
    const field = node.fields[key];
    if (field !== undefined) return ruleCauses(member, before[key], field, path === '' ? key : `${path}.${key}`);
    return node.rest === undefined ? [] : ruleCauses(member, before[key], node.rest, `${path}[${key}]`);
  });
}

/** @throws Error for a rule that can't be run. */
export function compileRules(node: CustomNode): void {
  if (!node.hasRules) return;
  for (const { rule, messageExpression } of node.rules) {
    celProgram(rule);
    if (messageExpression !== '') celProgram(messageExpression);
  }
  for (const one of [...Object.values(node.fields), node.rest, node.item]) if (one !== undefined) compileRules(one);
}

function usesOld({ rule }: CustomRule): boolean {
  return /\boldSelf\b/.test(rule);
}

function causesOf(
  rule: CustomRule,
  value: Json,
  old: Json | undefined,
  node: CustomNode,
  path: string,
): readonly FieldCause[] {
  if (usesOld(rule) && old === undefined) return [];
  const variables = {
    self: celValue(value, node),
    ...(old === undefined ? {} : { oldSelf: celValue(old, node) }),
  };
  const outcome = celProgram(rule.rule)(variables);
  if (outcome.kind === 'value' && outcome.value === true) return [];
  if (outcome.kind === 'error') return [failure(rule, outcome.message, node, path)];
  const said = rule.messageExpression === '' ? undefined : celProgram(rule.messageExpression)(variables);
  return [refusal(rule, textOf(said) ?? (rule.message.trim() || `failed rule: ${rule.rule.trim()}`), value, path)];
}

function textOf(outcome: CelOutcome | undefined): string | undefined {
  return outcome?.kind === 'value' && typeof outcome.value === 'string' && outcome.value !== ''
    ? outcome.value
    : undefined;
}

function failure(rule: CustomRule, message: string, node: CustomNode, path: string): FieldCause {
  const name = rule.message.trim() || rule.rule.trim();
  const detail =
    message === 'no such overload'
      ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
      : `${message} evaluating rule: ${name}`;
  return invalidValue(path || '<nil>', node.type, detail);
}

function refusal(rule: CustomRule, detail: string, value: Json, path: string): FieldCause {
  const field = placeOf(path, rule.fieldPath);
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default:
      // Lists and maps are not repeated.
      return typeof value === 'object' ? invalidOmitted(field, detail) : invalidValue(field, value, detail);
  }
}

function placeOf(path: string, fieldPath: string): string {
  const child = fieldPath.replace(/^\./, '');
  if (child === '') return path || '<nil>';
  return path === '' ? child : `${path}.${child}`;
}
