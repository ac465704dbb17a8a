/** Paths, patch types, preconditions, paging and discovery, as they go over the wire. */

import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../crds/schema/dialect.ts';
import { kinds } from '../crds/schema/kinds.ts';
import type { ApiRequest, ApiResult, JsonObject, Transport } from './api.ts';
import { kubeClient } from './client.ts';
import { discovery } from './discovery.ts';
import { fakeClock } from './fake-clock.ts';
import { ownKinds } from './own-kinds.ts';
import { map } from './testing/scripted-server.ts';

type Answer = (request: ApiRequest) => ApiResult<JsonObject>;

function aClient(answer: Answer) {
  const sent: ApiRequest[] = [];
  const transport: Transport = {
    send: async (request) => {
      sent.push(request);
      return answer(request);
    },
    watch: () => {
      throw new Error('not used');
    },
  };
  const clock = fakeClock();
  const found = discovery(transport, { clock });
  return { sent, clock, found, client: kubeClient(transport, found) };
}

const ok = (object: object): ApiResult<JsonObject> => ({ kind: 'ok', object: object as JsonObject });
const notFound: ApiResult<JsonObject> = { kind: 'not-found', message: '404 page not found' };
const web = { group: 'apps', kind: 'ReplicaSet', namespace: 'shop', name: 'web' };

/** A server that serves HTTPRoute in v1 and v1beta1, and Rollout with a status. */
const discoveryAnswer: Answer = ({ path }) => {
  const gateway = '/apis/gateway.networking.k8s.io';
  if (path === gateway)
    return ok({ preferredVersion: { version: 'v1' }, versions: [{ version: 'v1' }, { version: 'v1beta1' }] });
  if (path === `${gateway}/v1`)
    return ok({
      resources: [
        { name: 'httproutes', kind: 'HTTPRoute', namespaced: true },
        { name: 'httproutes/status', kind: 'HTTPRoute', namespaced: true },
      ],
    });
  if (path === `${gateway}/v1beta1`)
    return ok({
      resources: [
        { name: 'httproutes', kind: 'HTTPRoute', namespaced: true },
        { name: 'referencegrants', kind: 'ReferenceGrant', namespaced: true },
      ],
    });
  return notFound;
};

describe('client', () => {
  it('merges with both preconditions inside the patch', async () => {
    const { client, sent } = aClient(() => ok(map('web', 2)));

    await client.merge(
      web,
      { metadata: { labels: { a: 'b' } }, spec: { replicas: 2 } },
      { resourceVersion: '7', uid: 'u', fieldManager: 'tidegate' },
    );

    expect(sent[0]).toMatchObject({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/replicasets/web',
      pool: 'write',
      contentType: 'application/merge-patch+json',
      query: { fieldManager: 'tidegate' },
      body: { metadata: { labels: { a: 'b' }, resourceVersion: '7', uid: 'u' }, spec: { replicas: 2 } },
    });
  });

  it('writes status and applies, each by its own request', async () => {
    const { client, sent } = aClient(() => ok(map('web', 2)));
    const object = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', namespace: 'shop' } };

    await client.merge(web, { status: {} }, { subresource: 'status' });
    await client.apply(object, { fieldManager: 'sync', force: true, dryRun: true, strict: true, as: { token: 't' } });

    expect(sent[0]?.path).toBe('/apis/apps/v1/namespaces/shop/replicasets/web/status');
    expect(sent[1]).toMatchObject({
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: 'sync', force: 'true', dryRun: 'All', fieldValidation: 'Strict' },
      as: { token: 't' },
      body: object,
    });
  });

  it('deletes one object and no other of its name', async () => {
    const { client, sent } = aClient(() => ok({ kind: 'Status', status: 'Success' }));

    await client.delete(web, { uid: 'u1', resourceVersion: '7', propagation: 'Foreground' });

    expect(sent[0]).toMatchObject({
      method: 'DELETE',
      body: { propagationPolicy: 'Foreground', preconditions: { uid: 'u1', resourceVersion: '7' } },
    });
  });

  it('refuses a key without a namespace or a name instead of asking for something else', async () => {
    const { client, sent } = aClient(() => ok({}));

    const results = [await client.get({ ...web, namespace: '' }), await client.delete({ ...web, name: '' })];

    expect(results).toMatchObject([
      { kind: 'invalid', problems: [{ field: 'metadata.namespace' }] },
      { kind: 'invalid', problems: [{ field: 'metadata.name' }] },
    ]);
    expect(sent).toEqual([]);
  });

  it('calls an answer that is no object unknown', async () => {
    const { client } = aClient(() => ok({ hello: 'world' }));

    expect((await client.get(web)).kind).toBe('unknown');
  });

  it('lists all pages, and in one piece when the continue token expires', async () => {
    const { client, sent } = aClient(({ query }) => {
      if (query?.continue !== undefined) return { kind: 'gone', message: 'expired' };
      const metadata = { resourceVersion: '9', ...(query?.limit === undefined ? {} : { continue: 'token' }) };
      return ok({ kind: 'ReplicaSetList', metadata, items: [{ metadata: { name: 'web' } }] });
    });

    const listed = await client.list(
      { group: 'apps', kind: 'ReplicaSet' },
      { namespace: 'shop', labelSelector: 'app=web' },
    );

    expect(listed).toEqual({
      kind: 'ok',
      resourceVersion: '9',
      items: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web' } }],
    });
    expect(sent.map(({ query }) => [query?.limit, query?.continue])).toEqual([
      ['500', undefined],
      ['500', 'token'],
      [undefined, undefined],
    ]);
  });

  it('posts to subresources', async () => {
    const { client, sent } = aClient(() => ok({ kind: 'TokenRequest' }));

    await client.createSub({ group: '', kind: 'ServiceAccount', namespace: 'shop', name: 'deployer' }, 'token', {
      spec: {},
    });

    expect(sent[0]).toMatchObject({ method: 'POST', path: '/api/v1/namespaces/shop/serviceaccounts/deployer/token' });
  });
});

