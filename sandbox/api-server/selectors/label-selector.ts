/** The label selector of a list or watch (`app=web,tier in (a,b),!old`), parsed and matched as the real server does. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { objectAt } from '../json-access.ts';
import { badRequest } from '../status-error.ts';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt';
  readonly values: readonly string[];
}

/** @throws StatusError 400 for what cannot be parsed. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  const tokens = tokenise(text);
  const found: LabelRequirement[] = [];
  let at = 0;
  const peek = (): string => tokens[at] ?? '';
  const take = (): string => tokens[at++] ?? '';
  while (at < tokens.length) {
    if (peek() === ',' && found.length === 0) take();
    found.push(requirement(take, peek));
    if (at >= tokens.length) break;
    const comma = take();
    if (comma !== ',') throw badRequest(`found '${comma}', expected: ',' or 'end of string'`);
    if (at >= tokens.length) throw badRequest("unable to parse requirement: found '', expected: identifier after ','");
  }
  return found;
}

const special = /^(?:[(),!<>]|==?|!=)$/;

function tokenise(text: string): readonly string[] {
  return text.match(/!=|==|[(),!<>=]|[^\s(),!<>=]+/g) ?? [];
}

function requirement(take: () => string, peek: () => string): LabelRequirement {
  let key = take();
  if (key !== '!' && special.test(key)) throw badRequest(`found '${key}', expected: !, identifier, or 'end of string'`);
  if (key === '!') {
    key = identifier(take());
    return { key, operator: 'absent', values: [] };
  }
  identifier(key);
  checkKey(key);
  const next = peek();
  if (next === '' || next === ',') return { key, operator: 'exists', values: [] };
  const operator = take();
  switch (operator) {
    case '=':
    case '==':
      return { key, operator: 'in', values: [exact(take, peek, key)] };
    case '!=':
      return { key, operator: 'notin', values: [exact(take, peek, key)] };
    case '>':
      return { key, operator: 'gt', values: [whole(exact(take, peek, key))] };
    case '<':
      return { key, operator: 'lt', values: [whole(exact(take, peek, key))] };
    case 'in':
    case 'notin':
      return { key, operator, values: valueSet(take, peek, key) };
    default:
      throw badRequest(`unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function identifier(token: string): string {
  if (token === '' || special.test(token)) {
    throw badRequest(`unable to parse requirement: found '${token}', expected: identifier`);
  }
  return token;
}

function exact(take: () => string, peek: () => string, key: string): string {
  if (peek() === '' || peek() === ',') return '';
  return checkValue(key, 0, identifier(take()));
}

function whole(value: string): string {
  if (/^-?\d+$/.test(value)) return value;
  const words = "for 'Gt', 'Lt' operators, the value must be an integer";
  throw badRequest(`unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: ${words}`);
}

function valueSet(take: () => string, peek: () => string, key: string): readonly string[] {
  const open = take();
  if (open !== '(') throw badRequest(`unable to parse requirement: found '${open}' expected: '('`);
  const values: string[] = [];
  for (;;) {
    if (peek() === ')') {
      take();
      if (values.length === 0) values.push('');
      return values.sort();
    }
    if (peek() === ',') {
      take();
      if (peek() === ')' || peek() === ',') values.push('');
      continue;
    }
    const value = take();
    if (value === '' || special.test(value)) {
      throw badRequest(`unable to parse requirement: found '${value}', expected: ',', ')' or identifier`);
    }
    values.push(checkValue(key, values.length, value));
  }
}

const nameRule = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const nameWords =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueWords =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function checkKey(key: string): void {
  const name = key.slice(key.indexOf('/') + 1);
  if (!nameRule.test(name)) {
    throw badRequest(`unable to parse requirement: key: Invalid value: "${key}": ${nameWords}`);
  }
}

function checkValue(key: string, at: number, value: string): string {
  if (value !== '' && !nameRule.test(value)) {
    throw badRequest(`unable to parse requirement: values[${at}][${key}]: Invalid value: "${value}": ${valueWords}`);
  }
  return value;
}

/** True when the labels meet every requirement. */
export function labelsMatch(requirements: readonly LabelRequirement[], object: JsonObject): boolean {
  if (requirements.length === 0) return true;
  const labels = objectAt(object, 'metadata', 'labels');
  return requirements.every((one) => meets(one, labels[one.key]));
}

function meets({ operator, values }: LabelRequirement, value: unknown): boolean {
  switch (operator) {
    case 'in':
      return typeof value === 'string' && values.includes(value);
    case 'notin':
      return typeof value !== 'string' || !values.includes(value);
    case 'exists':
      return typeof value === 'string';
    case 'absent':
      return typeof value !== 'string';
    case 'gt':
      return typeof value === 'string' && Number(value) > Number(values[0]);
    case 'lt':
      return typeof value === 'string' && Number(value) < Number(values[0]);
  }
}
