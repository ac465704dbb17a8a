/** Every place where the sandbox is meant to answer otherwise than a real server, each with the reason. They don't count as differences. */

export interface Deliberate {
  /** Id of the case. */
  readonly case: string;
  /** As in compare.ts; `*` is any one key. */
  readonly path: string;
  readonly why: string;
}

export const deliberate: readonly Deliberate[] = [];