describe('discovery', () => {
  const route = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' };

  it('asks nothing about kinds that every server serves', async () => {
    const { client, sent } = aClient(discoveryAnswer);

    expect(await client.served({ group: 'apps', kind: 'ReplicaSet' })).toMatchObject({
      plural: 'replicasets',
      version: 'v1',
    });
    expect(sent).toEqual([]);
  });

  it('learns others once, in the preferred version, with their subresources', async () => {
    const { client, sent } = aClient(discoveryAnswer);

    const served = await client.served(route);
    await client.served(route);
    await client.served({ ...route, kind: 'ReferenceGrant' });

    expect(served).toMatchObject({
      version: 'v1',
      plural: 'httproutes',
      namespaced: true,
      subresources: new Set(['status']),
    });
    expect(sent).toHaveLength(3);
  });

  it('says that a kind is not served, and notices when it is installed', async () => {
    let installed = false;
    const { client, clock } = aClient((request) => (installed ? discoveryAnswer(request) : notFound));
    const key = { ...route, namespace: 'shop', name: 'web' };
    const before = await client.get(key);
    installed = true;
    await clock.advance(6_000);

    expect(before).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('does not serve kind HTTPRoute'),
    });
    expect(await client.served(route)).toBeDefined();
  });

  it('never says "not served" when the server gave no answer', async () => {
    const { client } = aClient(() => ({ kind: 'unknown', cause: new Error('no answer within 10 s') }));

    await expect(client.served(route)).rejects.toThrow(
      'could not be asked whether it serves HTTPRoute: no answer within 10 s',
    );
    expect((await client.get({ ...route, namespace: 'shop', name: 'web' })).kind).toBe('unknown');
  });

  it('knows our own kinds without asking, but not those of a group that another project owns', () => {
    const argo = ownKinds(kinds, argoDialect).map((one) => one.kind);

    const presets = ['StrategyPreset', 'ClusterStrategyPreset'];
    expect(argo).toEqual(['GitSync', 'Release', 'GitRevert', 'RolloutRun', ...presets]);
    expect(ownKinds(kinds, tidegateDialect)).toContainEqual({
      group: 'tidegate.io',
      version: 'v1alpha1',
      kind: 'Rollout',
      plural: 'rollouts',
      namespaced: true,
      subresources: new Set(['status', 'scale']),
    });
  });

  it('asks for the version that an object names', async () => {
    const { found } = aClient(discoveryAnswer);

    expect(await found.resolve(route, 'v1beta1')).toMatchObject({ kind: 'served', served: { version: 'v1beta1' } });
    expect(await found.resolve(route, 'v2')).toMatchObject({ kind: 'not-served' });
  });
});
