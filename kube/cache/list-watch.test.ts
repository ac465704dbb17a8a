/** List and watch against an API server that misbehaves in every way that has killed informers. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoreChange } from '../api.ts';
import { fixedConnection } from '../connection.ts';
import { discovery } from '../discovery.ts';
import { quickClock } from '../testing/quick-clock.ts';
import { recordingLog } from '../testing/recording-log.ts';
import {
  type Asked,
  isWatch,
  listBody,
  map,
  openWatch,
  scriptedServer,
  type ScriptedServer,
  sendEvent,
  sendJson,
  status,
} from '../testing/scripted-server.ts';
import { type ApiTransport, transport } from '../transport.ts';
import { type KindCache, watchKind, type WatchKindOptions, wholeObject } from './cache.ts';
import type { RawObject } from './store.ts';

interface Bed {
  readonly server: ScriptedServer;
  readonly cache: KindCache<RawObject>;
  readonly clock: ReturnType<typeof quickClock>;
  readonly log: ReturnType<typeof recordingLog>;
  /** "added a", "updated a 7" ... in order. */
  readonly changes: string[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  readonly lists: () => Asked[];
  readonly watches: () => Asked[];
  readonly value: (name: string) => unknown;
}

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0)) await one();
});

const configMaps = { group: '', kind: 'ConfigMap' };

/** `answer` gets the number of lists and watches asked before. */
async function bed(
  answer: (asked: Asked, lists: number, watches: number) => void,
  more: Partial<WatchKindOptions<RawObject>> = {},
): Promise<Bed> {
  const counts = { lists: 0, watches: 0 };
  const server = await scriptedServer((asked) => {
    const before = { ...counts };
    if (isWatch(asked)) counts.watches += 1;
    else counts.lists += 1;
    answer(asked, before.lists, before.watches);
  });
  const api: ApiTransport = transport({ connection: fixedConnection(server.url), userAgent: 'test' });
  const clock = quickClock();
  const log = recordingLog();
  const base = {
    transport: api,
    discovery: discovery(api, { clock }),
    kind: configMaps,
    project: wholeObject,
    clock,
    log,
  };
  const cache = watchKind<RawObject>({ ...base, freeze: true, random: () => 0, ...more });
  const changes: string[] = [];
  cache.store.onChange((change: StoreChange<RawObject>) => {
    changes.push(`${change.kind} ${change.object.metadata.name} ${change.object.metadata.resourceVersion}`);
  });
  const stop = new AbortController();
  const ended = cache.run(stop.signal);
  cleanUp.push(async () => {
    stop.abort();
    clock.resume();
    await ended;
    api.close();
    await server.close();
  });
  return {
    server,
    cache,
    clock,
    log,
    changes,
    stop,
    ended,
    lists: () => server.asked.filter((asked) => !isWatch(asked)),
    watches: () => server.asked.filter(isWatch),
    value: (name) => cache.store.get('shop', name)?.data,
  };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 5 });

