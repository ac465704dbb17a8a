/** Edge and the controller as processes, with a real API server and a real Git server: a signed webhook makes a push be applied at once. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { hmacOf } from '../../edge/webhook.ts';
import type { BedObject } from '../bed/api.ts';
import { type Bed, bedMissing, startBed } from '../bed/bed.ts';
import { type Child, startChild } from '../bed/child.ts';
import { eventually } from '../bed/eventually.ts';
import { freePorts } from '../bed/free-port.ts';
import { applyGatewayApi, gatewayApiMissing } from '../bed/gateway-api.ts';
import { missingProgram } from '../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../e2e/controller-process.ts';
import { controllerObjects, gitSync, tenantObjects } from '../e2e/rights.ts';

const parts = ['cluster', 'git'] as const;
const missing = bedMissing(parts) ?? gatewayApiMissing() ?? missingProgram(['kustomize']);
const main = join(import.meta.dirname, '..', '..', 'controller', 'main.ts');
const secret = 'what-the-git-host-signs-with';

function configMap(greeting: string): Record<string, string> {
  const metadata = { name: 'web-config', namespace: 'shop' };
  return {
    'shop/config.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { greeting } }),
  };
}

describe.skipIf(missing !== undefined)(`webhooks as hints${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let folder: string;
  let bed: Bed<(typeof parts)[number]>;
  let controllers: ControllerProcess[] = [];
  let edge: Child | undefined;
  let hooks: string;

  const startEdge = async (secretFile: string, tokenFile: string, hintPorts: readonly number[]): Promise<void> => {
    const [port = 0] = await freePorts(1);
    hooks = `http://127.0.0.1:${port}/hooks`;
    const files = ['--webhook-secret-file', secretFile, '--hint-token-file', tokenFile];
    const to = hintPorts.flatMap((hintPort) => ['--controllers', `http://127.0.0.1:${hintPort}`]);
    edge = await startChild({
      name: 'edge',
      command: process.execPath,
      args: [main, 'edge', '--webhook-port', String(port), '--listen-address', '127.0.0.1', ...files, ...to],
      logDir: folder,
    });
    await eventually('edge serves', async () => {
      edge?.assertRunning();
      return (await fetch(hooks.replace('/hooks', '/healthz')).catch(() => undefined))?.status === 200;
    });
  };

  beforeAll(async () => {
    folder = makeTempDir('webhook');
    bed = await startBed({ with: parts });
    await applyGatewayApi(bed.cluster);
    await bed.cluster.api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]));
    await bed.cluster.api.apply(...controllerObjects(), ...tenantObjects('shop', bed.git.token));
    await bed.git.createRepository('apps', configMap('one'), { message: 'First' });
    const [secretFile, tokenFile] = [join(folder, 'webhook-secret'), join(folder, 'hint-token')];
    writeFileSync(secretFile, `an-older-secret\n${secret}\n`);
    writeFileSync(tokenFile, 'shared-by-edge-and-controllers\n');
    const hintPorts = await freePorts(2);
    const kubeconfigPath = await bed.cluster.serviceAccountKubeconfig('tidegate', 'tidegate');
    controllers = await Promise.all(
      hintPorts.map((port, index) => {
        const flags = ['--hint-port', String(port), '--hint-token-file', tokenFile];
        return startController({ name: `controller-${index}`, folder, kubeconfigPath, flags });
      }),
    );
    await startEdge(secretFile, tokenFile, hintPorts);
    const sync = gitSync({ name: 'web', namespace: 'shop', repository: bed.git.url('apps'), path: 'shop' });
    await bed.cluster.api.apply({ ...sync, spec: { ...(sync['spec'] as object), interval: '1h' } });
    await eventually('the first commit is applied', async () => (await greeting()) === 'one', { withinMs: 60_000 });
  });
  afterAll(async () => {
    await edge?.stop(5_000);
    await Promise.all(controllers.map((one) => one.stop({ graceMs: 5_000 })));
    await bed?.stop();
    removeTempDir(folder);
  });

  const greeting = async (): Promise<string | undefined> => {
    const answer = await bed.cluster.api.request('GET', '/api/v1/namespaces/shop/configmaps/web-config');
    return (answer.body as { data?: { greeting?: string } }).data?.greeting;
  };
  const settled = () =>
    eventually(
      'the last commit is good',
      async () => {
        const sync = (await bed.cluster.api.get('/apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs/web')) as {
          status?: { phase?: string };
        };
        return sync.status?.phase === 'Good';
      },
      { withinMs: 60_000 },
    );
  const push = (commit: string, branch = 'main'): string =>
    JSON.stringify({
      ref: `refs/heads/${branch}`,
      after: commit,
      repository: { clone_url: bed.git.url('apps').replace(/\.git$/, ''), ssh_url: 'git@127.0.0.1:apps.git' },
    });
  const post = async (body: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(hooks, { method: 'POST', body, headers })).status;
  const signature = (body: string) => ({
    'x-hub-signature-256': `sha256=${hmacOf(Buffer.from(body), secret)}`,
    'x-github-delivery': crypto.randomUUID(),
  });
  const reads = () => bed.git.requests().filter(({ kind }) => kind !== 'push').length;

  it('a signed push is applied within seconds, although the interval is an hour; an unsigned one does nothing', async () => {
    await settled();
    const commit = await bed.git.commit('apps', 'main', configMap('two'));
    const before = reads();
    const other = push(commit, 'another-branch');

    expect(await post(push(commit), {})).toBe(401);
    expect(await post(push(commit), { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })).toBe(401);
    expect(await post(other, signature(other))).toBe(202);
    await eventually('every controller was told of the other branch', () =>
      controllers.every((one) => one.child().logTail(500).includes('"branch":"another-branch"')),
    );
    expect(await greeting()).toBe('one');
    expect(reads()).toBe(before);

    const startedAt = performance.now();
    expect(await post(push(commit), signature(push(commit)))).toBe(202);
    await eventually('the second commit is applied', async () => (await greeting()) === 'two', { withinMs: 10_000 });

    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('no secret stands in a log of edge', () => {
    expect(edge?.logTail(500)).not.toMatch(/what-the-git-host|an-older-secret|shared-by-edge/);
    expect(edge?.logTail(500)).toContain('webhook taken');
  });
});
