/**
 * Fencing: on taking over, a leader stamps its term on every unsettled Rollout and on its children before it decides. That
 * moves their versions on, so late writes of an older leader are refused as stale.
 */

import { ownKeys } from '../../crds/schema/keys.ts';
import type { KubeClient, KubeObject, Leadership } from '../../kube/api.ts';
import { fieldManager, failed } from './act.ts';
import { isFinished } from './analysis.ts';
import { stateOf } from './lifecycle-status.ts';
import type { Observed } from './observed.ts';
import { annotation, refTo } from './scene.ts';

export type Fenced =
  | { readonly kind: 'clear' }
  /** Stamps were written: decide only when the caches show them. */
  | { readonly kind: 'stamped'; readonly count: number }
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs?: number };

export interface Fence {
  check(observed: Observed, wrote: (object: KubeObject) => void): Promise<Fenced>;
  forget(uid: string): void;
}

/** One fence per term: what was stamped or was settled at the takeover is not looked at again. */
export function fence(client: KubeClient, leadership: Leadership): Fence {
  const cleared = new Set<string>();
  return {
    forget: (uid) => void cleared.delete(uid),
    async check(observed, wrote) {
      const uid = observed.rollout.metadata.uid ?? '';
      if (cleared.has(uid)) return { kind: 'clear' };
      const list = isSettled(observed) ? [] : unstamped(observed, leadership.term);
      for (const object of list) {
        const result = await stamp(client, object, leadership.term);
        if (result.kind === 'not-found') continue;
        if (result.kind !== 'ok')
          return { ...failed(result, `stamp ${object.kind} ${object.metadata.name}`), kind: 'retry' };
        wrote(result.object);
      }
      cleared.add(uid);
      return list.length === 0 ? { kind: 'clear' } : { kind: 'stamped', count: list.length };
    },
  };
}

function stamp(client: KubeClient, object: KubeObject, term: string) {
  const { uid, resourceVersion, ...key } = refTo(object);
  const patch = { metadata: { annotations: { [ownKeys.term]: term } } };
  return client.merge(key, patch, { uid, resourceVersion, fieldManager });
}

/** Nothing is under way that another leader could still be writing for. */
function isSettled({ rollout, replicaSets }: Observed): boolean {
  const status = rollout.status ?? {};
  const state = stateOf(status);
  const others = replicaSets.filter((set) => set.podHash !== status.stableRS && set.replicas > 0);
  if (state === 'new') return replicaSets.length === 0;
  return (state === 'stable' || state === 'aborted') && others.length === 0;
}

/** The Rollout first: with it the old leader loses its status writes at once. */
function unstamped(observed: Observed, term: string): readonly KubeObject[] {
  const { rollout, replicaSets, stableService, canaryService, traffic, analysisRuns } = observed;
  const routes = traffic?.router.needs(rollout).flatMap((key) => traffic.found(key) ?? []) ?? [];
  const services = [stableService, canaryService].flatMap((service) => service?.view ?? []);
  const all: readonly KubeObject[] = [
    rollout,
    ...replicaSets,
    ...services,
    ...routes,
    ...analysisRuns.filter((run) => !isFinished(run)),
  ];
  return all.filter((object) => annotation(object, ownKeys.term) !== term);
}
