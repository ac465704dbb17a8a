/** What is done to the watches of a kind: held back, cut, or told that their version is too old. */

import type { Clock } from '../../../kube/api.ts';
import type { PlannedFault } from '../plan/plan.ts';

export interface View {
  /** The watch asks for a version that is too old: it must list. */
  readonly isExpired: boolean;
  /** Aborts when the connection breaks. */
  readonly ended: AbortSignal;
  /** Resolves when the next line may be seen. */
  whenShown(clock: Clock): Promise<void>;
  close(): void;
}

export interface Views {
  open(resource: string): View;
  /** `of` names the resource; all of them without it. */
  strike(fault: PlannedFault): void;
}

export function views(nowMs: () => number): Views {
  const open = new Set<{ readonly resource: string; readonly end: AbortController }>();
  const expired = new Set<string>();
  const heldUntil = new Map<string, number>();
  return {
    open(resource) {
      const one = { resource, end: new AbortController() };
      open.add(one);
      return {
        isExpired: expired.delete(resource),
        ended: one.end.signal,
        whenShown: async (clock) => {
          const until = heldUntil.get(resource) ?? 0;
          if (until > nowMs()) await clock.sleep(until - nowMs(), one.end.signal);
        },
        close: () => void open.delete(one),
      };
    },
    strike({ kind, of, ms = 5_000 }) {
      const meant = [...open].filter(({ resource }) => of === undefined || resource === of);
      for (const { resource, end } of meant) {
        if (kind === 'delay-watch') heldUntil.set(resource, nowMs() + ms);
        else {
          if (kind === 'expire-watch') expired.add(resource);
          end.abort();
        }
      }
    },
  };
}
