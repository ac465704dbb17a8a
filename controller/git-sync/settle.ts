/** Settling a Rollout on its stable revision before it goes: abort by command, then wait for the confirmation. Pure. */

import type { Keys } from '../../crds/schema/keys.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { GitSyncEffect } from './effects.ts';
import { annotationOf, keyOf, type Manifest } from './objects.ts';
import { asRollout, isSeen } from './rollout-state.ts';

/** `moving`: a release is under way. `going-back`: aborted, traffic not yet confirmed on stable. */
export type SettledState = 'settled' | 'moving' | 'going-back';

/**
 * Settled: all traffic is on stable and the leaving pods have drained (architecture section 5), said by a status that has seen
 * the spec. A command not taken up, a transition and an unseen spec are unknown, and unknown is never settled.
 */
export function settledState(live: Manifest): SettledState {
  const { status } = asRollout(live);
  // Without a stable revision there is nothing to settle on: the first install just goes.
  if (status?.stableRS === undefined || status.stableRS === '') return 'settled';
  switch (status.transition?.kind) {
    case 'abort':
    case 'back-to-stable':
      return 'going-back';
    case 'promote':
    case 'supersede':
      return status.abort === true ? 'going-back' : 'moving';
    case 'weight':
    case undefined:
      break;
  }
  const isStable = status.stableRS === status.currentPodHash;
  if (!isStable && status.verdict === undefined && status.abort !== true) return 'moving';
  if (!isSeen(live) || (status.drainUntil ?? '') !== '') return 'going-back';
  return isStable || (status.verdict?.confirmedStableAt ?? '') !== '' ? 'settled' : 'going-back';
}

/** The abort, once per revision; undefined when it was given already. Git is left alone: nothing failed. */
export function settleCommand(
  live: Manifest,
  context: { readonly sync: GitSync; readonly keys: Keys },
  why: string,
): GitSyncEffect | undefined {
  const { keys, sync } = context;
  const id = `settle-${asRollout(live).status?.currentPodHash ?? 'none'}`;
  if (annotationOf(live, keys.commandId) === id) return undefined;
  const annotations = {
    [keys.command]: 'abort',
    [keys.commandId]: id,
    [keys.commandActor]: `git-sync/${sync.metadata.name}`,
    [keys.commandReason]: `The Rollout ${why}.`,
    [keys.commandKeepGit]: 'true',
  };
  const { uid = '', resourceVersion = '' } = live.metadata;
  return { kind: 'Command', target: { ...keyOf(live), uid, resourceVersion }, annotations };
}
