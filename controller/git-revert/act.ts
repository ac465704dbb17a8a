/** Executes the git-revert room's one effect: the push, with a lease on the tip that was merged on. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import { credentialsFor } from '../git-sync/credentials-for.ts';
import type { GitDeps } from '../git-sync/ports.ts';
import type { Tenants } from '../git-sync/tenant.ts';
import type { PushOutcome, RevertEffect } from './observed.ts';

const deadlineMs = 60_000;

export async function push(
  revert: GitRevert,
  sync: GitSync,
  effect: RevertEffect,
  deps: GitDeps,
  tenants: Tenants,
): Promise<PushOutcome> {
  if (!deps.leadership.mayWrite()) return { kind: 'fault', message: 'This process does not lead any more.' };
  const read = await credentialsFor(deps, tenants, 'write')(sync);
  if (read.kind !== 'ok') return { kind: 'fault', message: read.message };
  const { repository, branch } = revert.spec;
  const { commit, expectedTip } = effect;
  const request = { repository, branch, credentials: read.credentials, commit, expectedTip, deadlineMs };
  const answer = await deps.source.push(request, deps.leadership.signal);
  switch (answer.kind) {
    case 'pushed':
    case 'contained':
      return { kind: answer.kind };
    case 'moved':
      return { kind: 'moved', tip: answer.tip };
    case 'denied':
      return { kind: 'denied', why: answer.why };
    case 'not-found':
      // The source lost its disk: the same merge gives the same commit again.
      return { kind: 'lost' };
    case 'auth':
    case 'refused':
      return { kind: 'denied', why: answer.message };
    case 'unreachable':
    case 'timeout':
    case 'too-large':
    case 'internal':
      return {
        kind: 'fault',
        message: answer.message,
        ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
      };
  }
}
