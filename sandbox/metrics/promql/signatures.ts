/** The functions of the grammar: what they take and what they give. */

import type { ValueType } from './syntax.ts';

export interface Signature {
  readonly takes: readonly ValueType[];
  /** How many of the last ones may be left out; `any` = the last may also be repeated. */
  readonly optional?: number | 'any';
  readonly gives: ValueType;
}

const ofRange: Signature = { takes: ['matrix'], gives: 'vector' };
const ofVector: Signature = { takes: ['vector'], gives: 'vector' };

export const signatures = {
  rate: ofRange,
  irate: ofRange,
  increase: ofRange,
  delta: ofRange,
  idelta: ofRange,
  deriv: ofRange,
  predict_linear: { takes: ['matrix', 'scalar'], gives: 'vector' },
  changes: ofRange,
  resets: ofRange,
  avg_over_time: ofRange,
  sum_over_time: ofRange,
  min_over_time: ofRange,
  max_over_time: ofRange,
  count_over_time: ofRange,
  last_over_time: ofRange,
  present_over_time: ofRange,
  absent_over_time: ofRange,
  stddev_over_time: ofRange,
  stdvar_over_time: ofRange,
  quantile_over_time: { takes: ['scalar', 'matrix'], gives: 'vector' },
  abs: ofVector,
  ceil: ofVector,
  floor: ofVector,
  sgn: ofVector,
  sqrt: ofVector,
  round: { takes: ['vector', 'scalar'], optional: 1, gives: 'vector' },
  clamp: { takes: ['vector', 'scalar', 'scalar'], gives: 'vector' },
  clamp_min: { takes: ['vector', 'scalar'], gives: 'vector' },
  clamp_max: { takes: ['vector', 'scalar'], gives: 'vector' },
  timestamp: ofVector,
  sort: ofVector,
  sort_desc: ofVector,
  absent: ofVector,
  histogram_quantile: { takes: ['scalar', 'vector'], gives: 'vector' },
  label_replace: { takes: ['vector', 'string', 'string', 'string', 'string'], gives: 'vector' },
  label_join: { takes: ['vector', 'string', 'string', 'string'], optional: 'any', gives: 'vector' },
  scalar: { takes: ['vector'], gives: 'scalar' },
  vector: { takes: ['scalar'], gives: 'vector' },
  time: { takes: [], gives: 'scalar' },
} as const satisfies Readonly<Record<string, Signature>>;

export type FunctionName = keyof typeof signatures;

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(signatures, name);
}

export function signatureOf(name: FunctionName): Signature {
  return signatures[name];
}
