/**
 * The shape of every reconcile: what a pure `decide` returns and what `act` executes. Types only.
 */

import type { Instant } from '../kube/api.ts';
import type { Reason } from './reasons.ts';

export type { ReconcileResult } from '../kube/api.ts';

/** Something that happened, told once: becomes an event, a metric and a RolloutRun entry. */
export interface Fact {
  readonly reason: Reason;
  readonly at: Instant;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
  readonly values?: Readonly<Record<string, string>>;
}

/** Why nothing moves right now, and what would move it. Absent only in a final state. */
export interface Waiting {
  readonly reason: Reason;
  /** 'user', or `Kind/name` of an object such as "Service/shop". */
  readonly on: string;
  readonly value?: string;
  readonly limit?: string;
  readonly until?: Instant;
  /** One plain sentence: what moves it on. */
  readonly moves: string;
}

/**
 * `record`: write the intent to status and return. `act`: effects towards the recorded intent. `settled`: nothing to do.
 * `status` is the whole next status; its difference is written once per pass, nothing when equal. `effects` is empty unless
 * phase is 'act'. The same observation twice gives the same decision, and a status equal to the observed one gives no write.
 */
export interface Decision<Status, Effect> {
  readonly phase: 'settled' | 'record' | 'act';
  readonly status: Status;
  readonly effects: readonly Effect[];
  readonly waiting?: Waiting;
  readonly lookAgainAt?: Instant;
  readonly facts: readonly Fact[];
}
