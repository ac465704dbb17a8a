/**
 * The release under way: into the ledger first, then base objects, health, Rollouts; when all are promoted the config that
 * others read, then the bake, then it is good. Pure.
 */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import type { Waiting } from '../decision.ts';
import { instantOf, timeText } from './conditions.ts';
import { baking } from './decide-bake.ts';
import { joined, sentencesOf, withHandled } from './decide-tip.ts';
import {
  acting,
  conditioned,
  type Draft,
  lookingAgain,
  normalFact,
  recorded,
  waitingFor,
  warningFact,
  withPhase,
  withStatus,
} from './draft.ts';
import type { GitSyncEffect } from './effects.ts';
import { inventoryWith } from './inventory.ts';
import { shortCommit } from './names.ts';
import { keyOf, keyText } from './objects.ts';
import type { Observed, Trial, TrialItem } from './observed.ts';
import { progressOf } from './release-verdict.ts';
import { findRelease, marking, markingCandidate } from './releases.ts';
import type { Stage } from './order.ts';

const healthPollMs = 2_000;
const retryMs = 5_000;

export function advancing(observed: Observed, draft: Draft, now: Instant): Draft {
  const { candidate } = draft.status;
  if (candidate === undefined) return draft;
  const release = findRelease(observed, candidate.release);
  const tried = observed.subject.kind === 'candidate' ? observed.trial : undefined;
  const older = observed.releases.find(
    (one) => one.metadata.name !== candidate.release && (one.status?.phase ?? 'Candidate') === 'Candidate',
  );
  if (older !== undefined) {
    const message = `Superseded by ${candidate.release}.`;
    return acting(draft, [
      marking(older, { phase: 'Superseded', reason: 'NewerCommit', message, finishedAt: timeText(now) }),
    ]);
  }
  if (release === undefined) return entering(observed, draft, tried, now);
  switch (release.status?.phase) {
    case undefined:
      return acting(draft, [markingCandidate(release, now)]);
    case 'Good':
      return recordingGood(draft, release, now);
    case 'Held':
      return recordingHeld(draft, release, now);
    case 'Candidate':
      return release.status.appliedAt === undefined
        ? applying(observed, draft, release, now)
        : following(observed, draft, release, now);
    case 'Bad':
    case 'Superseded':
    case 'Quarantined':
      return draft;
  }
}

/** The ledger entry stands before the first object is applied, so that a restore never needs Git. */
function entering(observed: Observed, draft: Draft, trial: Trial | undefined, now: Instant): Draft {
  const { sync, source } = observed;
  const { candidate } = draft.status;
  const { tip } = source;
  const text = `Commit ${shortCommit(candidate?.commit ?? '')} is being entered into the ledger.`;
  if (candidate === undefined || trial === undefined || tip?.digest !== candidate.digest) {
    // The rendered set is only in memory until then: it comes back with the next fetch of the same commit.
    const why = observed.tenant.kind === 'ok' ? 'The rendered set is being fetched again.' : observed.tenant.message;
    return lookingAgain(withPhase(draft, 'Applying', `${text} ${why}`), now + healthPollMs);
  }
  const spec = {
    gitSync: { name: sync.metadata.name, uid: sync.metadata.uid ?? '' },
    repository: sync.spec.repository,
    branch: sync.spec.branch,
    commit: candidate.commit,
    digest: candidate.digest,
    committedAt: tip.committedAt,
    author: tip.author.slice(0, 200),
    subject: tip.subject.slice(0, 200),
    renderer: tip.renderer,
    rollouts: [...trial.set.rollouts],
    copies: [...trial.set.copies],
  };
  const draftRelease = { name: candidate.release, spec, objects: trial.set.objects, startedAt: timeText(now) };
  const filled = withUids(observed, draft, trial);
  const first: readonly GitSyncEffect[] = [{ kind: 'WriteRelease', draft: draftRelease }];
  const next = refusalOf(observed, trial, candidate.release) === undefined ? nextStage(trial) : [];
  return acting(withPhase(filled, 'Applying', text), [...first, ...next]);
}

