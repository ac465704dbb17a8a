/** What the catalogue knows of one reason. Types only. */

/**
 * Where a reason is shown. `run entry`: status.entries of a RolloutRun. `release`: status.reason of a Release. `pause`:
 * status.pauseConditions of a Rollout. `verdict`: status.verdict.cause of a Rollout, and status.failed of a Release.
 */
export type ReasonPlace = 'event' | 'condition' | 'waiting' | 'run entry' | 'release' | 'pause' | 'verdict';

export interface ReasonEntry {
  readonly shows: readonly ReasonPlace[];
  /** Kinds of the objects that carry it. */
  readonly on: readonly (
    | 'Rollout'
    | 'AnalysisRun'
    | 'Experiment'
    | 'GitSync'
    | 'GitRevert'
    | 'Release'
    | 'RolloutRun'
  )[];
  /** Warning: somebody should look. For an event it is the event's own type. */
  readonly type: 'Normal' | 'Warning';
  /** One plain sentence. */
  readonly meaning: string;
  /** What to do; absent when nothing is to be done. */
  readonly remedy?: string;
}

export type ReasonEntries = Readonly<Record<string, ReasonEntry>>;
