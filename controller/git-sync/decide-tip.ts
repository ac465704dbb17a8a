/**
 * A commit that was fetched: recognised, held with a reason, or put on record as the next candidate. Nothing of it is written
 * before the whole set has passed its dry-run. Pure.
 */

import type { Release } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import type { Reason } from '../reasons.ts';
import { timeText } from './conditions.ts';
import {
  acting,
  conditioned,
  type Draft,
  lookingAgain,
  normalFact,
  recorded,
  unconditioned,
  warningFact,
  withPhase,
  withStatus,
} from './draft.ts';
import { inventoryWith } from './inventory.ts';
import { releaseName, shortCommit } from './names.ts';
import { homeOf, type Observed, type Tip, type Trial } from './observed.ts';
import { quarantineHits, quarantineSentence } from './quarantine.ts';
import { candidateRelease, findRelease, marking, markingCandidate } from './releases.ts';
import { refusedRelease } from './subject.ts';

const passingRetryMs = 2_000;
const mostSentences = 10;

export function consideringTip(observed: Observed, draft: Draft, now: Instant): Draft {
  const { source, sync, subject } = observed;
  if (sync.spec.suspend) return draft;
  if (source.invalid !== undefined)
    return holding(draft, source.invalid.commit, joined(source.invalid.sentences), 'RenderFailed', now);
  const { tip } = source;
  if (tip === undefined) return draft;
  const { candidate, lastGood } = draft.status;
  if (tip.digest === candidate?.digest) return withoutHeld(draft);
  if (tip.digest === lastGood?.digest)
    return candidate === undefined ? withoutHeld(draft) : takingBack(observed, draft, tip, now);
  if (tip.rewoundFrom !== undefined) return holdingRewound(observed, draft, { ...tip, from: tip.rewoundFrom }, now);
  if (subject.kind === 'tip') return judgingTip(observed, draft, tip, now);
  const refused = refusedRelease(observed.releases, tip.digest);
  if (refused === undefined) return draft;
  const reason = refusedSentence(tip, refused);
  const held = holding(draft, tip.commit, reason, 'FailedBefore', now);
  return lastGood === undefined ? withPhase(withHandled(observed, held), 'Failed', reason) : held;
}

/** Older content comes back only by a commit that says so: a branch that was moved back may be an accident. */
function holdingRewound(observed: Observed, draft: Draft, tip: Tip & { readonly from: string }, now: Instant): Draft {
  const { branch } = observed.sync.spec;
  const reason = `Branch ${branch} was rewound from ${shortCommit(tip.from)} to ${shortCommit(tip.commit)}, so it is held: move it forward again, or push a commit on top of it to release that content.`;
  return withHandled(observed, holding(draft, tip.commit, reason, 'Rewound', now));
}

function refusedSentence(tip: Tip, refused: Release): string {
  const why = refused.status?.message ?? 'it failed';
  return `Commit ${shortCommit(tip.commit)} is held: release ${refused.metadata.name} with the same content failed (${why}); push a commit that changes it.`;
}

function judgingTip(observed: Observed, draft: Draft, tip: Tip, now: Instant): Draft {
  const { trial } = observed;
  if (trial === undefined) return untried(observed, draft, tip, now);
  const attempted = { lastAttempted: attempt(draft, tip, now) };
  const next = withStatus(draft, attempted);
  const refused = withHandled(observed, next);
  const hit = quarantineHits(next.status.quarantine ?? [], trial.set.rollouts, homeOf(observed))[0];
  if (hit !== undefined) return holding(refused, tip.commit, quarantineSentence(tip, hit), 'Quarantined', now);
  const problems = [...trial.problems, ...sentencesOf(trial, 'blocked')];
  if (problems.length > 0) return holding(refused, tip.commit, joined(problems), 'Refused', now);
  const passing = sentencesOf(trial, 'passing');
  if (passing.length > 0) return lookingAgain(withPhase(draft, 'Applying', joined(passing)), now + passingRetryMs);
  return adopting(observed, next, tip, trial, now);
}

/** The tenant's account can't be used, so nothing could be tried. */
function untried(observed: Observed, draft: Draft, tip: Tip, now: Instant): Draft {
  const { tenant } = observed;
  if (tenant.kind === 'refused') return holding(draft, tip.commit, tenant.message, 'AccountRefused', now);
  const why = tenant.kind === 'passing' ? tenant.message : `Commit ${shortCommit(tip.commit)} is being checked.`;
  return lookingAgain(withPhase(draft, 'Applying', why), now + passingRetryMs);
}

