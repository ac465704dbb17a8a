/** Leader election: contenders, a frozen leader, an unreachable server, clean hand-over, several leases. */

import { afterEach, describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResult, JsonObject, Leadership, Transport } from './api.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';
import { textOf } from './json.ts';
import { type ElectionEnd, runForLeader } from './lease.ts';
import { silentLog } from './silent-log.ts';

const durations = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

interface LeaseServer {
  readonly leases: Map<string, JsonObject>;
  /** A transport of one process; `reach` false: its calls get no answer. */
  transportOf(process: { reach: boolean; clock: FakeClock }): Transport;
  requests(): number;
}

/** Leases with resourceVersions and conflicts, as the API server keeps them. */
function leaseServer(): LeaseServer {
  const leases = new Map<string, JsonObject>();
  let version = 0;
  let requests = 0;
  const store = (name: string, lease: JsonObject): ApiResult<JsonObject> => {
    version += 1;
    const metadata = { ...(lease.metadata as JsonObject), resourceVersion: String(version) };
    const stored = { ...lease, metadata };
    leases.set(name, stored);
    return { kind: 'ok', object: stored };
  };
  const answer = (request: ApiRequest): ApiResult<JsonObject> => {
    requests += 1;
    const body = (request.body ?? {}) as JsonObject & { metadata: JsonObject; spec: JsonObject };
    const name =
      request.method === 'POST' ? (textOf(body, 'metadata', 'name') ?? '') : (request.path.split('/').at(-1) ?? '');
    const known = leases.get(name) as (JsonObject & { metadata: JsonObject; spec: JsonObject }) | undefined;
    if (request.method === 'POST') {
      return known === undefined ? store(name, body) : { kind: 'conflict', message: 'exists', reason: 'AlreadyExists' };
    }
    if (known === undefined) return { kind: 'not-found', message: 'no lease' };
    if (request.method === 'GET') return { kind: 'ok', object: known };
    if (body.metadata.resourceVersion !== known.metadata.resourceVersion) return { kind: 'conflict', message: 'stale' };
    return store(name, { ...known, spec: { ...known.spec, ...body.spec } });
  };
  return {
    leases,
    requests: () => requests,
    transportOf: (process) => ({
      send: async (request) => {
        expect(request.pool).toBe('lease');
        if (process.reach) return answer(request);
        await process.clock.sleep(request.timeoutMs ?? 0, new AbortController().signal);
        return { kind: 'unknown', cause: new Error('no answer') };
      },
      watch: () => {
        throw new Error('not used');
      },
    }),
  };
}

interface Contender {
  readonly process: { reach: boolean; clock: FakeClock };
  leadership: Leadership | undefined;
  end: ElectionEnd | undefined;
  readonly stop: AbortController;
}

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function contend(
  server: LeaseServer,
  identity: string,
  clock: FakeClock,
  names: readonly string[] = ['tidegate'],
): Contender {
  const stop = new AbortController();
  stops.push(stop);
  const process = { reach: true, clock };
  const contender: Contender = { process, leadership: undefined, end: undefined, stop };
  const leases = names.map((name) => ({ namespace: 'tidegate', name }));
  const options = {
    transport: server.transportOf(process),
    leases,
    identity,
    clock,
    log: silentLog,
    durations,
    random: () => 0,
  };
  const lead = async (leadership: Leadership): Promise<void> => {
    contender.leadership = leadership;
    await new Promise<void>((resolve) => {
      for (const signal of [leadership.signal, stop.signal]) signal.addEventListener('abort', () => resolve());
    });
  };
  void runForLeader(options, lead, stop.signal).then((end) => {
    contender.end = end;
  });
  return contender;
}

