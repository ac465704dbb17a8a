/** What a restore may touch and in which order: kinds that are never taken back, objects of other syncers, promoted Rollouts. Pure. */

import type { Keys } from '../../crds/schema/keys.ts';
import type { Release, ReleaseRollout } from '../../crds/schema/release.ts';
import type { GitSyncEffect } from './effects.ts';
import { entryKey, type LeavingObject } from './inventory.ts';
import { annotationOf, keyOf, keyText, type Manifest } from './objects.ts';
import type { Observed, Trial, TrialItem } from './observed.ts';
import { asRollout, findRollout, isPromoted, rollbackId, rolloutsOfRelease } from './rollout-state.ts';
import { isCopy } from './config-copies.ts';

/** Running work, data and definitions: taking them back could lose something that no ledger holds. */
const neverRestored = new Set(['Job', 'PersistentVolumeClaim', 'CustomResourceDefinition', 'Namespace']);
const hookAnnotations = ['helm.sh/hook', 'argocd.argoproj.io/hook'];

function isHook(object: Manifest): boolean {
  return hookAnnotations.some((key) => annotationOf(object, key) !== undefined);
}

function isSkippedKind(object: Manifest): boolean {
  return neverRestored.has(object.kind) || isHook(object);
}

/** Whether a restore may apply this item. Copies of the last good set are immutable, so only a missing one is made again. */
export function isRestorable(item: TrialItem, keys: Keys): boolean {
  if (isSkippedKind(item.payload) || item.foreignOwner !== undefined) return false;
  return !(isCopy(item.payload, keys) && item.live !== undefined);
}

export interface RestoreSkips {
  readonly sentences: readonly string[];
  /** `keyText` of added objects that stay. */
  readonly kept: ReadonlySet<string>;
}

/** What a restore leaves as it is and reports. */
export function restoreSkips(trial: Trial, added: readonly LeavingObject[], keys: Keys): RestoreSkips {
  const differs = trial.items.filter((item) => item.state !== 'same' && !isCopy(item.payload, keys));
  const sentences = differs.flatMap((item) => {
    const name = keyText(keyOf(item.payload));
    if (item.foreignOwner !== undefined) return [`${name} is left as it is: ${item.foreignOwner} owns it.`];
    return isSkippedKind(item.payload)
      ? [`${name} is left as it is: a ${whatKind(item.payload)} is never taken back.`]
      : [];
  });
  const kept = added.filter((one) => one.live !== undefined && isSkippedKind(one.live));
  const keptNames = kept.map((one) => keyText(entryKey(one.entry)));
  const keptSentences = kept.map(
    (one) =>
      `${keyText(entryKey(one.entry))} came with the failed release and stays: a ${whatKind(one.live)} is never deleted by a restore.`,
  );
  return { sentences: [...sentences, ...keptSentences], kept: new Set(keptNames) };
}

function whatKind(object: Manifest | undefined): string {
  return object !== undefined && isHook(object) ? 'hook' : (object?.kind ?? 'kind');
}

type RollbackCommand = Extract<GitSyncEffect, { kind: 'Command' }>;

/**
 * Rollouts of the failed release that had been promoted go back to their last good revision without steps, by a command.
 * One that is still in the middle goes back by its template alone.
 */
export function rollbackCommands(observed: Observed, bad: Release): readonly RollbackCommand[] {
  return promotedOthers(observed, bad).flatMap(({ live, goodHash }) => {
    const id = rollbackId(bad.metadata.name, live.metadata.name);
    if (annotationOf(live, observed.keys.commandId) === id) return [];
    const keys = observed.keys;
    const annotations = {
      [keys.command]: 'rollback',
      [keys.commandId]: id,
      [keys.commandRevision]: goodHash,
      [keys.commandActor]: `release/${bad.metadata.name}`,
      [keys.commandReason]: `Release ${bad.metadata.name} failed, so all its Rollouts go back.`,
    };
    const { uid = '', resourceVersion = '' } = live.metadata;
    return [{ kind: 'Command' as const, target: { ...keyOf(live), uid, resourceVersion }, annotations }];
  });
}

/** The same for those that failed in the bake, so after their promotion; the restore waits until they are back. */
export function failedRollbacks(
  observed: Observed,
  bad: Release | undefined,
): { readonly commands: readonly RollbackCommand[]; readonly waiting: readonly ReleaseRollout[] } {
  if (bad === undefined) return { commands: [], waiting: [] };
  const failed = new Set((bad.status?.failed ?? []).map((one) => one.rollout));
  const waiting = new Set(waitsForRollback(observed, bad).filter((name) => failed.has(name)));
  return {
    commands: rollbackCommands(observed, bad).filter(({ target }) => failed.has(target.name)),
    waiting: rolloutsOfRelease(bad).filter(({ name }) => waiting.has(name)),
  };
}

/** Names of the Rollouts whose template must wait until the command above was carried out. */
export function waitsForRollback(observed: Observed, bad: Release): readonly string[] {
  return promotedOthers(observed, bad)
    .filter(({ live }) => {
      const command = asRollout(live).status?.lastCommand;
      const id = rollbackId(bad.metadata.name, live.metadata.name);
      // Refused, e.g. because the old ReplicaSet is gone: then the template goes back with steps.
      return !(command?.id === id && command.outcome !== 'Applied');
    })
    .map(({ live }) => live.metadata.name);
}

function promotedOthers(observed: Observed, bad: Release): readonly { live: Manifest; goodHash: string }[] {
  const good = observed.releases.find((one) => one.metadata.name === observed.sync.status?.lastGood?.release);
  return rolloutsOfRelease(bad).flatMap((wanted) => {
    const live = findRollout(observed.rollouts, wanted);
    const before =
      good && rolloutsOfRelease(good).find((one) => one.name === wanted.name && one.namespace === wanted.namespace);
    if (live === undefined || before === undefined || before.templateHash === wanted.templateHash) return [];
    return isPromoted(wanted, live) ? [{ live, goodHash: before.templateHash }] : [];
  });
}
