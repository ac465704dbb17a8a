/** The shapes of built-in functions: plain ones see values, those with a closure may also run it. */
import type { Meter } from './meter.ts';
import type { Value } from './value.ts';

export type PlainFunction = (args: readonly Value[], meter: Meter) => Value;

/** What a closure sees as `#`, `#index` and `#acc`. */
export interface Pointers {
  readonly item: Value;
  readonly index: bigint;
  readonly acc: Value;
}

export type Apply = (pointers: Pointers) => Value;
export type ClosureFunction = (args: readonly Value[], apply: Apply | undefined, meter: Meter) => Value;
