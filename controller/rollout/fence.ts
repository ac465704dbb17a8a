/**
 * Fencing: on taking over, a leader stamps its term on every unsettled Rollout and on its children before it decides. That
 * moves their versions on, so late writes of an older leader are refused as stale. Its own writes whose fate is not known may
 * be late as well: what they would change is stamped once more before anything else is decided.
 */

import { ownKeys } from '../../crds/schema/keys.ts';
import type { KubeClient, KubeObject, Leadership, Ref } from '../../kube/api.ts';
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
  /** Writes to these objects may still arrive; `uid` is that of the Rollout. */
  doubt(uid: string, targets: readonly Ref[]): void;
  forget(uid: string): void;
}

/** One fence per term: what was stamped or was settled at the takeover is not looked at again, but for what is doubted. */
export function fence(client: KubeClient, leadership: Leadership): Fence {
  const cleared = new Set<string>();
  const doubts = new Map<string, readonly Ref[]>();
  let doubted = 0;
  return {
    doubt: (uid, targets) => void doubts.set(uid, [...(doubts.get(uid) ?? []), ...targets]),
    forget(uid) {
      cleared.delete(uid);
      doubts.delete(uid);
    },
    async check(observed, wrote) {
      const uid = observed.rollout.metadata.uid ?? '';
      const isNew = !cleared.has(uid) && !isSettled(observed);
      const stale = isNew ? unstamped(observed, leadership.term) : [];
      const late = arriving(observed, doubts.get(uid) ?? []).filter((object) => !stale.includes(object));
      if (late.length > 0) doubted += 1;
      const terms = new Map([
        ...stale.map((object) => [object, leadership.term] as const),
        ...late.map((object) => [object, `${leadership.term}.${doubted}`] as const),
      ]);
      for (const [object, term] of terms) {
        const result = await stamp(client, object, term);
        if (result.kind === 'not-found') continue;
        if (result.kind !== 'ok')
          return { ...failed(result, `stamp ${object.kind} ${object.metadata.name}`), kind: 'retry' };
        wrote(result.object);
      }
      cleared.add(uid);
      doubts.delete(uid);
      return terms.size === 0 ? { kind: 'clear' } : { kind: 'stamped', count: terms.size };
    },
  };
}

/** What still has the version that an uncertain write was made for; anything else has moved on, and the write is stale. */
function arriving(observed: Observed, doubts: readonly Ref[]): readonly KubeObject[] {
  const isMeant = ({ metadata }: KubeObject, { uid, resourceVersion }: Ref): boolean =>
    metadata.uid === uid && metadata.resourceVersion === resourceVersion;
  return family(observed).filter((object) => doubts.some((one) => isMeant(object, one)));
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
  return family(observed).filter((object) => annotation(object, ownKeys.term) !== term);
}

/** The Rollout and what is written for it. */
function family({
  rollout,
  replicaSets,
  stableService,
  canaryService,
  traffic,
  analysisRuns,
}: Observed): readonly KubeObject[] {
  const routes = traffic?.router.needs(rollout).flatMap((key) => traffic.found(key) ?? []) ?? [];
  const services = [stableService, canaryService].flatMap((service) => service?.view ?? []);
  return [rollout, ...replicaSets, ...services, ...routes, ...analysisRuns.filter((run) => !isFinished(run))];
}