describe('list and watch', () => {
  it('lists from the server cache first, then watches with bookmarks and a random timeout', async () => {
    const { cache, lists, watches } = await bed((asked) => {
      if (isWatch(asked)) openWatch(asked);
      else sendJson(asked, 200, listBody(10, [map('a', 3)]));
    });
    await until(() => expect(watches()).toHaveLength(1));

    expect(cache.synced()).toBe(true);
    expect(cache.store.get('shop', 'a')).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { uid: 'uid-a' },
    });
    expect(lists()[0]?.query.get('resourceVersion')).toBe('0');
    const query = Object.fromEntries(watches()[0]?.query ?? []);
    expect(query).toMatchObject({ resourceVersion: '10', allowWatchBookmarks: 'true', timeoutSeconds: '300' });
  });

  it('goes on after the connection of a watch was reset', async () => {
    const { changes, watches, lists } = await bed((asked, _lists, watchCount) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, [map('a', 3)]));
      openWatch(asked);
      if (watchCount === 0) {
        sendEvent(asked, 'MODIFIED', map('a', 11));
        setTimeout(() => asked.socket.resetAndDestroy(), 20);
      } else sendEvent(asked, 'MODIFIED', map('a', 12));
    });
    await until(() => expect(changes).toEqual(['added a 3', 'updated a 11', 'updated a 12']));

    expect(watches()[1]?.query.get('resourceVersion')).toBe('11');
    expect(lists()).toHaveLength(1);
  });

  it('waits as long as a 429 on a watch says, and goes on', async () => {
    const { clock, changes } = await bed((asked, _lists, watchCount) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
      if (watchCount === 0)
        return sendJson(asked, 429, status(429, 'TooManyRequests', 'slow down'), { 'retry-after': '7' });
      openWatch(asked);
      sendEvent(asked, 'ADDED', map('a', 11));
    });
    await until(() => expect(changes).toEqual(['added a 11']));

    expect(clock.slept).toEqual([7_000]);
  });

  it('is not synced after a first list that failed, and tries again', async () => {
    let syncedBefore = true;
    const { cache, clock, changes } = await bed((asked, listCount) => {
      if (isWatch(asked)) openWatch(asked);
      else if (listCount < 2) sendJson(asked, 500, status(500, 'InternalError', 'etcd is away'));
      else {
        syncedBefore = cache.synced();
        sendJson(asked, 200, listBody(10, [map('a', 3)]));
      }
    });
    await until(() => expect(changes).toEqual(['added a 3']));

    expect([syncedBefore, cache.synced()]).toEqual([false, true]);
    expect(clock.slept).toEqual([800, 1600]);
  });

  it('drops an event that is older than what it has', async () => {
    const { cache, changes } = await bed((asked) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, [map('a', 3)]));
      openWatch(asked);
      for (const version of [20, 12, 21]) sendEvent(asked, 'MODIFIED', map('a', version));
    });
    await until(() => expect(changes).toContain('updated a 21'));

    expect(changes).toEqual(['added a 3', 'updated a 20', 'updated a 21']);
    expect(cache.metrics().droppedEvents).toBe(1);
  });

  it('tells a new object under an old name as a deletion and an addition, in the stream and after a gap', async () => {
    const { changes } = await bed((asked, listCount) => {
      if (!isWatch(asked)) {
        const uid = listCount === 0 ? 'one' : 'three';
        return sendJson(asked, 200, listBody(10 * (listCount + 1), [map('a', 10 * (listCount + 1), { uid })]));
      }
      openWatch(asked);
      if (asked.query.get('resourceVersion') !== '10') return;
      sendEvent(asked, 'MODIFIED', map('a', 12, { uid: 'two' }));
      sendEvent(asked, 'ERROR', status(410, 'Expired', 'too old'));
    });

    await until(() =>
      expect(changes).toEqual(['added a 10', 'deleted a 10', 'added a 12', 'deleted a 12', 'added a 20']),
    );
  });

  it('isolates and counts a handler that throws', async () => {
    const { cache, changes, log, watches } = await bed((asked, _lists, watchCount) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
      openWatch(asked);
      if (watchCount === 0) {
        sendEvent(asked, 'ADDED', map('a', 11));
        asked.response.end();
      }
    });
    cache.store.onChange(() => {
      throw new Error('a bug in a handler');
    });
    const later: string[] = [];
    cache.store.onChange((change) => later.push(change.object.metadata.name));
    await until(() => expect(watches()).toHaveLength(2));

    expect(changes).toEqual(['added a 11']);
    expect(later).toEqual(['a']);
    expect(cache.metrics().handlerErrors).toBe(1);
    expect(log.of('error')).toEqual(['a cache handler or projection threw']);
    expect(watches()[1]?.query.get('resourceVersion')).toBe('11');
  });

  it('lists anew after a garbled line, so that no update is lost', async () => {
    const { changes, lists, value } = await bed((asked, listCount, watchCount) => {
      if (!isWatch(asked)) {
        return sendJson(
          asked,
          200,
          listBody(10 + listCount, listCount === 0 ? [map('a', 3)] : [map('a', 11, { data: 'lost' })]),
        );
      }
      openWatch(asked);
      if (watchCount > 0) return;
      asked.response.write('{"type":"MODIFIED","object":{"metadata":{"name":"a","resour\n');
      sendEvent(asked, 'ADDED', map('b', 12));
    });
    await until(() => expect(changes).toEqual(['added a 3', 'updated a 11']));

    expect(value('a')).toEqual({ value: 'lost' });
    expect(lists()[1]?.query.get('resourceVersion')).toBeNull();
  });

  it('opens nothing any more when it is stopped during a back-off', async () => {
    const { clock, server, stop, ended } = await bed((asked) => {
      clock.hold();
      sendJson(asked, 500, status(500, 'InternalError', 'no'));
    });
    await until(() => expect(clock.slept).toHaveLength(1));
    const before = server.asked.length;
    stop.abort();
    await ended;

    expect(server.asked).toHaveLength(before);
  });

  it('ends silently and closes its connection when it is stopped while healthy', async () => {
    let closed = false;
    const { log, watches, stop, ended, cache } = await bed((asked) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
      asked.socket.on('close', () => {
        closed = true;
      });
      openWatch(asked);
    });
    await until(() => expect(watches()).toHaveLength(1));
    stop.abort();
    await ended;
    await until(() => expect(closed).toBe(true));

    expect(log.lines).toEqual([]);
    expect(cache.metrics().failures).toBe(0);
  });

  it('backs off longer and longer when every watch says 410', async () => {
    const { clock, lists, log } = await bed((asked, listCount) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10 + listCount, []));
      openWatch(asked);
      sendEvent(asked, 'ERROR', status(410, 'Expired', 'too old resource version'));
    });
    await until(() => expect(lists().length).toBeGreaterThanOrEqual(8));

    expect(clock.slept.slice(0, 7)).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
    expect(log.of('warn')).toEqual(['watch keeps failing']);
  });

  it('lists anew when a watch is refused with 410', async () => {
    const { changes } = await bed((asked, listCount, watchCount) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10 + listCount, [map('a', 3 + listCount)]));
      if (watchCount === 0) sendJson(asked, 410, status(410, 'Expired', 'too old resource version'));
      else openWatch(asked);
    });

    await until(() => expect(changes).toEqual(['added a 3', 'updated a 4']));
  });

  it.each([
    ['a half-open connection', () => undefined],
    ['a trickle of bytes that never becomes a line', (asked: Asked) => trickle(asked)],
  ])('gives up %s and goes on where it was', async (_what, misbehave) => {
    const { watches, lists, changes } = await bed(
      (asked, _lists, watchCount) => {
        if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
        openWatch(asked);
        if (watchCount === 0) misbehave(asked);
        else sendEvent(asked, 'ADDED', map('a', 11));
      },
      { livenessMs: 100 },
    );
    await until(() => expect(changes).toEqual(['added a 11']));

    expect(watches()[1]?.query.get('resourceVersion')).toBe('10');
    expect(lists()).toHaveLength(1);
  });

  it('gives up a watch whose answer never begins', async () => {
    const { changes } = await bed(
      (asked, _lists, watchCount) => {
        if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
        if (watchCount === 0) return;
        openWatch(asked);
        sendEvent(asked, 'ADDED', map('a', 11));
      },
      { livenessMs: 100 },
    );

    await until(() => expect(changes).toEqual(['added a 11']));
  });

  it('gives up a list that trickles for ever', async () => {
    const { changes } = await bed(
      (asked, listCount) => {
        if (isWatch(asked)) return openWatch(asked);
        if (listCount > 0) return sendJson(asked, 200, listBody(10, [map('a', 3)]));
        asked.response.writeHead(200);
        trickle(asked);
      },
      { listTimeoutMs: 100 },
    );

    await until(() => expect(changes).toEqual(['added a 3']));
  });

  it('reads a huge list page by page', async () => {
    const all = Array.from({ length: 1200 }, (_, at) => map(`m${at}`, at + 1));
    const { cache, lists } = await bed((asked) => {
      if (isWatch(asked)) return openWatch(asked);
      const from = Number(asked.query.get('continue') ?? 0);
      const limit = Number(asked.query.get('limit'));
      const next = from + limit < all.length ? String(from + limit) : undefined;
      sendJson(asked, 200, listBody(2000, all.slice(from, from + limit), next));
    });
    await until(() => expect(cache.synced()).toBe(true));

    expect(cache.store.list()).toHaveLength(1200);
    expect(lists().map((asked) => asked.query.get('continue'))).toEqual([null, '500', '1000']);
  });

  it('lists in one piece when a continue token has expired', async () => {
    const { cache, lists, clock } = await bed((asked) => {
      if (isWatch(asked)) return openWatch(asked);
      if (asked.query.has('continue'))
        return sendJson(asked, 410, status(410, 'Expired', 'the continue token is too old'));
      const whole = !asked.query.has('limit');
      sendJson(
        asked,
        200,
        listBody(10, whole ? [map('a', 1), map('b', 2)] : [map('a', 1)], whole ? undefined : 'token'),
      );
    });
    await until(() => expect(cache.synced()).toBe(true));

    expect(cache.store.list().map((one) => one.metadata.name)).toEqual(['a', 'b']);
    expect(lists()).toHaveLength(3);
    expect(clock.slept).toEqual([]);
  });

  it('goes on at once from the last bookmark when the server ends a watch', async () => {
    const { clock, watches } = await bed((asked) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
      openWatch(asked);
      if (asked.query.get('resourceVersion') !== '10') return;
      sendEvent(asked, 'BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '50' } });
      asked.response.end();
    });
    await until(() => expect(watches()).toHaveLength(2));

    expect(watches()[1]?.query.get('resourceVersion')).toBe('50');
    expect(clock.slept).toEqual([]);
  });

  it('backs off when the server closes every watch at once', async () => {
    const { clock, watches } = await bed((asked) => {
      if (!isWatch(asked)) return sendJson(asked, 200, listBody(10, []));
      openWatch(asked);
      asked.response.end();
    });
    await until(() => expect(watches().length).toBeGreaterThan(3));

    expect(clock.slept.slice(0, 3)).toEqual([800, 1600, 3200]);
  });

  it('removes what is gone after a relist', async () => {
    const { changes } = await bed((asked, listCount) => {
      if (!isWatch(asked))
        return sendJson(
          asked,
          200,
          listBody(10 + listCount, listCount === 0 ? [map('a', 3), map('b', 4)] : [map('b', 4)]),
        );
      openWatch(asked);
      if (asked.query.get('resourceVersion') === '10') sendEvent(asked, 'ERROR', status(410, 'Expired', 'too old'));
    });

    await until(() => expect(changes).toEqual(['added a 3', 'added b 4', 'deleted a 3']));
  });

  it('waits without noise for a kind whose CRD is not installed yet', async () => {
    let installed = false;
    const routes = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' };
    const resource = { name: 'httproutes', kind: 'HTTPRoute', namespaced: true };
    const { cache, log, stop, clock } = await bed(
      (asked) => {
        if (!installed)
          return sendJson(asked, 404, status(404, 'NotFound', 'the server could not find the requested resource'));
        if (isWatch(asked)) return openWatch(asked);
        if (asked.path === '/apis/gateway.networking.k8s.io')
          return sendJson(asked, 200, { versions: [{ version: 'v1' }] });
        if (asked.path === '/apis/gateway.networking.k8s.io/v1') return sendJson(asked, 200, { resources: [resource] });
        sendJson(asked, 200, listBody(10, []));
      },
      { kind: routes },
    );
    await cache.whenSettled(stop.signal);
    await until(() => expect(clock.slept.length).toBeGreaterThan(3));
    expect(cache.synced()).toBe(false);
    installed = true;
    await until(() => expect(cache.synced()).toBe(true));

    expect(log.lines.filter((line) => line.level !== 'debug' && line.level !== 'info')).toEqual([]);
  });

  it('watches each of several namespaces on its own and is synced when all are', async () => {
    const { cache, server } = await bed(
      (asked) => {
        const namespace = asked.path.split('/')[4] ?? '';
        if (isWatch(asked)) openWatch(asked);
        else sendJson(asked, 200, listBody(10, [map('a', 3, { namespace })]));
      },
      { namespaces: ['blue', 'green'] },
    );
    await until(() => expect(cache.synced()).toBe(true));

    expect(cache.store.list('blue')).toHaveLength(1);
    expect(cache.store.list()).toHaveLength(2);
    expect(cache.seenVersion('green')).toBe('10');
    expect(new Set(server.asked.map((asked) => asked.path))).toEqual(
      new Set(['/api/v1/namespaces/blue/configmaps', '/api/v1/namespaces/green/configmaps']),
    );
  });
});

/** Sends a byte every 10 ms and never a line. */
function trickle(asked: Asked): void {
  const timer = setInterval(() => asked.response.write('{'), 10);
  asked.socket.on('close', () => clearInterval(timer));
}
