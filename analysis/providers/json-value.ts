/** How values of backends are shown to people. */
import type { Json } from '../../crds/schema/json.ts';

const maxTextLength = 16_384;

/** JSON, in which numbers that JSON does not know stand as `NaN` and `+Inf`, cut when it is very long. */
export function jsonText(value: Json): string {
  const text = Array.isArray(value) ? `[${value.map((item: Json) => one(item)).join(',')}]` : one(value);
  return text.slice(0, maxTextLength);
}

function one(value: Json): string {
  if (typeof value !== 'number' || Number.isFinite(value)) return stringified(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function stringified(value: Json): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    // Nested deeper than the stack; the condition will say so.
    if (error instanceof RangeError) return '(nested too deeply)';
    throw error;
  }
}
