/** What keeps a flood of webhooks from becoming a flood of hints: deliveries seen before, requests per source, one hint per window. */

import type { Hint } from './hint.ts';
import { repositoryKey } from '../crds/schema/repository-key.ts';

export interface SeenDeliveries {
  /** True the first time; later ones within the window are repetitions. */
  isNew(id: string): boolean;
}

/** Keeps the last `size` ids, for `windowMs` each. */
export function seenDeliveries(size: number, windowMs: number, nowMs: () => number): SeenDeliveries {
  const seen = new Map<string, number>();
  return {
    isNew(id) {
      const at = seen.get(id);
      const isNew = at === undefined || nowMs() - at >= windowMs;
      if (isNew) {
        seen.delete(id);
        seen.set(id, nowMs());
        trim(seen, size);
      }
      return isNew;
    },
  };
}

export interface RateLimit {
  /** Undefined when the request may pass, else after how many seconds the source may try again. */
  waitSeconds(source: string): number | undefined;
}

/** Each source may send `burst` at once and `perMinute` in the long run. */
export function rateLimit(perMinute: number, burst: number, nowMs: () => number): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    waitSeconds(source) {
      const now = nowMs();
      const known = buckets.get(source) ?? { left: burst, at: now };
      const left = Math.min(burst, known.left + ((now - known.at) * perMinute) / 60_000);
      buckets.delete(source);
      buckets.set(source, { left: Math.max(0, left - 1), at: now });
      trim(buckets, 10_000);
      return left >= 1 ? undefined : Math.max(1, Math.ceil(((1 - left) * 60) / perMinute));
    },
  };
}

export interface Coalescing {
  add(hint: Hint): void;
  /** Sends what waits, at once. */
  flush(): void;
}

/** Hints for one branch that come within `windowMs` leave as one, at the end of the window. */
export function coalescing(windowMs: number, send: (hints: readonly Hint[]) => void): Coalescing {
  const waiting = new Map<string, Hint>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const hints = [...waiting.values()];
    waiting.clear();
    if (hints.length > 0) send(hints);
  };
  return {
    add(hint) {
      waiting.set(JSON.stringify([repositoryKey(hint.repository), hint.branch]), hint);
      timer ??= setTimeout(flush, windowMs);
    },
    flush,
  };
}

function trim(map: Map<string, unknown>, size: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= size) return;
    map.delete(oldest);
  }
}
