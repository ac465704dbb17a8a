/**
 * The shape of a strategy inside a preset, derived from the strategy itself: a number may be a text with arguments, nothing is
 * required outside of lists (the Rollout may add it), and the rules wait until the arguments are filled in.
 */

import { z } from 'zod';
import { intOrString, type Rule, ruled } from './fields.ts';

/** The only rules that hold before the arguments are known: exactly one of some fields is set. */
const countsFields = /^\(has\(self\.\w+\) \? 1 : 0\)( \+ \(has\(self\.\w+\) \? 1 : 0\))* == 1$/;

/** The schema of the same fields as they may stand in a preset. */
export function presetShape(schema: z.ZodType): z.ZodType {
  return shapeOf(schema, false);
}

function shapeOf(schema: z.ZodType, isInList: boolean): z.ZodType {
  const { description = '', ...meta } = schema.meta() ?? {};
  if (schema instanceof z.ZodObject) return objectShape(schema, isInList);
  if (schema instanceof z.ZodArray) {
    return z.array(shapeOf(schema.element as z.ZodType, true)).meta({ ...meta, description });
  }
  if (schema instanceof z.ZodRecord) {
    return z.record(z.string(), shapeOf(schema.valueType as z.ZodType, isInList)).meta({ ...meta, description });
  }
  if (schema instanceof z.ZodNumber) return intOrString(description);
  if (schema instanceof z.ZodEnum) {
    return z.string().meta({ description, pattern: `^(${schema.options.join('|')}|.*\\{\\{.*\\}\\}.*)$` });
  }
  return schema;
}

function objectShape(schema: z.ZodObject, isInList: boolean): z.ZodType {
  const { description = '' } = schema.meta() ?? {};
  const fields = Object.entries(schema.shape).map(([name, field]) => {
    const inner = innerOf(field as z.ZodType);
    const shape = shapeOf(inner, isInList);
    return [name, isInList && inner === field ? shape : shape.optional()] as const;
  });
  const object = z.object(Object.fromEntries(fields)).meta({ description });
  const rules = (schema.meta()?.['x-kubernetes-validations'] ?? []) as readonly Rule[];
  const kept = isInList ? rules.filter(({ rule }) => countsFields.test(rule)) : [];
  return kept.length === 0 ? object : ruled(object, ...kept);
}

/** What an optional field holds. */
export function innerOf(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? innerOf(schema.unwrap() as z.ZodType) : schema;
}
