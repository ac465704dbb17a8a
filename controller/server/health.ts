/** Liveness and readiness: alive while the event loop answers, ready once every cache has synced. */

import type { Answer } from './http.ts';

export interface HealthView {
  /** Names of caches that have not synced yet. */
  unsynced(): readonly string[];
  leading(): boolean;
}

export function healthAnswer(view: HealthView, path: string): Answer {
  if (path === '/healthz') return { text: 'ok\n' };
  if (path !== '/readyz') return undefined;
  const unsynced = view.unsynced();
  if (unsynced.length > 0) return { text: `waiting for ${unsynced.join(', ')}\n`, status: 503 };
  return { text: view.leading() ? 'ok, leading\n' : 'ok, standing by\n' };
}
