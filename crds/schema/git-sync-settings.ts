/** What an unset field of a GitSync means, with durations in milliseconds. */

import { parseDurationMs } from './duration.ts';
import type { GitSyncSpec } from './git-sync.ts';
import type { VerdictCause } from './rollout-decisions.ts';

export interface GitSyncSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly bakeMs: number;
  readonly sync: 'apply' | 'observe';
  readonly deletionPolicy: 'orphan' | 'prune';
  readonly prune: boolean;
  readonly suspend: boolean;
  /** Directories that the render may read and a revert may touch. */
  readonly closure: readonly string[];
  readonly maxAgeMs?: number;
  readonly maxDistance?: number;
}

/** The settings of a GitSync; a duration that can't be read counts as unset (validation refuses it before). */
export function gitSyncSettings(spec: GitSyncSpec): GitSyncSettings {
  const durationMs = (value: string | undefined, unsetMs: number) =>
    (value === undefined ? undefined : parseDurationMs(value)) ?? unsetMs;
  const maxAgeMs = spec.revert.maxAge === undefined ? undefined : parseDurationMs(spec.revert.maxAge);
  return {
    intervalMs: durationMs(spec.interval, 60_000),
    timeoutMs: durationMs(spec.timeout, 300_000),
    bakeMs: durationMs(spec.bake, 0),
    sync: spec.sync ?? 'apply',
    deletionPolicy: spec.deletionPolicy ?? 'orphan',
    prune: spec.prune ?? true,
    suspend: spec.suspend ?? false,
    closure: [spec.path, ...(spec.alsoPaths ?? [])],
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(spec.revert.maxDistance === undefined ? {} : { maxDistance: spec.revert.maxDistance }),
  };
}

/** Whether a failure of this cause is taken back in Git by the policy. The cluster goes back in any case. */
export function causeReverts(spec: GitSyncSpec, cause: VerdictCause): boolean {
  return (spec.revert.causes?.[cause] ?? 'revert') === 'revert';
}
