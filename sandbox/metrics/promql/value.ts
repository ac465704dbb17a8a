/** What expressions evaluate to at one moment. */

import type { Labels } from '../labels.ts';
import { labelKey } from '../labels.ts';
import type { Instant, Point } from '../sample-list.ts';
import { failed } from './problem.ts';

export interface Sample {
  readonly labels: Labels;
  readonly v: number;
  /** When it was measured; of a computed one the moment of evaluation. */
  readonly t: Instant;
}

export interface PointSeries {
  readonly labels: Labels;
  /** At least one, in order of time. */
  readonly points: readonly Point[];
}

/** A range vector and the window that it was cut from. */
export interface RangeVector {
  readonly series: readonly PointSeries[];
  readonly from: Instant;
  readonly to: Instant;
}

export type Value =
  | { readonly kind: 'scalar'; readonly v: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'vector'; readonly samples: readonly Sample[] }
  | ({ readonly kind: 'matrix' } & RangeVector);

/** @throws QueryProblem when two samples have the same labels. */
export function refuseTwins(samples: readonly { readonly labels: Labels }[]): void {
  if (new Set(samples.map((one) => labelKey(one.labels))).size < samples.length)
    throw failed('vector cannot contain metrics with the same labelset');
}
