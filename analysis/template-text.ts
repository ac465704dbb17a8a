/** Replaces `{{args.name}}` and the like in every text of a JSON value; a name that is not known is an error, never left standing. */
import { isJsonObject, type Json } from '../crds/schema/json.ts';

export type Substituted =
  | { readonly kind: 'ok'; readonly value: Json }
  | { readonly kind: 'wrong'; readonly message: string };

/** Names without braces, such as `args.service-name`, to their values. */
export type Replacements = ReadonlyMap<string, string>;

class SubstitutionError extends Error {}

/**
 * Inner spaces are allowed (`{{ args.x }}`). Argo Rollouts inserts Go-quoted values into the JSON text and reads it again, which gives
 * each text with the value put in as it is; this does the same without the detour. Values are not looked at again.
 */
export function substitute(value: Json, replacements: Replacements): Substituted {
  try {
    return { kind: 'ok', value: walk(value, replacements) };
  } catch (error) {
    if (error instanceof SubstitutionError) return { kind: 'wrong', message: error.message };
    throw error;
  }
}

function walk(value: Json, replacements: Replacements): Json {
  if (typeof value === 'string') return replaced(value, replacements);
  if (Array.isArray(value)) return value.map((item: Json) => walk(item, replacements));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [[replaced(key, replacements), walk(item, replacements)] as const],
  );
  return Object.fromEntries(entries);
}

function replaced(text: string, replacements: Replacements): string {
  let result = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('{{', at);
    if (start < 0) return result + text.slice(at);
    const end = text.indexOf('}}', start + 2);
    if (end < 0) throw new SubstitutionError('a "{{" has no "}}" after it');
    const name = text.slice(start + 2, end).trim();
    const value = replacements.get(name);
    if (value === undefined) throw new SubstitutionError(unknownName(name, replacements));
    result += text.slice(at, start) + value;
    at = end + 2;
  }
}

function unknownName(name: string, replacements: Replacements): string {
  const known = [...replacements.keys()].toSorted().map((one) => `{{${one}}}`);
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return `{{${shown}}} is not known: ${known.length === 0 ? 'there are no arguments' : `allowed are ${known.join(', ')}`}`;
}
