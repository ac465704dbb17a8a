/** Refuses what a GitSync may ask for but this version can't do, before anything is applied. Pure. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import { unsupportedFields } from '../../crds/schema/not-supported.ts';
import type { Problem } from '../../crds/schema/problem.ts';
import { validateGitSync } from '../../crds/schema/validate-git-sync.ts';
import type { Instant } from '../../kube/api.ts';
import { conditioned, type Draft, stopped, unconditioned, warningFact, withPhase } from './draft.ts';
import type { Observed } from './observed.ts';

/** Everything about the spec that needs a change by its author. */
export function specProblems(sync: GitSync, allowFileRepositories: boolean): readonly Problem[] {
  return [...unsupportedFields(sync), ...validateGitSync(sync, { fileRepositories: allowFileRepositories })];
}

/** A release under way or a restore is finished first: a bad edit of the spec must not leave the cluster in between. */
export function refusingSpec(observed: Observed, draft: Draft, now: Instant): Draft {
  const problems = specProblems(observed.sync, observed.allowFileRepositories);
  if (problems.length === 0) return unconditioned(draft, 'Stalled');
  const message = problems.map((one) => one.message).join(' ');
  const stalled = told(
    draft,
    conditioned(draft, { type: 'Stalled', status: 'True', reason: 'InvalidSpec', message }, now),
    now,
  );
  const { candidate, restore } = observed.sync.status ?? {};
  if (candidate !== undefined || restore?.phase === 'Pending') return stalled;
  return stopped(withPhase(stalled, 'Held', message));
}

/** The event comes once per sentence. */
function told(before: Draft, after: Draft, now: Instant): Draft {
  const sentence = (of: Draft): string | undefined =>
    of.status.conditions?.find((one) => one.type === 'Stalled')?.message;
  const said = sentence(after) ?? '';
  if (sentence(before) === said) return after;
  return { ...after, facts: [...after.facts, warningFact('InvalidSpec', now, said)] };
}
