/** Events are sent in the background: repeats become a series, pressure drops and counts. */

import { describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResult, EventDraft, JsonObject, Transport } from './api.ts';
import { eventRecorder } from './events.ts';
import { fakeClock } from './fake-clock.ts';

const at = Date.UTC(2026, 0, 1);
const draft = (message: string): EventDraft => ({
  regarding: {
    apiVersion: 'tidegate.io/v1alpha1',
    group: 'tidegate.io',
    kind: 'Rollout',
    namespace: 'shop',
    name: 'web',
    uid: 'u1',
  },
  type: 'Warning',
  reason: 'RolloutAborted',
  message,
  at,
});

function aRecorder(answer: ApiResult<JsonObject> = { kind: 'ok', object: {} }, maxQueued?: number) {
  const clock = fakeClock(at);
  const sent: ApiRequest[] = [];
  const transport: Transport = {
    send: async (request) => {
      sent.push(request);
      return answer;
    },
    watch: () => {
      throw new Error('not used');
    },
  };
  const names = { reportingController: 'tidegate.io/controller', reportingInstance: 'pod-1' };
  const recorder = eventRecorder({ transport, clock, ...names, ...(maxQueued === undefined ? {} : { maxQueued }) });
  const stop = new AbortController();
  const ended = recorder.run(stop.signal);
  return { clock, sent, recorder, stop, ended };
}

describe('event recorder', () => {
  it('writes an event about the object, in its namespace', async () => {
    const { clock, sent, recorder, stop } = aRecorder();
    recorder.record(draft('canary failed'));
    await clock.advance(10);
    stop.abort();

    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/shop/events',
      pool: 'write',
    });
    expect(sent[0]?.body).toMatchObject({
      reason: 'RolloutAborted',
      type: 'Warning',
      note: 'canary failed',
      action: 'RolloutAborted',
      eventTime: '2026-01-01T00:00:00.000000Z',
      regarding: { kind: 'Rollout', name: 'web', uid: 'u1', namespace: 'shop' },
    });
  });

  it('counts repeats in one series, written at most every ten seconds', async () => {
    const { clock, sent, recorder, stop } = aRecorder();
    for (let second = 0; second < 30; second += 1) {
      recorder.record(draft('no endpoints'));
      await clock.advance(1_000);
    }
    stop.abort();
    const [first, ...rest] = sent;

    expect(first?.method).toBe('POST');
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.length).toBeLessThanOrEqual(3);
    expect(rest.every((request) => request.method === 'PATCH')).toBe(true);
    expect(rest.at(-1)?.body).toMatchObject({ series: { count: expect.any(Number) } });
  });

  it('makes a new event when the last one is long ago', async () => {
    const { clock, sent, recorder, stop } = aRecorder();
    recorder.record(draft('no endpoints'));
    await clock.advance(7 * 60_000);
    recorder.record(draft('no endpoints'));
    await clock.advance(10);
    stop.abort();

    expect(sent.map((request) => request.method)).toEqual(['POST', 'POST']);
  });

  it('drops what does not fit and counts it, and never throws', async () => {
    const { clock, recorder, stop } = aRecorder({ kind: 'forbidden', message: 'no', right: 'create events' }, 5);
    for (let count = 0; count < 8; count += 1) recorder.record(draft(`message ${count}`));
    await clock.advance(10);
    stop.abort();

    expect(recorder.metrics()).toEqual({ sent: 0, dropped: 3, failed: 5, queued: 0 });
  });

  it('shortens a note that is longer than the server takes and sends what is queued at the end', async () => {
    const { clock, sent, recorder, stop, ended } = aRecorder();
    await clock.advance(10);
    recorder.record(draft('x'.repeat(5_000)));
    stop.abort();
    await ended;

    expect(sent[0]?.body).toMatchObject({ note: `${'x'.repeat(1_023)}…` });
  });
});
