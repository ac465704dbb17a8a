/** The rules of names, label keys and the like that builtin kinds share, with the words of a real server. */

import type { Json, JsonObject } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { invalidValue } from '../field-cause.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const labelWords =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainWords =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedWords =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueWords =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

export function dnsLabel(field: string, text: string): readonly FieldCause[] {
  const long = text.length > 63 ? [invalidValue(field, text, 'must be no more than 63 characters')] : [];
  return label.test(text)
    ? long
    : [...long, invalidValue(field, text, subdomain.test(text) ? 'must not contain dots' : labelWords)];
}

export function dnsSubdomain(field: string, text: string): readonly FieldCause[] {
  const long = text.length > 253 ? [invalidValue(field, text, 'must be no more than 253 characters')] : [];
  return subdomain.test(text) ? long : [...long, invalidValue(field, text, subdomainWords)];
}

/** `name` or `prefix/name`, as label keys are. */
export function qualifiedName(field: string, text: string): readonly FieldCause[] {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2)
    return [
      invalidValue(
        field,
        text,
        `a qualified name ${qualifiedWords} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    ];
  const name = second ?? first;
  const causes: FieldCause[] = [];
  if (second !== undefined && !subdomain.test(first)) {
    const empty = first === '' ? 'must be non-empty' : subdomainWords;
    causes.push(invalidValue(field, text, `prefix part ${empty}`));
  }
  if (name === '') causes.push(invalidValue(field, text, 'name part must be non-empty'));
  else if (name.length > 63) causes.push(invalidValue(field, text, 'name part must be no more than 63 characters'));
  return qualified.test(name) ? causes : [...causes, invalidValue(field, text, `name part ${qualifiedWords}`)];
}

export function labelValue(field: string, text: string): readonly FieldCause[] {
  if (text.length > 63) return [invalidValue(field, text, 'must be no more than 63 characters')];
  return text === '' || qualified.test(text) ? [] : [invalidValue(field, text, valueWords)];
}

export function labels(field: string, given: JsonObject): readonly FieldCause[] {
  return Object.keys(given)
    .toSorted()
    .flatMap((key) => {
      const value = given[key];
      return [...qualifiedName(field, key), ...labelValue(field, typeof value === 'string' ? value : '')];
    });
}

export function portNumber(field: string, value: Json | undefined): readonly FieldCause[] {
  if (typeof value === 'number' && value >= 1 && value <= 65_535) return [];
  return [invalidValue(field, value ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** A port's name: short, lower case, with a letter in it. */
export function portName(field: string, text: string): readonly FieldCause[] {
  const causes: string[] = [];
  if (text.length > 15) causes.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(text)) causes.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  else if (!/[a-z]/.test(text)) causes.push('must contain at least one letter (a-z)');
  if (text.includes('--')) causes.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) causes.push('must not begin or end with a hyphen');
  return causes.map((words) => invalidValue(field, text, words));
}

export function portNumberOrName(field: string, value: Json | undefined): readonly FieldCause[] {
  return typeof value === 'string' ? portName(field, value) : portNumber(field, value);
}

export function notNegative(field: string, value: Json | undefined): readonly FieldCause[] {
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : [];
}
