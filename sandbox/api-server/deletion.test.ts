import { describe, expect, it } from 'vitest';
import { stringAt, valueAt } from './json-access.ts';
import { configMap, paths, pod, testServer } from './testing/test-server.ts';

const a = `${paths.maps}/a`;
const p = `${paths.pods}/p`;

describe('delete', () => {
  it('answers a Status with the uid', () => {
    const server = testServer();
    const { body } = server.post(paths.maps, configMap('a'));

    const answer = server.ask('DELETE', a);

    expect(answer.body).toMatchObject({
      status: 'Success',
      details: { name: 'a', uid: valueAt(body, 'metadata', 'uid') },
    });
    expect(server.get(a).status).toBe(404);
  });

  it('checks uid and version first', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));

    const answer = server.ask('DELETE', a, { preconditions: { uid: 'another' } });

    expect(answer.status).toBe(409);
    expect(server.get(a).status).toBe(200);
  });

  it('waits for finalizers and takes no new ones', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a', {}, { finalizers: ['example.com/one'] }));

    server.ask('DELETE', a);
    const late = server.merge(a, { metadata: { finalizers: ['example.com/one', 'example.com/two'] } });
    expect(valueAt(server.get(a).body, 'metadata', 'deletionTimestamp')).toBe('2026-01-01T00:00:00Z');
    expect(late.status).toBe(422);
    server.merge(a, { metadata: { finalizers: null } });

    expect(server.get(a).status).toBe(404);
  });

  it.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ])('leaves a finalizer for the garbage collector with %s', (propagationPolicy, finalizers) => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));

    server.ask('DELETE', a, { propagationPolicy });

    expect(valueAt(server.get(a).body, 'metadata', 'finalizers')).toEqual(finalizers);
  });

  it('deletes a collection by selector', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a', {}, { labels: { on: 'yes' } }));
    server.post(paths.maps, configMap('b'));

    server.ask('DELETE', paths.maps, undefined, { query: { labelSelector: 'on=yes' } });

    expect([server.get(a).status, server.get(`${paths.maps}/b`).status]).toEqual([404, 200]);
  });
});

describe('delete of a namespace', () => {
  it('ends when the last finalizer of its spec is taken away, and not before', () => {
    const server = testServer();
    const shop = '/api/v1/namespaces/shop';
    server.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });

    const { body } = server.ask('DELETE', shop);
    expect(body).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } });
    server.ask('PUT', `${shop}/finalize`, { ...body, spec: {} });

    expect(server.get(shop).status).toBe(404);
  });

  it('is refused for those that the cluster needs', () => {
    expect(testServer().ask('DELETE', '/api/v1/namespaces/default').status).toBe(403);
  });
});

describe('delete of a pod', () => {
  it('waits for its kubelet, which deletes it with grace period 0', () => {
    const server = testServer();
    server.post(paths.pods, pod('p', { nodeName: 'n' }));

    const marked = server.ask('DELETE', p);
    expect(marked.body.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2026-01-01T00:00:30Z',
    });
    server.ask('DELETE', p, { gracePeriodSeconds: 0 });

    expect(server.get(p).status).toBe(404);
  });

  it('goes at once when no node has it', () => {
    const server = testServer();
    server.post(paths.pods, pod('p'));

    server.ask('DELETE', p);

    expect(server.get(p).status).toBe(404);
  });

  it('by eviction asks the disruption budget', () => {
    const server = testServer();
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } };
    server.post(paths.pods, pod('p', { nodeName: 'n' }, { app: 'web' }));
    server.merge(`${p}/status`, { status: { phase: 'Running' } });
    server.post(budgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b' }, spec });
    const evict = () =>
      server.post(`${p}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } });

    expect(evict().status).toBe(429);
    server.merge(`${budgets}/b/status`, {
      status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
    });
    expect(evict().status).toBe(201);

    expect(valueAt(server.get(p).body, 'metadata', 'deletionTimestamp')).toBeDefined();
  });
});

describe('tokens of accounts', () => {
  it('are known until they expire or their account is gone', async () => {
    const server = testServer();
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
    const token = () => stringAt(server.post(`${account}/token`, request).body, 'status', 'token');

    const first = token();
    expect(server.api.authenticate(first)).toBe('system:serviceaccount:default:default');
    await server.advance(600_000);
    expect(server.api.authenticate(first)).toBeUndefined();
    const second = token();
    server.ask('DELETE', account);

    expect(server.api.authenticate(second)).toBeUndefined();
    expect(server.api.authenticate('admin')).toBe('kubernetes-admin');
  });
});