/** The time of an attempt is that of its first look, so that looking again at a held commit writes nothing. */
function attempt(draft: Draft, tip: Tip, now: Instant): { commit: string; digest: string; at: string } {
  const old = draft.status.lastAttempted;
  if (old?.commit === tip.commit && old.digest === tip.digest)
    return { commit: tip.commit, digest: tip.digest, at: old.at };
  return { commit: tip.commit, digest: tip.digest, at: timeText(now) };
}

/** The sync request that was fetched for has had its look. */
export function withHandled(observed: Observed, draft: Draft): Draft {
  const { token } = observed.source;
  return token === undefined ? draft : withStatus(draft, { handledSyncRequest: token });
}

export function sentencesOf(trial: Trial, state: 'blocked' | 'passing'): readonly string[] {
  return trial.items.filter((item) => item.state === state).flatMap((item) => item.sentences);
}

export function joined(sentences: readonly string[]): string {
  const shown = sentences.slice(0, mostSentences).join(' ');
  const rest = sentences.length - mostSentences;
  return rest > 0 ? `${shown} And ${rest} more.` : shown;
}

function holding(draft: Draft, commit: string, reason: string, why: Reason, now: Instant): Draft {
  const old = draft.status.held;
  const since = old?.commit === commit ? (old.since ?? timeText(now)) : timeText(now);
  const held = withStatus(draft, { held: { commit, reason: reason.slice(0, 4000), since } });
  const fact =
    old?.commit === commit && old.reason === held.status.held?.reason ? [] : [warningFact('CommitHeld', now, reason)];
  const parts = { type: 'GitInSync', status: 'False', reason: why, message: reason } as const;
  return { ...conditioned(held, parts, now), facts: [...draft.facts, ...fact] };
}

function withoutHeld(draft: Draft): Draft {
  if (draft.status.held === undefined) return draft;
  const { held: _held, ...rest } = draft.status;
  return { ...draft, status: rest };
}

/** Git went back to the last good content while a candidate was under way: the candidate ends, the good set is applied. */
function takingBack(observed: Observed, draft: Draft, tip: Tip, now: Instant): Draft {
  const release = candidateRelease(observed);
  const text = `Commit ${shortCommit(tip.commit)} has the content of the last good release, so the release under way ends.`;
  if (release?.status?.phase === 'Candidate') {
    const status = { phase: 'Superseded' as const, reason: 'GitWentBack', message: text, finishedAt: timeText(now) };
    return acting(withPhase(draft, 'Applying', text), [marking(release, status)]);
  }
  const { candidate: _candidate, held: _held, ...rest } = draft.status;
  const ended = conditioned(
    { ...draft, status: rest },
    { type: 'GitInSync', status: 'Unknown', reason: 'GoingBack', message: text },
    now,
  );
  return recorded(withPhase(ended, 'Applying', text), normalFact('ReleaseSuperseded', now, text));
}

function adopting(observed: Observed, draft: Draft, tip: Tip, trial: Trial, now: Instant): Draft {
  const { sync, keys } = observed;
  const name = releaseName(sync.metadata.name, tip.commit, tip.digest);
  const before = findRelease(observed, name);
  const text = `Commit ${shortCommit(tip.commit)} (${tip.subject}) is released.`;
  if (before?.status !== undefined && before.status.phase !== 'Candidate') {
    return acting(withPhase(draft, 'Applying', text), [markingCandidate(before, now)]);
  }
  const live = new Map(trial.items.map((item) => [item.id, item.live?.metadata.uid]));
  const { restore: _restore, held: _held, ...rest } = draft.status;
  const next = withStatus(
    { ...draft, status: rest },
    {
      candidate: { release: name, commit: tip.commit, digest: tip.digest, since: timeText(now) },
      inventory: inventoryWith(rest.inventory ?? [], trial.set.objects, (id) => live.get(id), keys),
    },
  );
  const applying = conditioned(
    unconditioned(next, 'GitAhead'),
    { type: 'GitInSync', status: 'Unknown', reason: 'Applying', message: text },
    now,
  );
  return recorded(withPhase(applying, 'Applying', text), normalFact('ReleaseStarted', now, text));
}
