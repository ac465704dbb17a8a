/** What one look at the demo gives: cluster, gateway, Prometheus and Git, narrowed to what is drawn. Types only. */

import type { Instant } from '../../../kube/api.ts';
import type { ScenarioName } from '../scenarios.ts';

export interface DemoScene {
  /** Simulated time. */
  readonly now: Instant;
  readonly speed: number;
  readonly kubeconfigPath: string;
  readonly scenario?: ScenarioPicture;
  /** Absent until the first release is applied. */
  readonly app?: AppPicture;
  /** Newest first. */
  readonly git: readonly GitLine[];
  readonly keys: readonly KeyHelp[];
  /** How the scenarios played so far have ended. */
  readonly results: readonly { readonly scenario: ScenarioName; readonly text: string; readonly isExpected: boolean }[];
}

export interface ScenarioPicture {
  readonly name: ScenarioName;
  /** Counted from 1. */
  readonly number: number;
  readonly total: number;
  readonly story: string;
}

export interface KeyHelp {
  readonly key: string;
  readonly does: string;
}

export interface GitLine {
  readonly commit: string;
  readonly subject: string;
  readonly author: string;
  readonly kind: 'release' | 'revert';
}

export interface AppPicture {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly revision?: number;
  readonly stable?: RevisionPicture;
  /** The revision on its way in or out. */
  readonly canary?: RevisionPicture;
  readonly traffic: TrafficPicture;
  readonly checks: readonly CheckPicture[];
  readonly steps: readonly StepPicture[];
  readonly countdown?: Countdown;
  /** One sentence: why it is where it is, or what moves it on. */
  readonly why: string;
  readonly situation: string;
  readonly verdict?: VerdictPicture;
}

export interface VerdictPicture {
  readonly at: Instant;
  /** "success-rate 41.2 %, needs ≥ 95 %"; the controller's own message when no metric decided. */
  readonly breach: string;
  readonly metric?: string;
  /** The reading and the limit as they are drawn. */
  readonly got?: string;
  readonly want?: string;
}

export interface RevisionPicture {
  readonly podHash: string;
  readonly version: string;
  readonly podsReady: number;
  readonly podsWanted: number;
  /** Pods that are not ready although they are there, in one word each. */
  readonly trouble: readonly string[];
  readonly isFailed: boolean;
}

export interface TrafficPicture {
  /** Share of the requests that the gateway sent to the canary in the last moments; undefined without requests. */
  readonly canarySharePct?: number;
  readonly requestsPerSecond: number;
  readonly wantedPct: number;
  readonly confirmed: 'yes' | 'no' | 'unknown';
}

export type Bound = 'least' | 'most';

export interface Limit {
  readonly bound: Bound;
  readonly value: number;
}

export interface CheckPicture {
  readonly name: string;
  readonly unit: CheckUnit;
  readonly limit?: Limit;
  readonly limitText: string;
  /** Phase of the newest AnalysisRun's metric. */
  readonly phase: string;
  readonly readings: readonly ReadingPicture[];
  /** Reading of the stable revision at the same time, from Prometheus. */
  readonly stableValue?: number;
  /** Only watched: it does not decide. */
  readonly isWatched: boolean;
  /** Measurements done and needed by the analysis under way. */
  readonly done: number;
  readonly needed?: number;
}

export type CheckUnit = 'share' | 'seconds' | 'plain';

export interface ReadingPicture {
  readonly at: Instant;
  readonly value?: number;
  readonly passed: boolean;
}

export interface StepPicture {
  readonly label: string;
  readonly state: 'done' | 'current' | 'todo' | 'failed';
}

export interface Countdown {
  readonly label: string;
  /** 0 to 1. */
  readonly share: number;
  readonly left: string;
}
