/** How the Git side of a Rollout stands, in whole sentences. Pure. */

import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import { commitOf, type Scene } from './scene.ts';
import { momentText } from './times.ts';

export function gitSentences(scene: Scene, revert: GitRevert | undefined): readonly string[] {
  const { gitSync } = scene;
  if (gitSync === undefined) return ['No GitSync applies this Rollout, so a failure is never reverted in Git.'];
  return [
    appliedSentence(scene, gitSync),
    ...releaseSentences(scene),
    ...heldSentences(gitSync),
    ...restoreSentences(gitSync),
    ...(revert === undefined ? [] : [revertSentence(revert, scene.now)]),
    ...conditionSentences(gitSync),
  ];
}

/** Why a GitSync does not apply what is in Git, in whole sentences that name it; none when nothing is wrong. */
export function troubleSentences(sync: GitSync): readonly string[] {
  return troubles(sync).map((sentence) => `GitSync ${sync.metadata.name}: ${sentence}`);
}

function troubles(sync: GitSync): readonly string[] {
  return [...heldSentences(sync), ...conditionSentences(sync)];
}

function appliedSentence(scene: Scene, sync: GitSync): string {
  const { repository, branch, revert } = sync.spec;
  const commit = commitOf(scene);
  const applied = commit === undefined ? '' : ` applied it from commit ${short(commit)}`;
  const phase = sync.status?.phase === undefined ? '' : `; it is ${sync.status.phase}`;
  const { message: said } = sync.status ?? {};
  // What follows as a sentence of its own is not told twice.
  const message = said && !troubles(sync).some((one) => one.includes(said)) ? `: ${said}` : '';
  return `GitSync ${sync.metadata.name} (${repository}, branch ${branch}, revert mode ${revert.mode})${applied}${phase}${message}.`.replace(
    '..',
    '.',
  );
}

function releaseSentences({ release, now }: Scene): readonly string[] {
  if (release?.status === undefined) return [];
  const { phase, message, bakeUntil } = release.status;
  const bake = phase === 'Candidate' && bakeUntil !== undefined ? `; it bakes until ${momentText(bakeUntil, now)}` : '';
  return [`Release ${release.metadata.name} is ${phase}${message ? `: ${message}` : ''}${bake}.`.replace('..', '.')];
}

function heldSentences(sync: GitSync): readonly string[] {
  const { held, quarantine = [] } = sync.status ?? {};
  const sentences = held === undefined ? [] : [`Commit ${short(held.commit)} is not applied: ${held.reason}`];
  for (const entry of quarantine) {
    sentences.push(
      `Revision ${entry.templateHash} of ${entry.rollout} is in quarantine since ${entry.since}: ${entry.reason}`,
    );
  }
  return sentences;
}

function restoreSentences(sync: GitSync): readonly string[] {
  const restore = sync.status?.restore;
  if (restore === undefined) return [];
  const { release, phase, message, remaining = [] } = restore;
  const left = remaining.length === 0 ? '' : ` Not back yet: ${remaining.join('; ')}.`;
  return [`The restore of release ${release} is ${phase}${message ? `: ${message}` : ''}.${left}`];
}

function revertSentence(revert: GitRevert, now: Scene['now']): string {
  const { phase = 'Pending', message, commit, nextAttemptAt, conflicts = [] } = revert.status ?? {};
  const of = `GitRevert ${revert.metadata.name} of commit ${short(revert.spec.bad.commit)} to ${short(revert.spec.good.commit)}`;
  const details = [
    message ?? '',
    commit === undefined ? '' : `revert commit ${short(commit)}`,
    conflicts.length === 0 ? '' : `conflicts in ${conflicts.join(', ')}`,
    nextAttemptAt === undefined ? '' : `next attempt ${momentText(nextAttemptAt, now)}`,
  ].filter(Boolean);
  return `${of} is ${phase}${details.length === 0 ? '' : `: ${details.join('; ')}`}.`.replace('..', '.');
}

/** Only conditions that tell of trouble: not ready for a lasting reason, Git out of reach or ahead, an incomplete ledger. */
function conditionSentences(sync: GitSync): readonly string[] {
  const bad: Readonly<Record<string, string>> = {
    Stalled: 'True',
    SourceReachable: 'False',
    GitInSync: 'False',
    GitAhead: 'True',
    LedgerIncomplete: 'True',
  };
  const { conditions = [], held } = sync.status ?? {};
  return conditions
    .filter(
      (condition) => bad[condition.type] === condition.status && !(held?.reason ?? '').startsWith(condition.message),
    )
    .map(({ type, status, reason, message }) => `${type} is ${status} (${reason}): ${message}`);
}

export function short(commit: string): string {
  return commit.slice(0, 7);
}
