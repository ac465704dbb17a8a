/**
 * Fencing of a Rollout: on taking over, a leader stamps its term on every unsettled Rollout and on its children before it
 * decides, and stamps once more what its own uncertain writes may still change (controller/term-fence.ts).
 */

import type { KubeClient, KubeObject, Leadership, Ref } from '../../kube/api.ts';
import { termFence } from '../term-fence.ts';
import { fieldManager, failed } from './act.ts';
import { isFinished } from './analysis.ts';
import { isOver } from './experiments.ts';
import { stateOf } from './lifecycle-status.ts';
import type { Observed } from './observed.ts';

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

export function fence(client: KubeClient, leadership: Leadership): Fence {
  const stamps = termFence(client, leadership, fieldManager);
  return {
    doubt: (uid, targets) => stamps.doubt(uid, targets),
    forget: (uid) => stamps.forget(uid),
    async check(observed, wrote) {
      const uid = observed.rollout.metadata.uid;
      const answer = await stamps.check({ uid, isSettled: isSettled(observed), members: family(observed) }, wrote);
      if (answer.kind !== 'failed') return answer;
      const { kind, metadata } = answer.object;
      return { ...failed(answer.result, `stamp ${kind} ${metadata.name}`), kind: 'retry' };
    },
  };
}

/** Nothing is under way that another leader could still be writing for. */
function isSettled({ rollout, replicaSets }: Observed): boolean {
  const status = rollout.status;
  const state = stateOf(status);
  const others = replicaSets.filter((set) => set.podHash !== status.stableRS && set.replicas > 0);
  if (state === 'new') return replicaSets.length === 0;
  return (state === 'stable' || state === 'aborted') && others.length === 0;
}

/** The Rollout, with which the old leader loses its status writes at once, and what is written for it. */
export function family({
  rollout,
  replicaSets,
  stableService,
  canaryService,
  traffic,
  analysisRuns,
  experiments = [],
  beside,
}: Observed): readonly KubeObject[] {
  const routes = traffic?.router.needs(rollout, traffic.found).flatMap((key) => traffic.found(key) ?? []) ?? [];
  const services = [stableService, canaryService, beside?.stable, beside?.canary].flatMap((service) =>
    service === undefined || service.routed ? [] : service.view,
  );
  const open = [...analysisRuns.filter((run) => !isFinished(run)), ...experiments.filter((one) => !isOver(one))];
  return [rollout, ...replicaSets, ...services, ...routes, ...open];
}
