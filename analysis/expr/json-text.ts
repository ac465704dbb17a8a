/** JSON text as Go's encoder writes it (two spaces, sorted keys, `<`, `>`, `&` escaped), and reading it back. */
import type { Json } from '../../crds/schema/json.ts';
import { timeJson } from './time-format.ts';
import type { TimeKind } from './time-values.ts';
import { ExprError, fromJson, isList, isMap, isTimeKind, type Value } from './value.ts';
import { floatText } from './value-text.ts';

export function jsonText(value: Value, indent = ''): string {
  const inner = `${indent}  `;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExprError(`toJSON() can't write ${floatText(value)}`);
    return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + jsonText(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (isTimeKind(value)) return timeKindJson(value);
  if (!isMap(value) || value.size === 0) return '{}';
  const members = [...value.keys()]
    .toSorted()
    .map((key) => `${inner}${quoted(key)}: ${jsonText(value.get(key) ?? null, inner)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}

/** Durations as nanoseconds, months and weekdays as numbers; a zone has nothing to show. */
function timeKindJson(value: TimeKind): string {
  switch (value.kind) {
    case 'time':
      return quoted(timeJson(value));
    case 'duration':
      return String(value.ns);
    case 'month':
    case 'weekday':
      return String(value.number);
    case 'zone':
      return '{}';
  }
}

function quoted(text: string): string {
  const hex = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, hex);
}

export function parsedJson(text: string): Value {
  try {
    return fromJson(JSON.parse(text) as Json);
  } catch (error) {
    throw new ExprError(
      'fromJSON() was given a text that is no JSON',
      error instanceof ExprError ? error.at : undefined,
    );
  }
}
