/** Places of writes at which the faults of scenarios strike. */

import type { Place } from '../plan/plan.ts';

/** The n-th change of the route's rules. */
export function routeWrite(occurrence: number): Place {
  return { write: 'patch httproutes.gateway.networking.k8s.io shop [spec.rules]', occurrence };
}

/** Every write from one number to another. */
export function eachWrite(from: number, to: number): readonly Place[] {
  return Array.from({ length: to - from + 1 }, (_one, index) => ({ nthWrite: from + index }));
}
