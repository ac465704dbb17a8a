/** The kube room against a real API server: reads, writes, preconditions, watches, tokens, and what it says when a right is missing. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiResult, KubeClient, KubeObject, ObjectKey } from '../../kube/api.ts';
import { watchKind, wholeObject } from '../../kube/cache/cache.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { eventRecorder } from '../../kube/events.ts';
import { textOf } from '../../kube/json.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';

const missing = clusterMissing();

const configMap = (name: string, data: Record<string, string>): KubeObject & { data: Record<string, string> } => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const mapKey = (name: string): ObjectKey => ({ group: '', kind: 'ConfigMap', namespace: 'default', name });

function objectOf<T>(result: ApiResult<T>): T {
  if (result.kind !== 'ok')
    throw new Error(`expected ok, got ${JSON.stringify(result)} ${'cause' in result ? result.cause.message : ''}`);
  return result.object;
}

describe.skipIf(missing !== undefined)(`kube on a real API server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let admin: ApiTransport;
  let client: KubeClient;
  const children: ChildProcess[] = [];

  const connect = async (path: string): Promise<{ transport: ApiTransport; client: KubeClient }> => {
    const made = transport({ connection: await loadKubeConfig({ path }), userAgent: 'tidegate-test/0' });
    return { transport: made, client: kubeClient(made, discovery(made)) };
  };

  beforeAll(async () => {
    cluster = await startCluster();
    ({ transport: admin, client } = await connect(cluster.kubeconfigPath));
  }, 90_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    admin?.close();
    await cluster?.stop();
  });

  it('creates, reads, lists, deletes', async () => {
    const made = objectOf(await client.create(configMap('crud', { a: '1' })));
    const again = await client.create(configMap('crud', { a: '1' }));
    const read = objectOf(await client.get(mapKey('crud')));
    const listed = await client.list({ group: '', kind: 'ConfigMap' }, { namespace: 'default' });
    const wrongUid = await client.delete(mapKey('crud'), { uid: 'f4f0f6d6-0000-4000-8000-000000000000' });
    const deleted = await client.delete(mapKey('crud'), { uid: made.metadata.uid ?? '' });
    const gone = await client.get(mapKey('crud'));

    expect(again).toMatchObject({ kind: 'conflict', reason: 'AlreadyExists' });
    expect(read).toMatchObject({ data: { a: '1' }, kind: 'ConfigMap', apiVersion: 'v1' });
    expect(listed.kind === 'ok' && listed.items.map((one) => [one.kind, one.metadata.name])).toContainEqual([
      'ConfigMap',
      'crud',
    ]);
    expect(wrongUid.kind).toBe('conflict');
    expect(deleted.kind).toBe('ok');
    expect(gone.kind).toBe('not-found');
  });

  it('merges only onto the version and the object it was read from', async () => {
    const made = objectOf(await client.create(configMap('merge', { a: '1' })));
    const first = await client.merge(
      mapKey('merge'),
      { data: { b: '2' } },
      { resourceVersion: made.metadata.resourceVersion ?? '', uid: made.metadata.uid ?? '' },
    );
    const stale = await client.merge(
      mapKey('merge'),
      { data: { c: '3' } },
      { resourceVersion: made.metadata.resourceVersion ?? '' },
    );
    const otherUid = await client.merge(
      mapKey('merge'),
      { data: { c: '3' } },
      { uid: 'f4f0f6d6-0000-4000-8000-000000000000' },
    );

    expect(objectOf(first)).toMatchObject({ data: { a: '1', b: '2' } });
    expect(stale).toMatchObject({ kind: 'conflict', reason: 'Conflict' });
    expect(otherUid).toMatchObject({ kind: 'conflict', reason: 'Conflict' });
  });

  it('applies on the server, keeps what others own, and calls an unknown field invalid', async () => {
    const first = objectOf(await client.apply(configMap('apply', { a: '1' }), { fieldManager: 'one' }));
    await client.apply(configMap('apply', { b: '2' }), { fieldManager: 'two' });
    const fought = await client.apply(configMap('apply', { b: '3' }), { fieldManager: 'one' });
    const forced = await client.apply(configMap('apply', { b: '3' }), { fieldManager: 'one', force: true });
    const stale = await client.apply(
      {
        ...configMap('apply', { c: '1' }),
        metadata: { name: 'apply', namespace: 'default', resourceVersion: first.metadata.resourceVersion ?? '' },
      },
      { fieldManager: 'one', force: true },
    );
    const typed = await client.apply({ ...configMap('apply', {}), nonsense: 1 } as KubeObject, { fieldManager: 'one' });

    expect(fought).toMatchObject({ kind: 'conflict', message: expect.stringContaining('"two"') });
    expect(objectOf(forced)).toMatchObject({ data: { b: '3' } });
    expect(stale.kind).toBe('conflict');
    expect(typed).toMatchObject({ kind: 'invalid', message: expect.stringContaining('nonsense') });
  });

  it('finds unknown fields by a strict dry run without writing', async () => {
    const set = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'typo', namespace: 'default' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { container: [], containers: [{ name: 'c', image: 'i' }] },
        },
      },
    };
    const strict = await client.create(set, { dryRun: true, strict: true });
    const invalid = await client.create({ ...set, spec: { ...set.spec, replicas: -1 } } as KubeObject, {
      dryRun: true,
    });
    const after = await client.get({ group: 'apps', kind: 'ReplicaSet', namespace: 'default', name: 'typo' });

    expect(strict).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('unknown field "spec.template.spec.container"'),
    });
    expect(invalid).toMatchObject({ kind: 'invalid', problems: [{ field: 'spec.replicas' }] });
    expect(after.kind).toBe('not-found');
  });

  it('writes status by its subresource only', async () => {
    const key: ObjectKey = { group: '', kind: 'Namespace', namespace: '', name: 'default' };
    const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
    await client.create(node);
    const nodeKey = { ...key, kind: 'Node', name: 'n1' };
    const main = await client.merge(
      nodeKey,
      { metadata: { labels: { a: 'b' } }, status: { capacity: { pods: '5' } } },
      {},
    );
    const status = await client.merge(nodeKey, { status: { capacity: { pods: '7' } } }, { subresource: 'status' });

    expect(objectOf(main)).toMatchObject({ metadata: { labels: { a: 'b' } } });
    expect(JSON.stringify(objectOf(main).status)).not.toContain('"pods"');
    expect(objectOf(status)).toMatchObject({ status: { capacity: { pods: '7' } } });
  });

  it('follows a kind through an outage of the API server', async () => {
    const cache = watchKind({
      transport: admin,
      discovery: discovery(admin),
      kind: { group: '', kind: 'ConfigMap' },
      namespaces: ['default'],
      project: wholeObject,
      clock: systemClock,
      log: silentLog,
    });
    const seen: string[] = [];
    cache.store.onChange((change) => seen.push(`${change.kind} ${change.object.metadata.name}`));
    const stop = new AbortController();
    const ended = cache.run(stop.signal);
    await cache.whenSettled(stop.signal);
    objectOf(await client.create(configMap('watched', { a: '1' })));
    await eventually('the addition is seen', async () => seen.includes('added watched'), { withinMs: 5_000 });
    await cluster.stopApiServer();
    await cluster.startApiServer();
    const written = objectOf(await client.merge(mapKey('watched'), { data: { a: '2' } }, {}));
    await eventually(
      'the update is seen',
      async () => cache.store.get('default', 'watched')?.metadata.resourceVersion === written.metadata.resourceVersion,
      { withinMs: 20_000 },
    );
    await client.delete(mapKey('watched'));
    await eventually('the deletion is seen', async () => seen.includes('deleted watched'), { withinMs: 5_000 });
    stop.abort();
    await ended;

    expect(cache.store.get('default', 'watched')).toBeUndefined();
    expect(cache.store.list().every((one) => !('managedFields' in one.metadata))).toBe(true);
  }, 90_000);

  it('gets bookmarks and can go on from a watched version', async () => {
    const listed = await client.list({ group: '', kind: 'ConfigMap' }, { namespace: 'default' });
    const from = listed.kind === 'ok' ? listed.resourceVersion : '';
    objectOf(await client.create(configMap('later', { a: '1' })));
    const stop = new AbortController();
    const names: string[] = [];
    const query = { resourceVersion: from, allowWatchBookmarks: 'true', timeoutSeconds: '30' };
    for await (const line of admin.watch({
      path: '/api/v1/namespaces/default/configmaps',
      query,
      signal: stop.signal,
    })) {
      if (line.kind === 'event') names.push(line.object.metadata.name);
      stop.abort();
    }

    expect(names).toEqual(['later']);
  });

  it('acts with a TokenRequest token, with its rights only, and names the right that is missing', async () => {
    const account: ObjectKey = { group: '', kind: 'ServiceAccount', namespace: 'default', name: 'default' };
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
    const made = await client.createSub(account, 'token', request);
    const token = made.kind === 'ok' ? textOf(made.object, 'status', 'token') : undefined;
    const as = { token: token ?? '' };
    const create = await client.create(configMap('as-tenant', {}), { as });
    const scale = await client.merge(
      { group: 'apps', kind: 'ReplicaSet', namespace: 'default', name: 'x' },
      {},
      { as, subresource: 'scale' },
    );

    expect(create).toMatchObject({ kind: 'forbidden', right: 'create configmaps in namespace default' });
    expect(scale).toMatchObject({ kind: 'forbidden', right: 'patch replicasets.apps/scale in namespace default' });
  });

  it('never uses its own client certificate when it acts with a token', async () => {
    const jane = await connect(await cluster.user('jane', ['system:masters']));
    const token = await cluster.serviceAccountToken('default', 'default');
    const own = await jane.client.create(configMap('by-jane', {}));
    const tenant = await jane.client.create(configMap('by-tenant', {}), { as: { token } });
    jane.transport.close();

    expect(own.kind).toBe('ok');
    expect(tenant).toMatchObject({ kind: 'forbidden', right: 'create configmaps in namespace default' });
  });

  it('writes events that the server accepts', async () => {
    const recorder = eventRecorder({
      transport: admin,
      clock: systemClock,
      reportingController: 'tidegate.io/controller',
      reportingInstance: 'test',
    });
    const stop = new AbortController();
    const regarding = { apiVersion: 'v1', group: '', kind: 'Namespace', namespace: '', name: 'default', uid: 'u1' };
    recorder.record({ regarding, type: 'Normal', reason: 'Tested', message: 'one event', at: Date.now() });
    stop.abort();
    await recorder.run(stop.signal);

    expect(recorder.metrics()).toMatchObject({ sent: 1, failed: 0 });
    expect(await cluster.kubectl(['get', 'events', '-o', 'jsonpath={.items[?(@.reason=="Tested")].message}'])).toBe(
      'one event',
    );
  });

  it('lets no write of a leader through that was stopped and continued', async () => {
    objectOf(await client.create(configMap('fenced', { writer: 'nobody' })));
    const first = contender('first');
    await eventually('the first leads', async () => first.lines.includes('write ok'), { withinMs: 20_000 });
    const second = contender('second');
    first.child.kill('SIGSTOP');
    await eventually('the second leads', async () => second.lines.includes('write ok'), { withinMs: 30_000 });
    const writers = writersFrom(objectOf(await client.get(mapKey('fenced'))).metadata.resourceVersion ?? '');
    first.child.kill('SIGCONT');
    await eventually('the first has ended', async () => first.lines.includes('end lost'), { withinMs: 10_000 });
    const seen = await writers.stop();
    second.child.kill('SIGTERM');
    await eventually('the second has let go', async () => second.lines.includes('end released'), { withinMs: 10_000 });
    const third = contender('third');
    const since = Date.now();
    await eventually('the third leads', async () => third.lines.includes('write ok'), { withinMs: 20_000 });
    const tookMs = Date.now() - since;
    third.child.kill('SIGTERM');
    await eventually('the third has let go', async () => third.lines.includes('end released'), { withinMs: 10_000 });

    expect(seen.filter((writer) => writer !== 'second')).toEqual([]);
    expect(tookMs).toBeLessThan(5_500);
  });

  /** Who wrote into the fenced ConfigMap from this version on. */
  function writersFrom(resourceVersion: string): { stop(): Promise<string[]> } {
    const over = new AbortController();
    const writers: string[] = [];
    const read = (async () => {
      const query = { resourceVersion, fieldSelector: 'metadata.name=fenced' };
      const path = '/api/v1/namespaces/default/configmaps';
      for await (const line of admin.watch({ path, query, signal: over.signal })) {
        if (line.kind === 'event') writers.push(textOf(line.object, 'data', 'writer') ?? '');
      }
    })();
    return {
      stop: async () => {
        over.abort();
        await read;
        return writers;
      },
    };
  }

  function contender(identity: string): { child: ChildProcess; lines: string[] } {
    const program = fileURLToPath(new URL('../../kube/testing/lease-process.ts', import.meta.url));
    const child = spawn(process.execPath, [program, cluster.kubeconfigPath, identity, 'fenced'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines: string[] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
    return { child, lines };
  }
});
