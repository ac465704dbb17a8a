/** What looking at Git for one revert needs. Types only. */

import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { GitDeps } from '../git-sync/ports.ts';
import type { Tenants } from '../git-sync/tenant.ts';

export interface ExamineInputs {
  readonly revert: GitRevert;
  readonly sync: GitSync;
  readonly bad?: Release;
  readonly deps: GitDeps;
  readonly tenants: Tenants;
}