describe('leader election', () => {
  it('makes one leader, with a random term, and renews without reading', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    const a = contend(server, 'a', clock);
    await clock.advance(10);
    const b = contend(server, 'b', clock);
    await clock.advance(60_000);

    expect(a.leadership?.mayWrite()).toBe(true);
    expect(a.leadership?.term).toMatch(/^[0-9a-f-]{36}$/);
    expect(b.leadership).toBeUndefined();
    expect(server.leases.get('tidegate')).toMatchObject({
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        renewTime: expect.stringMatching(/\.\d{6}Z$/),
      },
    });
  });

  it('hands over fast when the leader shuts down cleanly', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    const a = contend(server, 'a', clock);
    await clock.advance(10);
    const b = contend(server, 'b', clock);
    await clock.advance(5_000);
    a.stop.abort();
    await clock.advance(2_500);

    expect(a.end).toBe('released');
    expect(a.leadership?.mayWrite()).toBe(false);
    expect(b.leadership?.mayWrite()).toBe(true);
    expect(b.leadership?.term).not.toBe(a.leadership?.term);
    expect(server.leases.get('tidegate')).toMatchObject({ spec: { leaseTransitions: 1 } });
  });

  it('never lets a frozen leader write again, and the other one takes over only after the lease', async () => {
    const server = leaseServer();
    const frozen = fakeClock();
    const clock = fakeClock();
    const a = contend(server, 'a', frozen);
    await frozen.advance(4_100);
    const b = contend(server, 'b', clock);
    // SIGSTOP: a's clock does not let anything of a run, while time goes on for b.
    await clock.advance(14_000);
    expect(b.leadership).toBeUndefined();
    await clock.advance(4_000);
    expect(b.leadership?.mayWrite()).toBe(true);

    // SIGCONT: the first thing that runs in a finds its gate closed, and a does not try to renew.
    const before = server.requests();
    let gateAtWake: boolean | undefined;
    void frozen.sleep(1, new AbortController().signal).then(() => {
      gateAtWake = a.leadership?.mayWrite();
    });
    await frozen.freeze(18_000);

    expect(gateAtWake).toBe(false);
    expect(server.requests()).toBe(before);
    expect(a.end).toBe('lost');
    expect(a.leadership?.signal.aborted).toBe(true);
    expect(server.leases.get('tidegate')).toMatchObject({ spec: { holderIdentity: 'b' } });
  });

  it('stops leading before the others may start when it cannot reach the server', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    const a = contend(server, 'a', clock);
    await clock.advance(10);
    const b = contend(server, 'b', clock);
    await clock.advance(4_000);
    a.process.reach = false;
    let both = false;
    let heldAt: number | undefined;
    for (let step = 0; step < 300; step += 1) {
      await clock.advance(100);
      both ||= a.leadership?.mayWrite() === true && b.leadership?.mayWrite() === true;
      if (b.leadership !== undefined) heldAt ??= step;
    }

    expect(both).toBe(false);
    expect(a.end).toBe('lost');
    expect(heldAt).toBeDefined();
  });

  it('outlives a short outage', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    const a = contend(server, 'a', clock);
    await clock.advance(10);
    a.process.reach = false;
    await clock.advance(5_000);
    a.process.reach = true;
    await clock.advance(30_000);

    expect(a.end).toBeUndefined();
    expect(a.leadership?.mayWrite()).toBe(true);
  });

  it('ends at once when another process holds the lease', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    const a = contend(server, 'a', clock);
    await clock.advance(10);
    const lease = server.leases.get('tidegate') as JsonObject & { metadata: JsonObject; spec: JsonObject };
    server.leases.set('tidegate', {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: '999' },
      spec: { ...lease.spec, holderIdentity: 'thief' },
    });
    await clock.advance(2_500);

    expect(a.end).toBe('lost');
  });

  it('is not fooled by a holder whose clock is wrong: only changes seen here count', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    server.leases.set('tidegate', {
      metadata: { name: 'tidegate', resourceVersion: '500' },
      spec: { holderIdentity: 'old', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
    });
    const a = contend(server, 'a', clock);
    await clock.advance(14_000);
    expect(a.leadership).toBeUndefined();
    await clock.advance(4_000);

    expect(a.leadership?.mayWrite()).toBe(true);
  });

  it('leads only while it holds every one of several leases', async () => {
    const server = leaseServer();
    const clock = fakeClock();
    const argo = {
      metadata: { name: 'argo-rollouts-controller-lock', resourceVersion: '500' },
      spec: { holderIdentity: 'argo', leaseDurationSeconds: 15 },
    };
    server.leases.set('argo-rollouts-controller-lock', argo);
    const a = contend(server, 'a', clock, ['tidegate', 'argo-rollouts-controller-lock']);
    await clock.advance(10_000);
    expect(a.leadership).toBeUndefined();
    server.leases.set('argo-rollouts-controller-lock', {
      ...argo,
      metadata: { ...argo.metadata, resourceVersion: '501' },
      spec: { holderIdentity: '' },
    });
    await clock.advance(2_500);
    expect(a.leadership?.mayWrite()).toBe(true);
    a.stop.abort();
    await clock.advance(10);

    expect([...server.leases.values()].map((lease) => (lease.spec as JsonObject).holderIdentity)).toEqual(['', '']);
  });
});
