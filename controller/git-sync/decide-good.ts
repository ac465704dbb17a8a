/** Git agrees with the last good release again (after a revert, or a sync request): its set is applied whole, through overlay. Pure. */

import type { Instant } from '../../kube/api.ts';
import { conditionStatus } from './conditions.ts';
import { applyEffect, differing } from './decide-candidate.ts';
import { joined, sentencesOf, withHandled } from './decide-tip.ts';
import { acting, conditioned, type Draft, lookingAgain, normalFact, recorded, withPhase } from './draft.ts';
import { shortCommit } from './names.ts';
import type { Observed } from './observed.ts';

const retryMs = 10_000;

/** Rollouts whose template equals stable become Healthy at once, without steps and without analysis. */
export function reapplying(observed: Observed, draft: Draft, now: Instant): Draft {
  const { subject, trial, source } = observed;
  const { lastGood } = draft.status;
  if (subject.kind !== 'good' || lastGood === undefined) return draft;
  const commit = shortCommit(lastGood.commit);
  if (trial === undefined) {
    const why = observed.tenant.kind === 'ok' ? (observed.gap?.why ?? 'It is being read.') : observed.tenant.message;
    return lookingAgain(withPhase(draft, 'Applying', `Commit ${commit} is to be applied again. ${why}`), now + retryMs);
  }
  const open = [...sentencesOf(trial, 'blocked'), ...sentencesOf(trial, 'passing')];
  const changed = differing(trial, ['base', 'rollouts', 'after']);
  const failure = observed.applyFailure?.release === lastGood.release ? [observed.applyFailure.message] : [];
  if (changed.length > 0) {
    const text = failure[0] ?? `Commit ${commit} is being applied again.`;
    const next = lookingAgain(withPhase(draft, 'Applying', text), now + retryMs);
    return acting(next, [applyEffect(changed)]);
  }
  if (open.length > 0) return lookingAgain(withPhase(draft, 'Applying', joined(open)), now + retryMs);
  const done = withHandled(observed, draft);
  const synced = source.tip?.digest === lastGood.digest;
  if (!synced || conditionStatus(draft.status.conditions, 'GitInSync') === 'True') {
    return done.status.handledSyncRequest === draft.status.handledSyncRequest ? done : recorded(done);
  }
  const { restore: _restore, held: _held, conditions, ...rest } = done.status;
  const text = `Git and the cluster agree: commit ${shortCommit(source.tip?.commit ?? '')} has the content of the last good release.`;
  const ended = {
    ...done,
    status: { ...rest, conditions: (conditions ?? []).filter((one) => one.type !== 'GitAhead') },
  };
  const agreed = conditioned(ended, { type: 'GitInSync', status: 'True', reason: 'Good', message: text }, now);
  return recorded(agreed, normalFact('GitInSync', now, text));
}
