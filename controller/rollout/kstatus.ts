/**
 * Ready, Reconciling and Stalled, by which Flux and other tools of the kstatus rules judge any resource: Ready is always
 * there, the other two only while they are true. Served in tidegate.io; Argo's status has no such conditions.
 */

import type { RolloutPhase, RolloutStatus } from '../../crds/schema/rollout-status.ts';

export interface KstatusCondition {
  readonly type: 'Ready' | 'Reconciling' | 'Stalled';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const reasons: Readonly<Record<RolloutPhase, string>> = {
  Healthy: 'RolloutHealthy',
  Progressing: 'RolloutProgressing',
  Paused: 'RolloutPaused',
  Degraded: 'RolloutDegraded',
};

/** Paused counts as in progress: it goes on when somebody says so, and nothing has failed. */
export function kstatusConditions({ phase = 'Progressing', message }: RolloutStatus): readonly KstatusCondition[] {
  const reason = reasons[phase];
  const text = message !== undefined && message !== '' ? message : `The rollout is ${phase.toLowerCase()}`;
  const ready = { type: 'Ready', status: phase === 'Healthy' ? 'True' : 'False', reason, message: text } as const;
  switch (phase) {
    case 'Healthy':
      return [ready];
    case 'Progressing':
    case 'Paused':
      return [ready, { type: 'Reconciling', status: 'True', reason, message: text }];
    case 'Degraded':
      return [ready, { type: 'Stalled', status: 'True', reason, message: text }];
  }
}
