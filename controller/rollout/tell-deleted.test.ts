import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { ApiResult, EventDraft } from '../../kube/api.ts';
import { fakeClock } from '../../kube/fake-clock.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { aRollout } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';
import { tellDeleted } from './tell-deleted.ts';

async function told(answer: ApiResult, dialect = argoDialect): Promise<readonly EventDraft[]> {
  const events: EventDraft[] = [];
  const fake = fakeClient();
  fake.answer = () => answer;
  const record = (draft: EventDraft) => void events.push(draft);
  await tellDeleted(
    { client: fake.client, events: { record }, clock: fakeClock(), dialect, log: silentLog },
    aRollout(),
  );
  return events;
}

const gone: ApiResult = { kind: 'not-found', message: 'not found' };

describe('a Rollout that left the cache', () => {
  it('was deleted when the API server has it no more [event:RolloutDeleted]', async () => {
    expect(await told(gone)).toMatchObject([
      {
        type: 'Normal',
        reason: 'RolloutDeleted',
        message: 'Rollout shop/web was deleted',
        regarding: { uid: 'rollout-uid' },
      },
    ]);
  });

  it('was deleted when there is another of its name', async () => {
    const next = { ...aRollout(), metadata: { ...aRollout().metadata, uid: 'next' } };

    expect(await told({ kind: 'ok', object: next as never })).toHaveLength(1);
  });

  it('may merely have lost the label by which it was served, or nobody can tell', async () => {
    expect(await told({ kind: 'ok', object: aRollout() as never })).toEqual([]);
    expect(await told({ kind: 'busy', retryAfterMs: 1_000 })).toEqual([]);
  });

  it('is told in argoproj.io only', async () => {
    expect(await told(gone, tidegateDialect)).toEqual([]);
  });
});
