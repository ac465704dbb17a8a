/** Faults of the controller's writes and of its view of the cluster, by chance. */

import fc from 'fast-check';

export type Fault =
  /** The write never happens: the controller dies before it, or the API server refuses it for now. */
  | { readonly kind: 'lost' }
  /** Somebody changed the object meanwhile. */
  | { readonly kind: 'conflict' }
  /** The write happens; the controller dies before it learns of that. */
  | { readonly kind: 'unanswered' }
  /** The write happens only after this time, if nobody changed its object by then; the controller waits, then knows nothing. */
  | { readonly kind: 'late'; readonly afterMs: number };

/** Which write of the run, counted from 0 and statuses among them, meets which fault. */
export type Faults = readonly (readonly [number, Fault])[];

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant({ kind: 'lost' as const }),
  fc.constant({ kind: 'conflict' as const }),
  fc.constant({ kind: 'unanswered' as const }),
  fc.record({ kind: fc.constant('late' as const), afterMs: fc.constantFrom(100, 1_500, 12_000) }),
);

export const faults: fc.Arbitrary<Faults> = fc.array(fc.tuple(fc.integer({ min: 0, max: 120 }), fault), {
  maxLength: 14,
});

/** Weights that somebody else writes right before a scale-down, in the order of scale-downs. */
export const races = fc.array(fc.option(fc.constantFrom(0, 20, 100)), { maxLength: 12 });
