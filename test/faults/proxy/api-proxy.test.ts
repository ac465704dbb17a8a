import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiResult, JsonObject } from '../../../kube/api.ts';
import { loadKubeConfig } from '../../../kube/config.ts';
import { type ApiTransport, transport } from '../../../kube/transport.ts';
import { apiServer } from '../../../sandbox/api-server/api-server.ts';
import { makeServerTls } from '../../../sandbox/api-server/certificate.ts';
import { serveHttps } from '../../../sandbox/api-server/https.ts';
import { systemClock } from '../../../kube/clock.ts';
import { writeKubeconfig } from '../../bed/kubeconfig.ts';
import { type ApiProxy, type Fate, type SeenRequest, startApiProxy } from './api-proxy.ts';

const path = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { key: 'value' },
});

describe('a proxy before an API server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-proxy-'));
  const stops: (() => Promise<void> | void)[] = [];
  let fate: Fate;
  let seen: SeenRequest[];
  let proxy: ApiProxy;
  let through: ApiTransport;
  let direct: ApiTransport;

  beforeEach(async () => {
    fate = { kind: 'deliver' };
    seen = [];
    const served = await serveHttps(apiServer({ clock: systemClock, random: Math.random }));
    const judge = (request: SeenRequest): Fate => {
      seen.push(request);
      return fate;
    };
    const upstream = { server: served.url, caData: served.caData };
    proxy = await startApiProxy({ upstream, tls: await makeServerTls(), judge });
    const to = async (server: string, caData: string): Promise<ApiTransport> => {
      const user = { kind: 'token', token: served.adminToken } as const;
      const file = writeKubeconfig(join(folder, `${new URL(server).port}.kubeconfig`), { server, caData }, user);
      return transport({ connection: await loadKubeConfig({ path: file }), userAgent: 'tidegate-controller/test' });
    };
    through = await to(proxy.url, proxy.caData);
    direct = await to(served.url, served.caData);
    stops.push(
      () => through.close(),
      () => direct.close(),
      () => proxy.close(),
      () => served.close(),
    );
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const create = (name: string): Promise<ApiResult<JsonObject>> =>
    through.send({ method: 'POST', path, pool: 'write', body: configMap(name) });
  const exists = async (name: string): Promise<boolean> =>
    (await direct.send({ method: 'GET', path: `${path}/${name}`, pool: 'read' })).kind === 'ok';

  it('shows every write and no read, and passes both on', async () => {
    expect((await create('one')).kind).toBe('ok');
    expect((await through.send({ method: 'GET', path: `${path}/one`, pool: 'read' })).kind).toBe('ok');

    expect(seen.map(({ method, body, userAgent }) => [method, body['kind'], userAgent])).toEqual([
      ['POST', 'ConfigMap', 'tidegate-controller/test'],
    ]);
  });

  it('drops a write before the server sees it', async () => {
    fate = { kind: 'drop' };

    expect((await create('dropped')).kind).toBe('unknown');
    expect(await exists('dropped')).toBe(false);
  });

  it('lets the server carry a write out and keeps the answer back', async () => {
    fate = { kind: 'swallow' };

    expect((await create('swallowed')).kind).toBe('unknown');
    expect(await exists('swallowed')).toBe(true);
  });

  it('lets nothing through once it is cut, until it is mended', async () => {
    proxy.cut();
    expect((await create('late')).kind).toBe('unknown');
    expect(await exists('late')).toBe(false);
    expect(seen).toEqual([]);

    proxy.mend();
    expect((await create('late')).kind).toBe('ok');
  });

  it('a controller that dies once its write is answered has sent nothing more', async () => {
    fate = { kind: 'deliver', after: () => Promise.resolve(proxy.cut()) };

    const first = await create('answered');
    const next = await create('too-late');

    expect(['ok', 'unknown']).toContain(first.kind);
    expect(next.kind).toBe('unknown');
    expect([await exists('answered'), await exists('too-late')]).toEqual([true, false]);
  });

  it('streams a watch', async () => {
    const lines = through.watch({ path, query: { resourceVersion: '0' } })[Symbol.asyncIterator]();
    const first = lines.next();
    await create('watched');

    expect((await first).value).toMatchObject({ kind: 'event', type: 'ADDED' });
    await lines.return?.();
  });
});
