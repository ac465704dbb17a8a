/** The real controller with the real source process on the sandbox: a good release is promoted, a bad one reverted in Git. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { BedObject } from '../bed/api.ts';
import { eventually } from '../bed/eventually.ts';
import { type RepositoryStore, repositoryStore } from '../bed/git-repository.ts';
import { missingProgram } from '../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../e2e/controller-process.ts';
import { type Load, startLoad } from '../e2e/load.ts';
import { controllerObjects, gitSync, tenantObjects } from '../e2e/rights.ts';
import { shopFiles } from '../e2e/shop-app.ts';
import { fieldOf } from '../../kube/json.ts';
import type { JsonObject } from '../../crds/schema/json.ts';

const missing = missingProgram(['kustomize', 'git']);
const namespace = 'shop';
const repository = 'apps';
const rate = 5;

describe.skipIf(missing !== undefined)(`main job on the sandbox${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = makeTempDir('sandbox-main-job');
  let sandbox: Sandbox;
  let client: KubeClient;
  let git: RepositoryStore;
  let controller: ControllerProcess;
  let load: Load;

  const filesOf = (version: string, errorPct = 0): Readonly<Record<string, string>> => {
    const { prometheusUrl } = sandbox;
    const files = shopFiles({ name: 'shop', version, errorPct, greeting: version, prometheusUrl, pauseSeconds: 4 });
    const route = 'apps/shop/route.yaml';
    return { ...files, [route]: (files[route] ?? '').replace('bed-gateway', 'sandbox') };
  };
  const rollout = async (): Promise<JsonObject | undefined> => {
    const found = await client.get({ group: 'tidegate.io', kind: 'Rollout', namespace, name: 'shop' });
    return found.kind === 'ok' ? found.object : undefined;
  };
  const syncStatus = async (): Promise<unknown> => {
    const found = await client.get({ group: 'tidegate.io', kind: 'GitSync', namespace, name: 'shop' });
    return found.kind === 'ok' ? fieldOf(found.object, 'status') : found;
  };
  const untilHealthy = (version: string): Promise<unknown> =>
    eventually(
      `the Rollout is Healthy on ${version}`,
      async () => {
        const one = await rollout();
        const image = JSON.stringify(fieldOf(one, 'spec', 'template', 'spec', 'containers') ?? null);
        const current = fieldOf(one, 'status', 'currentPodHash');
        const seen = fieldOf(one, 'status', 'observedGeneration') === fieldOf(one, 'metadata', 'generation');
        return (
          seen &&
          fieldOf(one, 'status', 'phase') === 'Healthy' &&
          image.includes(`:${version}"`) &&
          fieldOf(one, 'status', 'stableRS') === current
        );
      },
      { withinMs: 30_000 },
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify([fieldOf(await rollout(), 'status'), await syncStatus()])}`, {
        cause: error,
      });
    });
  const untilGood = (commit: string): Promise<unknown> =>
    eventually(
      'the commit is good',
      async () => {
        const status = (await syncStatus()) as JsonObject;
        return status.phase === 'Good' && fieldOf(status, 'lastGood', 'commit') === commit;
      },
      { withinMs: 30_000 },
    );
  const reverts = async () =>
    (await git.log(repository)).filter(({ message }) => message.includes('Tidegate-Revert-Of:'));

  beforeAll(async () => {
    sandbox = await startSandbox({ rate, seed: 1 });
    const transport = memoryTransport(sandbox.api, { user: 'kubernetes-admin', userAgent: 'test' });
    client = kubeClient(transport, discovery(transport));
    git = repositoryStore(join(folder, 'git'));
    await git.createRepository(repository, filesOf('v1'));
    const url = `file://${join(folder, 'git', `${repository}.git`)}`;
    const sync = withoutCredentials(gitSync({ name: 'shop', namespace, repository: url, path: 'apps/shop' }));
    for (const object of [...controllerObjects(), ...tenantObjects(namespace, 'unused'), sync]) {
      const made = await client.create(object as unknown as KubeObject);
      if (made.kind !== 'ok') throw new Error(`${object.kind} ${object.metadata.name}: ${JSON.stringify(made)}`);
    }
    const clockFlags = ['--clock-from', String(sandbox.clockFrom), '--clock-rate', String(sandbox.rate)];
    controller = await startController({
      kubeconfigPath: sandbox.kubeconfigPath,
      folder,
      flags: ['--allow-file-repositories', 'true', ...clockFlags],
    });
  });
  afterAll(async () => {
    await load?.stop();
    await controller?.stop();
    await sandbox?.stop();
    removeTempDir(folder);
  });

  it('applies the first release', async () => {
    await untilHealthy('v1');

    load = startLoad({ url: sandbox.gatewayUrl, host: 'shop.example', perSecond: 200 });
  });

  it('promotes a good release', async () => {
    const commit = await git.commit(repository, 'main', filesOf('v2'), { message: 'Release v2' });

    await untilGood(commit);
    await untilHealthy('v2');
    expect(await reverts()).toEqual([]);
  });

  it('takes a bad release back and reverts it in Git', async () => {
    const good = await git.git(repository, ['rev-parse', 'main^{tree}']);
    const bad = await git.commit(repository, 'main', filesOf('v3', 60), { message: 'Release v3' });

    const [revert] =
      (await eventually(
        'the revert is on the branch',
        async () => {
          const found = await reverts();
          return found.length > 0 ? found : undefined;
        },
        { withinMs: 30_000 },
      ).catch(async (error: unknown) => {
        const seen = [fieldOf(await rollout(), 'status'), await syncStatus(), sandbox.gateway.counts()];
        throw new Error(`${String(error)}: ${JSON.stringify(seen)}`, { cause: error });
      })) ?? [];
    await untilHealthy('v2');

    expect(revert?.message).toContain(`Tidegate-Revert-Of: ${bad}`);
    expect(await git.git(repository, ['rev-parse', 'main^{tree}'])).toBe(good);
    expect(await reverts()).toHaveLength(1);
  });

  it('served its users all the time, but for what the bad canary failed', () => {
    const counts = sandbox.gateway.counts().filter((one) => one.route === 'shop');
    const failed = counts.filter((one) => one.code !== 200);

    expect(counts.reduce((sum, one) => sum + one.count, 0)).toBeGreaterThan(500);
    expect(failed.map((one) => `${one.service} ${one.code}`)).toEqual(['shop-canary 500']);
    expect(new Set(load.byCode().keys())).toEqual(new Set([200, 500]));
  });
});

/** Files on this machine are read and written without any. */
function withoutCredentials(sync: BedObject): BedObject {
  const { credentials: _, ...spec } = sync.spec as Record<string, unknown>;
  return { ...sync, spec: { ...spec, revert: { mode: 'push' } } };
}
