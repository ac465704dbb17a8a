/** Refuses what a GitSync may ask for but this version can't do, before anything is fetched or applied. Pure. */

import type { Problem } from '../../crds/schema/problem.ts';
import { problem } from '../../crds/schema/problem.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Instant } from '../../kube/api.ts';
import { conditioned, type Draft, stopped, unconditioned, withPhase } from './draft.ts';
import type { Observed } from './observed.ts';

/** Everything about the spec that needs a change by its author. */
export function specProblems(sync: GitSync, allowFileRepositories: boolean): readonly Problem[] {
  const object = `GitSync ${sync.metadata.namespace ?? ''}/${sync.metadata.name}`;
  const problems: Problem[] = [];
  const unsupported = (field: string, found: string, remedy: string): void => {
    problems.push(problem({ object, field, found, allowed: `not supported yet: ${field} ${found}`, remedy }));
  };
  if (sync.spec.sync === 'observe') unsupported('spec.sync', '"observe"', 'use "apply"');
  if (sync.spec.revert.mode === 'pullRequest')
    unsupported('spec.revert.mode', '"pullRequest"', 'use "push" or "report"');
  if (sync.spec.repository.startsWith('file://') && !allowFileRepositories) {
    problems.push(
      problem({
        object,
        field: 'spec.repository',
        found: 'a file:// URL',
        allowed: 'this controller was not started with the permission to read repositories from its own disk',
        remedy: 'use https://, http:// or ssh://',
      }),
    );
  }
  return problems;
}

/** A release under way or a restore is finished first: a bad edit of the spec must not leave the cluster in between. */
export function refusingSpec(observed: Observed, draft: Draft, now: Instant): Draft {
  const problems = specProblems(observed.sync, observed.allowFileRepositories);
  if (problems.length === 0) return unconditioned(draft, 'Stalled');
  const message = problems.map((one) => one.message).join(' ');
  const stalled = conditioned(draft, { type: 'Stalled', status: 'True', reason: 'InvalidSpec', message }, now);
  const { candidate, restore } = observed.sync.status ?? {};
  if (candidate !== undefined || restore?.phase === 'Pending') return stalled;
  return stopped(withPhase(stalled, 'Held', message));
}