/** The objects that may be applied now: Rollouts only once everything else is there and healthy. */
function nextStage(trial: Trial): readonly GitSyncEffect[] {
  const base = differing(trial, ['base']);
  if (base.length > 0) return [applyEffect(base)];
  const rollouts = sickItem(trial) === undefined ? differing(trial, ['rollouts']) : [];
  return rollouts.length > 0 ? [applyEffect(rollouts)] : [];
}

function sickItem(trial: Trial): TrialItem | undefined {
  return trial.items.find((item) => item.stage === 'base' && item.health.kind !== 'current');
}

function applying(observed: Observed, draft: Draft, release: Release, now: Instant): Draft {
  const text = `Commit ${shortCommit(release.spec.commit)} is being applied.`;
  const { trial, tenant } = observed;
  if (observed.subject.kind !== 'candidate' || trial === undefined) {
    const why = observed.gap ? `The ledger of ${observed.gap.release} is incomplete: ${observed.gap.why}.` : text;
    return lookingAgain(withPhase(draft, 'Applying', tenant.kind === 'ok' ? why : tenant.message), now + healthPollMs);
  }
  const filled = withUids(observed, draft, trial);
  const refused = refusalOf(observed, trial, release.metadata.name);
  if (refused !== undefined) return refusedApply(filled, release, refused, observed, now);
  const next = nextStage(trial);
  if (next.length > 0) return acting(withPhase(filled, 'Applying', text), next);
  const sick = sickItem(trial);
  if (sick !== undefined) return unhealthy(filled, sick, now);
  // What could not be tried just now (a conflict, a busy server) may still differ: applied is only what was seen to be.
  const passing = sentencesOf(trial, 'passing');
  if (passing.length > 0) return lookingAgain(withPhase(filled, 'Applying', joined(passing)), now + healthPollMs);
  const applied = marking(release, { phase: 'Candidate', appliedAt: timeText(now) });
  const fact = normalFact('ReleaseApplied', now, `Commit ${shortCommit(release.spec.commit)} is applied.`);
  return acting(withHandled(observed, withPhase(filled, 'Progressing', text)), [applied], fact);
}

function withUids(observed: Observed, draft: Draft, trial: Trial): Draft {
  const live = new Map(trial.items.map((item) => [item.id, item.live?.metadata.uid]));
  const inventory = inventoryWith(draft.status.inventory ?? [], trial.set.objects, (id) => live.get(id), observed.keys);
  return withStatus(draft, { inventory });
}

export function differing(trial: Trial, stages: readonly Stage[]): readonly TrialItem[] {
  return trial.items.filter((item) => item.state === 'differs' && stages.includes(item.stage));
}

export function applyEffect(items: readonly TrialItem[]): GitSyncEffect {
  return { kind: 'Apply', payloads: items.map((item) => item.payload) };
}

function refusalOf(observed: Observed, trial: Trial, release: string): string | undefined {
  const blocked = [...trial.problems, ...sentencesOf(trial, 'blocked')];
  if (blocked.length > 0) return joined(blocked);
  const failure = observed.applyFailure;
  return failure?.release === release ? failure.message : undefined;
}

