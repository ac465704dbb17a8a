import { afterEach, describe, expect, it } from 'vitest';
import { healthAnswer } from './health.ts';
import { type Listening, serveText } from './http.ts';
import { controllerMetrics } from './metrics.ts';

let server: Listening | undefined;
afterEach(() => server?.close());

describe('metrics and health over HTTP', () => {
  it('serves what was counted, without object names', async () => {
    const metrics = controllerMetrics('1.2.3');
    metrics.apiCall({ verb: 'PATCH', group: 'apps', resource: 'replicasets', code: 200, ms: 4 });
    server = await serveText(0, '127.0.0.1', async (path) =>
      path === '/metrics' ? { text: await metrics.text() } : undefined,
    );

    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();

    expect(text).toContain(
      'tidegate_kube_requests_total{verb="PATCH",group="apps",resource="replicasets",code="200"} 1',
    );
    expect(text).toContain('tidegate_controller_info{version="1.2.3"} 1');
  });

  it('answers 404, 405 and 500 in plain words', async () => {
    server = await serveText(0, '127.0.0.1', (path) =>
      path === '/boom' ? Promise.reject(new Error('secret')) : Promise.resolve(undefined),
    );
    const base = `http://127.0.0.1:${server.port}`;

    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    expect((await fetch(base, { method: 'POST' })).status).toBe(405);
    expect(await (await fetch(`${base}/boom`)).text()).toBe('internal error\n');
  });

  it('is ready only when every cache has synced', () => {
    expect(healthAnswer({ unsynced: () => ['Pod'], leading: () => false }, '/readyz')).toMatchObject({
      status: 503,
      text: 'waiting for Pod\n',
    });
    expect(healthAnswer({ unsynced: () => [], leading: () => true }, '/readyz')).toEqual({ text: 'ok, leading\n' });
  });
});
