/** What is told of a run: one event per thing that happened, the same for JSON and for lines. Types only. */

import type { Outcome, ScenarioName } from './scenarios.ts';

interface Told {
  /** Simulated time. */
  readonly at: number;
}

export type DemoEvent =
  | (Told & {
      readonly type: 'ready';
      readonly kubeconfig: string;
      readonly gateway: string;
      readonly prometheus: string;
      readonly repository: string;
      readonly speed: number;
      readonly seed: number;
      /** Real time from the start of the process. */
      readonly sinceStartMs: number;
    })
  | (Told & { readonly type: 'scenario'; readonly scenario: ScenarioName; readonly story: string })
  | (Told & { readonly type: 'commit'; readonly commit: string; readonly subject: string; readonly author: string })
  | (Told & AppEvent)
  | (Told & { readonly type: 'promote'; readonly command: string; readonly said: string })
  | (Told & ScenarioResult)
  | (Told & { readonly type: 'timeline'; readonly path: string })
  | (Told & { readonly type: 'note' | 'still'; readonly message: string });

/** Seen on the application itself, by comparing two looks. */
export type AppEvent =
  | { readonly type: 'phase'; readonly app: string; readonly phase: string; readonly message: string }
  | {
      readonly type: 'step';
      readonly app: string;
      readonly step: number;
      readonly steps: number;
      readonly label: string;
    }
  | {
      readonly type: 'weight';
      readonly app: string;
      readonly from: number;
      readonly to: number;
      readonly step: number;
      readonly steps: number;
    }
  | {
      readonly type: 'check';
      readonly app: string;
      readonly metric: string;
      /** Absent when there was no value. */
      readonly value?: number;
      readonly text: string;
      readonly limit: string;
      readonly verdict: 'pass' | 'fail' | 'no-data';
    }
  | {
      readonly type: 'rolled-back';
      readonly app: string;
      readonly version: string;
      /** Absent when no metric decided; then `why` has the reason. */
      readonly metric?: string;
      readonly got?: string;
      readonly want?: string;
      readonly why: string;
    };

export interface ScenarioResult {
  readonly type: 'result';
  readonly scenario: ScenarioName;
  readonly outcome: Outcome | 'Unexpected';
  /** Why it is not what was expected; absent when it is. */
  readonly problems?: readonly string[];
  /** Real time from the failed verdict to the last request that the gateway sent to the canary; null without a rollback. */
  readonly abortToStableMs: number | null;
  /** Requests that the gateway sent to a revision that was given up. */
  readonly exposedRequests: number;
  readonly revertCommit: string | null;
  /** Whether the branch has the content of the commit that ought to serve. */
  readonly headTreeEqualsGood: boolean;
  /** Real time from the commit to the proof. */
  readonly wallMs: number;
  /** Real time from the start of the process to the revert commit on the branch; null without one. */
  readonly sinceStartMs: number | null;
  /** Shares of the requests that the canary Service got, as the gateway counted them, one per weight of the steps. */
  readonly canarySharesPct: readonly number[];
}
