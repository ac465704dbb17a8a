/** What names objects may have, in the words of the real server, and names made from generateName. */

import type { FieldCause } from './contract.ts';

/** `subdomain` for most kinds, `label` for Namespaces and Services, `path` for RBAC kinds. */
export type NameRule = 'subdomain' | 'label' | 'path';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;

const rules = {
  subdomain: {
    pattern: new RegExp(`^${subdomain}$`),
    maxLength: 253,
    words:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
      `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
  },
  label: {
    pattern: new RegExp(`^${label}$`),
    maxLength: 63,
    words:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
      `alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
  },
} as const;

/** What is wrong with a name. */
export function nameCauses(rule: NameRule, name: string, field: string): readonly FieldCause[] {
  const cause = (words: string): FieldCause => ({
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(name)}: ${words}`,
  });
  if (rule === 'path') return pathComplaints(name).map(cause);
  const { pattern, maxLength, words } = rules[rule];
  const found: FieldCause[] = [];
  if (name.length > maxLength) found.push(cause(`must be no more than ${maxLength} characters`));
  if (!pattern.test(name)) found.push(cause(hasDotsOnly(name) ? 'must not contain dots' : words));
  return found;
}

/** A subdomain that is no label: all that is wrong with it are its dots. */
function hasDotsOnly(name: string): boolean {
  return name.length <= rules.subdomain.maxLength && rules.subdomain.pattern.test(name);
}

/** What is wrong with a generateName: a dash at its end is fine, since letters follow. */
export function generateNameCauses(rule: NameRule, prefix: string): readonly FieldCause[] {
  const likeName = prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;
  const shown = (text: string): string => `Invalid value: ${JSON.stringify(text)}: `;
  return nameCauses(rule, likeName, 'metadata.generateName').map((cause) => ({
    ...cause,
    message: cause.message.replace(shown(likeName), () => shown(prefix)),
  }));
}

function pathComplaints(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((letter) => name.includes(letter)).map((letter) => `may not contain '${letter}'`);
}

/** Letters that make no words: no vowels, nothing that looks like another. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** `prefix` and five letters; a long prefix is cut so that the whole has at most 63. */
export function generatedName(prefix: string, random: () => number): string {
  return `${prefix.slice(0, 58)}${randomLetters(5, random)}`;
}

function randomLetters(count: number, random: () => number): string {
  return Array.from({ length: count }, () => letters[Math.floor(random() * letters.length)]).join('');
}

/** A version 4 UUID. */
export function newUid(random: () => number): string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const variant = '89ab'[Math.floor(random() * 4)];
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
}