/** Something that the dry-run took is refused now. Tried until the timeout, then everything goes back. */
function refusedApply(draft: Draft, release: Release, why: string, observed: Observed, now: Instant): Draft {
  const timeoutMs = parseDurationMs(observed.sync.spec.timeout ?? '5m') ?? 300_000;
  const deadline = (instantOf(draft.status.candidate?.since) ?? now) + timeoutMs;
  const first = draft.status.lastGood === undefined;
  if (now >= deadline && !first) {
    const message = `Not all objects could be applied within ${observed.sync.spec.timeout ?? '5m'}, so those already written go back. ${why}`;
    const held = marking(release, { phase: 'Held', reason: 'ApplyFailed', message, finishedAt: timeText(now) });
    return acting(withPhase(draft, 'Restoring', message), [held], warningFact('ApplyTimedOut', now, message));
  }
  const waiting: Waiting = { reason: 'ApplyRefused', on: 'user', until: deadline, moves: why };
  const again = lookingAgain(waitingFor(withPhase(draft, 'Applying', why), waiting), now + retryMs);
  const trial = observed.trial;
  const base = trial === undefined || sentencesOf(trial, 'blocked').length > 0 ? [] : differing(trial, ['base']);
  return base.length === 0 ? again : acting(again, [applyEffect(base)]);
}

function unhealthy(draft: Draft, item: TrialItem, now: Instant): Draft {
  const why = item.health.kind === 'current' ? '' : item.health.why;
  const text = `${keyText(keyOf(item.payload))} ${why}; the Rollouts of the commit are applied when it is healthy.`;
  const waiting: Waiting = {
    reason: 'Unhealthy',
    on: `${item.payload.kind}/${item.payload.metadata.name}`,
    moves: text,
  };
  return lookingAgain(waitingFor(withPhase(draft, 'Progressing', text), waiting), now + healthPollMs);
}

/** Applied: the Rollouts decide from here. A sync request has the set compared again, through the same overlay. */
function following(observed: Observed, draft: Draft, release: Release, now: Instant): Draft {
  const tried = observed.subject.kind === 'candidate' ? observed.trial : undefined;
  const progress = progressOf(release, observed.rollouts);
  const promoted = progress.kind === 'promoted';
  const stages: readonly Stage[] = promoted ? ['base', 'rollouts', 'after'] : ['base', 'rollouts'];
  const again = tried === undefined ? [] : differing(tried, stages);
  const next = tried === undefined ? draft : withUids(observed, draft, tried);
  const commit = shortCommit(release.spec.commit);
  if (again.length > 0)
    return acting(withPhase(next, 'Applying', `Commit ${commit} is being applied.`), [applyEffect(again)]);
  const handled = tried === undefined ? next : withHandled(observed, next);
  if (!promoted) {
    const why = progress.kind === 'waiting' ? `${progress.on} ${progress.why}.` : 'A Rollout failed.';
    const on = progress.kind === 'waiting' ? progress.on : 'user';
    const text = `Commit ${commit} is under way: ${why}`;
    return waitingFor(withPhase(handled, 'Progressing', text), { reason: 'Rollouts', on, moves: why });
  }
  return baking(observed, handled, release, now);
}

function recordingGood(draft: Draft, release: Release, now: Instant): Draft {
  const { candidate: _candidate, ...rest } = draft.status;
  const { commit, digest } = release.spec;
  const lastGood = { release: release.metadata.name, commit, digest, at: timeText(now) };
  const text = `Commit ${shortCommit(commit)} is good.`;
  const next = withStatus({ ...draft, status: rest }, { lastGood });
  const synced = conditioned(next, { type: 'GitInSync', status: 'True', reason: 'Good', message: text }, now);
  return recorded(withPhase(synced, 'Good', text), normalFact('ReleaseGood', now, text));
}

/** The set could not be applied whole: what was written goes back to the last good release. Git is left alone. */
function recordingHeld(draft: Draft, release: Release, now: Instant): Draft {
  const { candidate: _candidate, revertName: _revertName, ...rest } = draft.status;
  const reason = release.status?.message ?? 'Not all objects could be applied.';
  const next = withStatus(
    { ...draft, status: rest },
    {
      held: { commit: release.spec.commit, reason, since: timeText(now) },
      restore: { release: release.metadata.name, phase: 'Pending', message: reason },
    },
  );
  const out = conditioned(next, { type: 'GitInSync', status: 'False', reason: 'ApplyFailed', message: reason }, now);
  return recorded(withPhase(out, 'Restoring', reason));
}
