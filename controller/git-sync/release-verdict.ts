/** What the Rollouts of a release say together: one failed for a cause that counts → bad; all promoted and baked → good. Pure. */

import type { RevertPolicy } from '../../crds/schema/git-sync.ts';
import type { FailedRollout, Release, ReleaseRollout } from '../../crds/schema/release.ts';
import type { Reason } from '../reasons.ts';
import type { Manifest } from './objects.ts';
import { asRollout, findRollout, isPromoted, isSeen, rolloutState, rolloutsOfRelease } from './rollout-state.ts';

/** A failure as the release records it. */
export interface ReleaseFailure {
  readonly failed: readonly FailedRollout[];
  /** A person asked to leave Git alone. */
  readonly keepGit: boolean;
}

export type ReleaseProgress =
  | { readonly kind: 'failed'; readonly failure: ReleaseFailure }
  | { readonly kind: 'promoted' }
  /** `on` is `Rollout/name`; `why` a clause. */
  | { readonly kind: 'waiting'; readonly on: string; readonly why: string };

const ownActor = 'release/';

/** Only Rollouts whose live template is the release's count; a hand edit is not the release's failure. */
export function progressOf(release: Release, live: readonly Manifest[]): ReleaseProgress {
  const states = rolloutsOfRelease(release).map((wanted) => ({
    wanted,
    state: rolloutState(wanted, findRollout(live, wanted)),
  }));
  const failures = states.flatMap(({ state }) => (state.kind === 'failed' ? [state] : []));
  const own = failures.filter((one) => !one.failed.actor?.startsWith(ownActor));
  if (own.length > 0) {
    return {
      kind: 'failed',
      failure: { failed: own.map((one) => one.failed), keepGit: own.some((one) => one.keepGit) },
    };
  }
  const open = states.find(({ state }) => state.kind !== 'promoted');
  if (open === undefined) return { kind: 'promoted' };
  return { kind: 'waiting', on: `Rollout/${open.wanted.name}`, why: waitText(open.state) };
}

function waitText(state: ReturnType<typeof rolloutState>): string {
  switch (state.kind) {
    case 'missing':
      return 'does not exist yet';
    case 'other-template':
      return "has a pod template that is not this commit's";
    case 'progressing':
      return state.message === '' ? `is ${state.phase}` : `is ${state.phase}: ${state.message}`;
    case 'failed':
      return 'went back with the release';
    case 'promoted':
      return 'is promoted';
  }
}

/**
 * All Rollouts that failed by themselves are back on stable, confirmed by the router; then restore may begin. Unknown never
 * counts: a status that has not seen the spec, and a retry, leave it open where the weight is.
 */
export function isStableConfirmed(release: Release, live: readonly Manifest[]): boolean {
  return unconfirmed(release, live).length === 0;
}

/** The failed Rollouts whose traffic may still be on the failed revision. */
export function unconfirmed(release: Release, live: readonly Manifest[]): readonly ReleaseRollout[] {
  const names = new Set((release.status?.failed ?? []).map((one) => `${one.namespace ?? ''}/${one.rollout}`));
  const isFailed = ({ namespace, name }: ReleaseRollout): boolean =>
    names.has(`${namespace}/${name}`) || names.has(`/${name}`);
  return rolloutsOfRelease(release).filter((one) => isFailed(one) && !isBack(one, findRollout(live, one)));
}

function isBack(wanted: ReleaseRollout, live: Manifest | undefined): boolean {
  // Gone: no revision of it carries traffic any more.
  if (live === undefined) return true;
  const state = rolloutState(wanted, live);
  switch (state.kind) {
    case 'missing':
    case 'promoted':
      return true;
    case 'failed':
      return state.stable;
    case 'progressing':
      // Failed in the bake: its way back is a command (restore.ts), and that is waited for there.
      return isPromoted(wanted, live);
    case 'other-template':
      // Edited: the failed revision has to have given its weight back before another one starts.
      return isSeen(live) && (asRollout(live).status?.transition?.kind ?? 'weight') === 'weight';
  }
}

/** Whether the policy lets this failure revert Git, and if not, the sentence that says why. */
export function revertDecision(
  failure: ReleaseFailure,
  policy: RevertPolicy,
): { readonly revert: true } | { readonly revert: false; readonly reason: Reason; readonly message: string } {
  if (failure.keepGit) {
    const actor = failure.failed.find((one) => one.actor !== undefined)?.actor ?? 'somebody';
    return {
      revert: false,
      reason: 'KeptByActor',
      message: `${actor} aborted the release and asked to keep Git: the branch stays ahead of the cluster until a commit changes it.`,
    };
  }
  const counted = failure.failed.filter((one) => (policy.causes?.[one.cause] ?? 'revert') === 'revert');
  if (counted.length > 0) return { revert: true };
  const cause = failure.failed[0]?.cause ?? 'AnalysisFailed';
  return {
    revert: false,
    reason: 'PolicyKeepsGit',
    message: `spec.revert.causes.${cause} is none: the branch stays ahead of the cluster until a commit changes it.`,
  };
}
