/** Names of the records that a GitSync owns. Deterministic, so that repeating a step after a crash finds what is there. Pure. */

/** `<sync>-<commit7>-<digest7>`. */
export function releaseName(sync: string, commit: string, digest: string): string {
  return `${sync}-${commit.slice(0, 7)}-${digest.slice(0, 7)}`;
}

/** Name of a further data part; `index` counts from 1. */
export function partName(release: string, index: number): string {
  return `${release}-p${index}`;
}

/** `<sync>-<badcommit7>-<attempt>`. */
export function revertName(sync: string, badCommit: string, attempt: number): string {
  return `${sync}-${badCommit.slice(0, 7)}-${attempt}`;
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}
