/** Settling a Rollout on its stable revision before it goes: abort by command, then wait for the confirmation. Pure. */

import type { Keys } from '../../crds/schema/keys.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { GitSyncEffect } from './effects.ts';
import { annotationOf, keyOf, type Manifest } from './objects.ts';
import { asRollout } from './rollout-state.ts';

/** `moving`: a release is under way. `going-back`: aborted, traffic not yet confirmed on stable. */
export type SettledState = 'settled' | 'moving' | 'going-back';

export function settledState(live: Manifest): SettledState {
  const status = asRollout(live).status;
  // Without a stable revision there is nothing to settle on: the first install just goes.
  if (status?.stableRS === undefined || status.stableRS === '') return 'settled';
  if (status.stableRS === status.currentPodHash) return 'settled';
  if (status.verdict === undefined && status.abort !== true) return 'moving';
  return status.verdict === undefined || status.verdict.confirmedStableAt !== undefined ? 'settled' : 'going-back';
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
