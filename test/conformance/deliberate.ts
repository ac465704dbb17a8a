/** Every place where the sandbox is meant to answer otherwise than a real server, each with the reason. They don't count as differences. */

export interface Deliberate {
  /** Id of the case. */
  readonly case: string;
  /** As in compare.ts; `*` is any one key. */
  readonly path: string;
  readonly why: string;
}

const noStrategicMerge =
  'the sandbox has no strategic merge patch: it answers 415 for built-in kinds too, as a real server does for custom resources; the product never sends one';

export const deliberate: readonly Deliberate[] = [{ case: 'content-strategic', path: '1', why: noStrategicMerge }];
