import { describe, expect, it } from 'vitest';
import { valueAt } from './json-access.ts';
import { configMap, paths, replicaSet, testServer, widgetDefinition } from './testing/test-server.ts';

const a = `${paths.maps}/a`;

describe('create', () => {
  it('gives identity, version and owner of the fields', () => {
    const { body, status } = testServer().post(paths.maps, configMap('a', { x: '1' }));

    expect(status).toBe(201);
    expect(body.metadata).toMatchObject({ name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' });
    expect(valueAt(body, 'metadata', 'uid')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(body.metadata).toMatchObject({ managedFields: [{ manager: 'tester', operation: 'Update' }] });
  });

  it('makes a name from generateName, and the same one again for the same seed', () => {
    const made = () => testServer().post(paths.maps, { ...configMap(''), metadata: { generateName: 'web-' } }).body;

    const name = valueAt(made(), 'metadata', 'name');
    expect(name).toMatch(/^web-[a-z0-9]{5}$/);
    expect(valueAt(made(), 'metadata', 'name')).toBe(name);
  });

  it.each([
    ['twice', a, 409, 'AlreadyExists', 'configmaps "a" already exists'],
    [
      'in a namespace that is not there',
      '/api/v1/namespaces/none/configmaps',
      404,
      'NotFound',
      'namespaces "none" not found',
    ],
  ])('refuses an object %s', (_title, path, code, reason, message) => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));

    const { status, body } = server.post(path === a ? paths.maps : path, configMap('a'));

    expect(status).toBe(code);
    expect(body).toMatchObject({ kind: 'Status', reason, message, code });
  });

  it('with dryRun answers the object and stores nothing', () => {
    const server = testServer();
    const before = server.api.revision();

    const { status, body } = server.ask('POST', paths.maps, configMap('a'), { query: { dryRun: 'All' } });

    expect(status).toBe(201);
    expect(valueAt(body, 'metadata', 'resourceVersion')).toBeUndefined();
    expect(server.api.revision()).toBe(before);
    expect(server.get(a).status).toBe(404);
  });

  it.each([
    ['Warn', 201, ['unknown field "dota"']],
    ['Ignore', 201, []],
    ['Strict', 400, []],
  ])('takes an unknown field with fieldValidation %s as a real server', (fieldValidation, code, warned) => {
    const body = { ...configMap('a'), dota: {} };

    const answer = testServer().ask('POST', paths.maps, body, { query: { fieldValidation } });

    expect(answer.status).toBe(code);
    expect(answer.warnings).toEqual(warned);
  });

  it('gives every namespace its account, and takes nothing into one that ends', () => {
    const server = testServer();
    server.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });

    expect(server.get('/api/v1/namespaces/shop/serviceaccounts/default').status).toBe(200);
    server.ask('DELETE', '/api/v1/namespaces/shop');
    const late = server.post('/api/v1/namespaces/shop/configmaps', configMap('late'));

    expect(late.status).toBe(403);
    expect(late.body).toMatchObject({ details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  });
});

describe('update and patch', () => {
  it('refuse a stale version and another uid', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a'));

    const stale = server.merge(a, { metadata: { resourceVersion: '1' }, data: { x: '1' } });
    const other = server.ask('PUT', a, configMap('a', {}, { uid: 'another' }));

    expect([stale.status, other.status]).toEqual([409, 409]);
    expect(stale.body.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('make no new version when nothing changes', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a', { x: '1' }));
    const before = server.api.revision();

    const { status } = server.merge(a, { data: { x: '1' } });

    expect(status).toBe(200);
    expect(server.api.revision()).toBe(before);
  });

  it('raise the generation with the spec and not with status or labels', () => {
    const server = testServer();
    server.post(paths.sets, replicaSet('web'));
    const generation = () => valueAt(server.get(`${paths.sets}/web`).body, 'metadata', 'generation');

    server.merge(`${paths.sets}/web`, { metadata: { labels: { a: 'b' } } });
    server.merge(`${paths.sets}/web/status`, { status: { replicas: 1 } });
    expect(generation()).toBe(1);
    server.merge(`${paths.sets}/web`, { spec: { replicas: 2 } });
    expect(generation()).toBe(2);
  });

  it('keep status and spec apart', () => {
    const server = testServer();
    server.post(paths.sets, replicaSet('web'));

    server.merge(`${paths.sets}/web`, { spec: { replicas: 2 }, status: { replicas: 7 } });
    server.merge(`${paths.sets}/web/status`, { spec: { replicas: 9 }, status: { replicas: 3 } });

    const { body } = server.get(`${paths.sets}/web`);
    expect([valueAt(body, 'spec', 'replicas'), valueAt(body, 'status', 'replicas')]).toEqual([2, 3]);
  });

  it('read and write the scale', () => {
    const server = testServer();
    server.post(paths.sets, replicaSet('web'));

    const { body } = server.merge(`${paths.sets}/web/scale`, { spec: { replicas: 4 } });

    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { selector: 'app=web' } });
    expect(valueAt(server.get(`${paths.sets}/web`).body, 'spec', 'replicas')).toBe(4);
  });

  it('apply: conflicts name the manager, force takes the field', () => {
    const server = testServer();
    server.apply(a, configMap('a', { x: '1' }), 'one');

    const refused = server.apply(a, configMap('a', { x: '2' }), 'two');
    const forced = server.apply(a, configMap('a', { x: '2' }), 'two', { force: 'true' });

    expect(refused.status).toBe(409);
    expect(refused.body.message).toContain('conflict with "one"');
    expect(forced.body).toMatchObject({ data: { x: '2' } });
  });

  it('JSON Patch: a failed test is 422; strategic merge is 415', () => {
    const server = testServer();
    server.post(paths.maps, configMap('a', { x: '1' }));
    const jsonPatch = { contentType: 'application/json-patch+json' };

    const failed = server.ask('PATCH', a, [{ op: 'test', path: '/data/x', value: '2' }], jsonPatch);
    const done = server.ask('PATCH', a, [{ op: 'add', path: '/data/y', value: '2' }], jsonPatch);
    const strategic = server.ask('PATCH', a, {}, { contentType: 'application/strategic-merge-patch+json' });

    expect([failed.status, done.status, strategic.status]).toEqual([422, 200, 415]);
    expect(done.body.data).toEqual({ x: '1', y: '2' });
  });
});

describe('custom resources', () => {
  it('are served as soon as their definition is stored, and go with it', () => {
    const server = testServer();
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } };
    expect(server.get(paths.widgets).status).toBe(404);

    server.post(paths.definitions, widgetDefinition());
    expect(server.post(paths.widgets, widget).status).toBe(201);
    server.ask('DELETE', `${paths.definitions}/widgets.example.com`);

    expect(server.get(paths.widgets).status).toBe(404);
    expect(server.get(`${paths.definitions}/widgets.example.com`).status).toBe(404);
  });

  it('stay while a finalizer holds them, and so does their definition', () => {
    const server = testServer();
    server.post(paths.definitions, widgetDefinition());
    const metadata = { name: 'w', finalizers: ['example.com/hold'] };
    server.post(paths.widgets, { apiVersion: 'example.com/v1', kind: 'Widget', metadata, spec: {} });

    server.ask('DELETE', `${paths.definitions}/widgets.example.com`);
    expect(server.get(`${paths.definitions}/widgets.example.com`).status).toBe(200);
    server.merge(`${paths.widgets}/w`, { metadata: { finalizers: null } });

    expect(server.get(`${paths.definitions}/widgets.example.com`).status).toBe(404);
  });
});
