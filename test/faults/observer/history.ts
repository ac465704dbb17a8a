/** What a Rollout looked like lately, and how much traffic each of its revisions may have had: the memory behind all windows of time. */

import type { CanaryShare } from './routes.ts';
import type { RolloutView, ServiceRole } from './rollout-view.ts';

/** One version of the world around a Rollout, from `view.at` until the next one's. */
export interface Era {
  readonly view: RolloutView;
  /** Canary shares that a Gateway may go by: what is written, and until that is confirmed also what was before. */
  readonly possible: readonly CanaryShare[];
}

export interface RolloutHistory {
  readonly now: Era;
  /** Views that held at some moment of the last `ms`, oldest first; the newest is last. */
  within(ms: number): readonly RolloutView[];
  /** The same, with what Gateways may go by. */
  eras(ms: number): readonly Era[];
}

export interface GrowingHistory extends RolloutHistory {
  add(view: RolloutView): void;
}

/** Nothing that a check asks for is older. */
const keptMs = 3_600_000;
const keptEras = 5_000;

export function rolloutHistory(first: RolloutView): GrowingHistory {
  const eras: Era[] = [{ view: first, possible: first.share === undefined ? [] : [first.share] }];
  const newest = (): Era => eras.at(-1)!;
  const recent = (ms: number): readonly Era[] => {
    const since = newest().view.at - ms;
    let from = eras.length - 1;
    // The first era that had begun by then is the oldest that reaches into the window; one that ended exactly then is over.
    while (from > 0 && eras[from]!.view.at > since) from -= 1;
    return eras.slice(from);
  };
  return {
    get now() {
      return newest();
    },
    within: (ms) => recent(ms).map(({ view }) => view),
    eras: recent,
    add(view) {
      eras.push({ view, possible: possibleNow(newest(), view) });
      while (eras.length > keptEras || (eras[1] !== undefined && eras[1].view.at < view.at - keptMs)) eras.shift();
    },
  };
}

function possibleNow(before: Era, view: RolloutView): readonly CanaryShare[] {
  const { share, routes } = view;
  if (share === undefined || routes === undefined) return [];
  if (routes.isConfirmed) return [share];
  const known = before.possible;
  return known.some((one) => one.low === share.low && one.high === share.high) ? known : [...known, share];
}

/** What a revision may get at most in an era, of the view's total. */
export function mostShare({ view, possible }: Era, hash: string): number {
  const onStable = isServed(view.stableService, hash);
  const onCanary = isServed(view.canaryService, hash);
  if (onStable && onCanary) return view.routes === undefined ? 0 : view.total;
  return Math.max(0, ...possible.map(({ low, high }) => (onStable ? view.total - low : 0) + (onCanary ? high : 0)));
}

/** By the selector, or by endpoints that are still there. */
function isServed(service: ServiceRole | undefined, hash: string): boolean {
  return service !== undefined && (service.hash === hash || (service.ready[hash] ?? 0) > 0);
}

/** What a revision gets by what is written now and by the selectors alone: the most and the least of the rules. */
export function writtenShare(view: RolloutView, hash: string): CanaryShare {
  const { share, stableService, canaryService, total } = view;
  const [onStable, onCanary] = [stableService?.hash === hash, canaryService?.hash === hash];
  if (share === undefined) return { low: 0, high: 0 };
  if (onStable && onCanary) return { low: total, high: total };
  if (onStable) return { low: total - share.high, high: total - share.low };
  return onCanary ? share : { low: 0, high: 0 };
}

/** Revisions that a view speaks of. */
export function hashesOf(view: RolloutView): readonly string[] {
  const named = [view.stable, view.current, view.stableService?.hash, view.canaryService?.hash, ...view.sets.keys()];
  return [...new Set(named.filter((one) => one !== undefined))];
}
