/** The decision while it is being made: steps pass it on until one of them has something to record or to do. Pure. */

import type { GitSyncConditionType, GitSyncPhase, GitSyncStatus } from '../../crds/schema/git-sync.ts';
import type { Instant } from '../../kube/api.ts';
import type { Fact, Waiting } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import { withCondition, withoutCondition } from './conditions.ts';
import type { GitSyncEffect } from './effects.ts';
import type { Observed } from './observed.ts';
import { bounded } from './problems.ts';

export interface Draft {
  readonly status: GitSyncStatus;
  /** Set by the step that ends the pass. */
  readonly phase?: 'record' | 'act' | 'settled';
  readonly effects: readonly GitSyncEffect[];
  readonly facts: readonly Fact[];
  readonly waiting?: Waiting;
  readonly lookAgainAt?: Instant;
}

/** One concern of the room. Returns the draft unchanged when there is nothing to do. */
export type Step = (observed: Observed, draft: Draft, now: Instant) => Draft;

export function withStatus(draft: Draft, change: Partial<GitSyncStatus>): Draft {
  return { ...draft, status: { ...draft.status, ...change } };
}

export function withPhase(draft: Draft, phase: GitSyncPhase, message: string): Draft {
  return withStatus(draft, { phase, message: bounded(message) });
}

export interface ConditionParts {
  readonly type: GitSyncConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
}

export function conditioned(draft: Draft, parts: ConditionParts, now: Instant): Draft {
  const message = bounded(parts.message);
  return withStatus(draft, { conditions: withCondition(draft.status.conditions, { ...parts, message }, now) });
}

export function unconditioned(draft: Draft, type: GitSyncConditionType): Draft {
  return withStatus(draft, { conditions: withoutCondition(draft.status.conditions, type) });
}

export function lookingAgain(draft: Draft, at: Instant): Draft {
  return { ...draft, lookAgainAt: draft.lookAgainAt === undefined ? at : Math.min(draft.lookAgainAt, at) };
}

/** Writes the status and comes back at once: the intent is on record before the first effect. */
export function recorded(draft: Draft, ...facts: readonly Fact[]): Draft {
  return { ...draft, phase: 'record', facts: [...draft.facts, ...facts] };
}

export function acting(draft: Draft, effects: readonly GitSyncEffect[], ...facts: readonly Fact[]): Draft {
  return { ...draft, phase: 'act', effects, facts: [...draft.facts, ...facts] };
}

/** Nothing more this pass. */
export function stopped(draft: Draft): Draft {
  return { ...draft, phase: 'settled' };
}

export function waitingFor(draft: Draft, waiting: Waiting): Draft {
  return { ...draft, waiting };
}

export function normalFact(reason: Reason, at: Instant, message: string): Fact {
  return { reason, at, type: 'Normal', message: bounded(message) };
}

export function warningFact(reason: Reason, at: Instant, message: string): Fact {
  return { reason, at, type: 'Warning', message: bounded(message) };
}

export function isEnded(draft: Draft): boolean {
  return draft.phase !== undefined;
}
