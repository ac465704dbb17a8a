import { expect, it } from 'vitest';
import type { ApiResult } from '../../kube/api.ts';
import type { OwnWrites, Readiness } from '../../kube/own-writes.ts';
import { behind } from './own-view.ts';
import { fakeClient } from './testing/fake-client.ts';

const route = { group: 'test', kind: 'PlainRoute', namespace: 'shop', name: 'route' };

async function look(readiness: Readiness, answer?: ApiResult) {
  const fake = fakeClient();
  fake.answer = () => answer;
  const forgotten: string[] = [];
  const ownWrites: OwnWrites = {
    wrote: () => undefined,
    ready: () => readiness,
    forget: (uid) => void forgotten.push(uid),
  };
  const result = await behind({ client: fake.client, seen: () => undefined, ownWrites }, 'u1');
  return { result, forgotten, calls: fake.calls };
}

it('caches that show all own writes are decided on at once', async () => {
  expect((await look({ kind: 'ready' })).result).toBeUndefined();
});

it('a cache that lags is waited for, and named', async () => {
  const { result } = await look({ kind: 'wait', forMs: 20, on: 'Service' });

  expect(result).toEqual({ kind: 'retry', why: 'the cache lacks Service', afterMs: 20 });
});

it('what is gone is waited for no longer; what is there is', async () => {
  const lost = await look({ kind: 'read-live', objects: [route] }, { kind: 'not-found', message: 'gone' });
  const there = await look({ kind: 'read-live', objects: [route] });

  expect(lost.forgotten).toEqual(['u1']);
  expect(there.forgotten).toEqual([]);
  for (const { result } of [lost, there]) expect(result).toMatchObject({ kind: 'retry', afterMs: 1_000 });
});
