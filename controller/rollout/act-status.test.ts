/** In argoproj.io the intent stands in the RolloutRun before Argo's half of the status tells of it. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { ApiResult } from '../../kube/api.ts';
import { act } from './act.ts';
import type { Observed } from './observed.ts';
import { anObserved, aStatus, shopKeys } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const busy: ApiResult = { kind: 'busy', retryAfterMs: 700 };
const record = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'RolloutRun',
  metadata: { name: 'web-2-two', namespace: 'shop' },
};

interface Given {
  readonly observed: Observed;
  readonly status: RolloutStatus;
  readonly answer?: () => ApiResult;
}

async function write({ observed, status, answer }: Given) {
  const fake = fakeClient();
  fake.answer = () => answer?.();
  const options = { client: fake.client, keys: shopKeys, wrote: () => undefined };
  const outcome = await act(options, observed, { phase: 'record', status, effects: [], facts: [] });
  return { outcome, calls: fake.calls };
}

describe('status in argoproj.io', () => {
  const before = aStatus({ attempt: 1, runName: 'web-2-two' });
  const intent = { ...before, currentStepIndex: 1, drainUntil: '2026-01-01T00:01:00Z' };
  const observed = anObserved({ dialect: argoDialect, rollout: { status: before } });
  const spec = {
    rollout: { name: 'web', uid: 'rollout-uid' },
    revision: 2,
    podHash: 'two',
    attempt: 1,
    steps: [],
    images: {},
  };
  const holding = (recorded: Partial<RolloutStatus>): RolloutRun =>
    ({ ...record, spec, status: { recorded } }) as unknown as RolloutRun;

  it('makes the record first, then writes its half into it, then the half that Argo knows', async () => {
    const { calls } = await write({ observed, status: intent });

    expect(calls).toMatchObject([
      { verb: 'create', kind: 'RolloutRun', name: 'web-2-two' },
      { verb: 'merge', kind: 'RolloutRun', body: { status: { recorded: { drainUntil: intent.drainUntil } } } },
      { verb: 'merge', kind: 'Rollout', body: { status: { currentStepIndex: 1 } } },
    ]);
    expect(calls[2]?.body).toEqual({ status: { currentStepIndex: 1 } });
  });

  it('writes into a record that is there, and nothing into one that says it already', async () => {
    const old = { ...observed, runs: [holding({ attempt: 1, runName: 'web-2-two' })] };
    const same = { ...observed, runs: [holding({ attempt: 1, runName: 'web-2-two', drainUntil: intent.drainUntil })] };
    const changed = await write({ observed: old, status: intent });
    const equal = await write({ observed: same, status: intent });

    expect(changed.calls.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual(['merge RolloutRun', 'merge Rollout']);
    expect(equal.calls.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual(['merge Rollout']);
  });

  it('does not tell Argo of an intent that could not be recorded', async () => {
    const { outcome, calls } = await write({ observed, status: intent, answer: () => busy });

    expect(outcome.stopped?.why).toBe('could not create RolloutRun web-2-two: the API server is busy');
    expect(calls).toHaveLength(1);
  });
});
