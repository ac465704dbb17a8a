/** Decides what a GitSync does next. Pure: `(observed, now) -> Decision`; each concern is a step of its own. */

import type { GitSyncStatus } from '../../crds/schema/git-sync.ts';
import type { Instant } from '../../kube/api.ts';
import type { Decision } from '../decision.ts';
import { finalizing } from './decide-deletion.ts';
import { stoppingChecks } from './decide-bake.ts';
import { advancing } from './decide-candidate.ts';
import { judging } from './decide-failure.ts';
import { reapplying } from './decide-good.ts';
import { pruning } from './decide-prune.ts';
import { restoring } from './decide-restore.ts';
import { retrying } from './decide-retry.ts';
import { refusingSpec } from './decide-spec.ts';
import { consideringTip } from './decide-tip.ts';
import { type Draft, isEnded, type Step } from './draft.ts';
import type { GitSyncEffect } from './effects.ts';
import type { Observed } from './observed.ts';
import { refreshed, summarised } from './summary.ts';

/** In order of urgency: a failed release is dealt with before anything new is looked at. */
const steps: readonly Step[] = [
  finalizing,
  refusingSpec,
  judging,
  retrying,
  restoring,
  consideringTip,
  advancing,
  reapplying,
  pruning,
  stoppingChecks,
];

export function decide(observed: Observed, now: Instant): Decision<GitSyncStatus, GitSyncEffect> {
  let draft: Draft = refreshed(observed, now);
  for (const step of steps) {
    draft = step(observed, draft, now);
    if (isEnded(draft)) break;
  }
  const done = summarised(observed, draft, now);
  return {
    phase: done.phase ?? 'settled',
    status: done.status,
    effects: done.effects,
    facts: done.facts,
    ...(done.waiting === undefined ? {} : { waiting: done.waiting }),
    ...(done.lookAgainAt === undefined ? {} : { lookAgainAt: done.lookAgainAt }),
  };
}
