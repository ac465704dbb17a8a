import { describe, expect, it } from 'vitest';
import { listAt, stringAt, valueAt } from './json-access.ts';
import { configMap, paths, pod, testServer } from './testing/test-server.ts';

function names(body: Parameters<typeof listAt>[0]): readonly string[] {
  return listAt(body, 'items').map((item) => stringAt(item, 'metadata', 'name'));
}

describe('list', () => {
  it('comes in pages of the time of the first', () => {
    const server = testServer();
    for (const name of ['a', 'b', 'c']) server.post(paths.maps, configMap(name));

    const first = server.get(paths.maps, { limit: '2' });
    server.post(paths.maps, configMap('bb'));
    server.ask('DELETE', `${paths.maps}/c`);
    const second = server.get(paths.maps, { limit: '2', continue: stringAt(first.body, 'metadata', 'continue') });

    expect(names(first.body)).toEqual(['a', 'b']);
    expect(valueAt(first.body, 'metadata', 'remainingItemCount')).toBe(1);
    expect(names(second.body)).toEqual(['c']);
    expect(valueAt(second.body, 'metadata', 'resourceVersion')).toBe(
      valueAt(first.body, 'metadata', 'resourceVersion'),
    );
  });

  it('answers a token that is too old with 410 and another to go on with', () => {
    const server = testServer({ historySize: 3 });
    for (const name of ['a', 'b', 'c']) server.post(paths.maps, configMap(name));
    const token = stringAt(server.get(paths.maps, { limit: '1' }).body, 'metadata', 'continue');
    for (const name of ['d', 'e', 'f', 'g']) server.post(paths.maps, configMap(name));

    const expired = server.get(paths.maps, { limit: '1', continue: token });
    const next = server.get(paths.maps, { continue: stringAt(expired.body, 'metadata', 'continue') });

    expect(expired.status).toBe(410);
    expect(expired.body.reason).toBe('Expired');
    expect(names(next.body)).toEqual(['b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('as it was at a revision, exactly or not older', () => {
    const server = testServer();
    const { body } = server.post(paths.maps, configMap('a'));
    const resourceVersion = stringAt(body, 'metadata', 'resourceVersion');
    server.post(paths.maps, configMap('b'));

    const exact = server.get(paths.maps, { resourceVersion, resourceVersionMatch: 'Exact' });
    const newer = server.get(paths.maps, { resourceVersion, resourceVersionMatch: 'NotOlderThan' });
    const future = server.get(paths.maps, { resourceVersion: '99999' });

    expect([names(exact.body), names(newer.body)]).toEqual([['a'], ['a', 'b']]);
    expect(future.status).toBe(504);
  });

  it.each([
    ['app=web', ['web']],
    ['app!=web', ['db', 'none']],
    ['app in (web, db)', ['db', 'web']],
    ['app notin (web)', ['db', 'none']],
    ['!app', ['none']],
    ['app,tier=2', ['db']],
  ])('selects by label: %s', (labelSelector, wanted) => {
    const server = testServer();
    server.post(paths.maps, configMap('web', {}, { labels: { app: 'web', tier: '1' } }));
    server.post(paths.maps, configMap('db', {}, { labels: { app: 'db', tier: '2' } }));
    server.post(paths.maps, configMap('none'));

    expect(names(server.get(paths.maps, { labelSelector }).body)).toEqual(wanted);
  });

  it('selects pods by node and phase, and refuses fields that are not offered', () => {
    const server = testServer();
    server.post(paths.pods, pod('a', { nodeName: 'n1' }));
    server.post(paths.pods, pod('b'));

    const onNode = server.get(paths.pods, { fieldSelector: 'spec.nodeName=n1,status.phase=Pending' });
    const unknown = server.get(paths.maps, { fieldSelector: 'data.x=1' });

    expect(names(onNode.body)).toEqual(['a']);
    expect(unknown.body.message).toBe(
      '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });

  it('as a table has the cells that kubectl shows', () => {
    const server = testServer();
    server.post(paths.pods, pod('a'));

    const { body } = server.ask('GET', paths.pods, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });

    expect(body.kind).toBe('Table');
    expect(listAt(listAt(body, 'rows')[0], 'cells').slice(0, 5)).toEqual(['a', '0/1', 'Pending', '0', '0s']);
  });
});

describe('watch', () => {
  it('begins after a revision and tells every change in order', () => {
    const server = testServer();
    const { body } = server.post(paths.maps, configMap('a'));
    server.post(paths.maps, configMap('b'));

    const watch = server.watch(paths.maps, { resourceVersion: stringAt(body, 'metadata', 'resourceVersion') });
    server.merge(`${paths.maps}/a`, { data: { x: '1' } });
    server.ask('DELETE', `${paths.maps}/b`);

    expect(watch.events()).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  it('adds what comes to match a selector and deletes what ceases to', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));
    const watch = server.watch(paths.maps, { labelSelector: 'on=yes' });

    server.merge(`${paths.maps}/a`, { metadata: { labels: { on: 'yes' } } });
    server.merge(`${paths.maps}/a`, { data: { x: '1' } });
    server.merge(`${paths.maps}/a`, { metadata: { labels: null } });

    expect(watch.events()).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  it('with sendInitialEvents marks the end of what was there', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));

    const watch = server.watch(paths.maps, {
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });

    expect(watch.events()).toEqual(['ADDED a', 'BOOKMARK']);
    expect(watch.lines[1]).toMatchObject({
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
  });

  it('says 410 in the stream when the revision is gone', () => {
    const server = testServer({ historySize: 2 });
    for (const name of ['a', 'b', 'c', 'd']) server.post(paths.maps, configMap(name));

    const watch = server.watch(paths.maps, { resourceVersion: '1' });

    expect(watch.lines).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect(watch.ended()).toBe(true);
  });

  it('forgets what is older than five minutes', async () => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));
    await server.advance(400_000);
    server.post(paths.maps, configMap('b'));
    await server.advance(400_000);

    expect(server.watch(paths.maps, { resourceVersion: '1' }).events()).toEqual(['ERROR']);
  });

  it('ends after timeoutSeconds, with a bookmark shortly before', async () => {
    const server = testServer();
    const watch = server.watch(paths.maps, { timeoutSeconds: '10', allowWatchBookmarks: 'true', resourceVersion: '8' });

    await server.advance(8_000);
    expect(watch.events()).toEqual(['BOOKMARK']);
    await server.advance(2_000);
    expect(watch.ended()).toBe(true);
  });

  it('tells all watchers in the order of the commits, also when one of them writes', () => {
    const server = testServer();
    const seen: string[] = [];
    server.api.onCommit((commit) => {
      if (commit.name === 'a' && commit.verb === 'create') server.post(paths.maps, configMap('answer'));
    });
    server.api.onCommit((commit) => void seen.push(`${commit.rv} ${commit.name}`));
    const before = server.api.revision();

    server.post(paths.maps, configMap('a'));

    expect(seen).toEqual([`${before + 1} a`, `${before + 2} answer`]);
  });

  it('is silent once it is closed', () => {
    const server = testServer();
    const watch = server.watch(paths.maps);

    watch.close();
    server.post(paths.maps, configMap('a'));

    expect(watch.events()).toEqual([]);
  });
});
