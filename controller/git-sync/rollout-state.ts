/** What a live Rollout says about its part of a release. Pure. */

import type { FailedRollout, Release, ReleaseRollout } from '../../crds/schema/release.ts';
import { asRun } from '../../crds/schema/resolve-preset.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import { podTemplateHash } from '../rollout/pod-hash.ts';
import { type Manifest, valueAt } from './objects.ts';

/** With what its status keeps of its preset. The server validated it against the CRD generated from the same schema. */
export function asRollout(object: Manifest): Rollout {
  return asRun(object) as unknown as Rollout;
}

export function liveTemplateHash(object: Manifest): string {
  const template = valueAt(object, ['spec', 'template']);
  return podTemplateHash(isJsonObject(template) ? template : {});
}

/** Whether the status speaks of the spec that the object has now. */
export function isSeen(live: Manifest): boolean {
  return String(asRollout(live).status?.observedGeneration ?? '') === String(live.metadata.generation ?? '');
}

export type RolloutState =
  | { readonly kind: 'missing' }
  /** Its template is not the release's: not applied yet, or edited by hand. */
  | { readonly kind: 'other-template' }
  | { readonly kind: 'promoted' }
  | { readonly kind: 'failed'; readonly failed: FailedRollout; readonly keepGit: boolean; readonly stable: boolean }
  | { readonly kind: 'progressing'; readonly phase: string; readonly message: string };

/** The state of `wanted` in its release. `live` is undefined when the Rollout does not exist. */
export function rolloutState(wanted: ReleaseRollout, live: Manifest | undefined): RolloutState {
  if (live === undefined) return { kind: 'missing' };
  if (liveTemplateHash(live) !== wanted.templateHash) return { kind: 'other-template' };
  const status = asRollout(live).status;
  // A status that speaks of an older template says nothing about this one, least of all that it failed. A generation also
  // counts changes beside the template, such as an autoscaler's, and those take nothing back of what is known by its hash.
  const seen = isSeen(live);
  const failed = seen || status?.verdict?.podHash === wanted.templateHash ? failureOf(wanted, live) : undefined;
  if (failed !== undefined) return failed;
  const stable = status?.stableRS !== undefined && status.stableRS !== '' && status.stableRS === status.currentPodHash;
  if (seen && stable && status?.phase === 'Healthy') return { kind: 'promoted' };
  const phase = status?.phase ?? 'Progressing';
  return { kind: 'progressing', phase, message: status?.waiting?.moves ?? status?.message ?? '' };
}

/**
 * The promotion of the release's revision is complete, whatever became of its pods since: nothing but a rollback takes it back.
 * A Rollout that failed is none.
 */
export function isPromoted(wanted: ReleaseRollout, live: Manifest): boolean {
  const { kind } = rolloutState(wanted, live);
  if (kind !== 'progressing') return kind === 'promoted';
  const { stableRS, currentPodHash } = asRollout(live).status ?? {};
  return isSeen(live) && (stableRS ?? '') !== '' && stableRS === currentPodHash;
}

/** Id of the command that takes a promoted Rollout of a bad release back. */
export function rollbackId(release: string, rollout: string): string {
  return `${release}-${rollout}`;
}

/** The Rollout can't go back by that command, e.g. because the old ReplicaSet is gone. */
export function isRollbackRefused(release: string, live: Manifest): boolean {
  const command = asRollout(live).status?.lastCommand;
  return command?.id === rollbackId(release, live.metadata.name) && command.outcome === 'Rejected';
}

/** The verdict, when it speaks of the template that the Rollout has now. */
function failureOf(wanted: ReleaseRollout, live: Manifest): Extract<RolloutState, { kind: 'failed' }> | undefined {
  const status = asRollout(live).status;
  const verdict = status?.verdict;
  if (verdict?.outcome !== 'Failed' || verdict.podHash !== status?.currentPodHash) return undefined;
  return {
    kind: 'failed',
    failed: {
      rollout: wanted.name,
      namespace: wanted.namespace,
      templateHash: wanted.templateHash,
      cause: verdict.cause,
      message: verdict.message,
      ...(verdict.actor === undefined ? {} : { actor: verdict.actor }),
    },
    keepGit: verdict.keepGit === true,
    stable: (verdict.confirmedStableAt ?? '') !== '',
  };
}

/** Live Rollouts of a release by namespace and name. */
export function findRollout(rollouts: readonly Manifest[], wanted: ReleaseRollout): Manifest | undefined {
  return rollouts.find(
    (one) => one.metadata.name === wanted.name && (one.metadata.namespace ?? '') === wanted.namespace,
  );
}

export function rolloutsOfRelease(release: Release): readonly ReleaseRollout[] {
  return release.spec.rollouts ?? [];
}
