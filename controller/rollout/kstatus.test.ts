import { describe, expect, it } from 'vitest';
import type { RolloutPhase } from '../../crds/schema/rollout-status.ts';
import { kstatusConditions } from './kstatus.ts';

/** The rules of kstatus for a resource that it does not know. */
function kstatus(phase: RolloutPhase): string {
  const conditions = kstatusConditions({ phase, message: '' });
  const isTrue = (type: string) => conditions.some((one) => one.type === type && one.status === 'True');
  if (isTrue('Reconciling')) return 'InProgress';
  if (isTrue('Stalled')) return 'Failed';
  return isTrue('Ready') ? 'Current' : 'InProgress';
}

describe('conditions by which tools judge any resource', () => {
  it('say Current only of a healthy Rollout, and Failed only of a degraded one', () => {
    expect(kstatus('Healthy')).toBe('Current');
    expect(kstatus('Progressing')).toBe('InProgress');
    expect(kstatus('Paused')).toBe('InProgress');
    expect(kstatus('Degraded')).toBe('Failed');
  });

  it('carry the message of the phase', () => {
    const [ready] = kstatusConditions({ phase: 'Degraded', message: 'RolloutAborted: metric errors' });

    expect(ready).toMatchObject({ type: 'Ready', status: 'False', message: 'RolloutAborted: metric errors' });
  });
});
