/** The shipped bundle as the image runs it: an unprivileged user, a read-only tree, no node_modules. */
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { BedObject } from '../bed/api.ts';
import { type Child, startChild } from '../bed/child.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { freePorts } from '../bed/free-port.ts';
import { httpGet } from '../bed/http-get.ts';
import { run } from '../bed/run-command.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';

const nobody = 65534;
const missing = process.getuid?.() === 0 ? clusterMissing() : 'only root can start a program as another user';

describe.skipIf(missing !== undefined)(`the bundle as in the image${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let folder: string;
  let node: string;
  let bundle: string;
  let cluster: Cluster;
  let controller: Child | undefined;
  const asNobody = (...args: readonly string[]) => [
    '--reuid',
    String(nobody),
    '--regid',
    String(nobody),
    '--clear-groups',
    '--',
    node,
    ...args,
  ];

  beforeAll(async () => {
    folder = makeTempDir('bundle');
    chmodSync(folder, 0o755);
    const tree = join(folder, 'opt');
    mkdirSync(tree);
    await run(process.execPath, [join(import.meta.dirname, '..', '..', 'scripts', 'build.ts'), tree], {
      timeoutMs: 120_000,
    });
    node = join(tree, 'node');
    bundle = join(tree, 'tidegate.mjs');
    cpSync(process.execPath, node);
    for (const [file, mode] of [
      [node, 0o555],
      [bundle, 0o444],
      [join(tree, 'kubectl-tidegate.mjs'), 0o444],
      [tree, 0o555],
    ] as const)
      chmodSync(file, mode);
    cluster = await startCluster();
    await cluster.api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]));
  }, 240_000);
  afterAll(async () => {
    await controller?.stop(5_000);
    await cluster?.stop();
    removeTempDir(folder);
  });

  it('says its version and prints its CRDs', async () => {
    expect(await run('setpriv', asNobody(bundle, 'version'))).toMatch(/^tidegate \d+\.\d+\.\d+/);
    expect(await run('setpriv', asNobody(bundle, 'crds', '--api-group', 'argoproj.io'))).toContain(
      'name: rollouts.argoproj.io',
    );
  });

  it('says in one sentence what is wrong with a setting', async () => {
    await expect(run('setpriv', asNobody(bundle, 'controller', '--workers', 'many'))).rejects.toThrow(/--workers/);
  });

  it('runs the controller and its source process, with a data folder as the only place it may write', async () => {
    const data = join(folder, 'data');
    const kubeconfig = join(folder, 'kubeconfig');
    mkdirSync(data, { mode: 0o700 });
    await run('chown', [String(nobody), data]);
    writeFileSync(kubeconfig, readFileSync(cluster.kubeconfigPath), { mode: 0o444 });
    const [health = 0] = await freePorts(1);

    controller = await startChild({
      name: 'bundle',
      command: 'setpriv',
      args: asNobody(
        bundle,
        'controller',
        '--kubeconfig',
        kubeconfig,
        '--data-dir',
        data,
        '--metrics-port',
        '0',
        '--health-port',
        String(health),
        '--listen-address',
        '127.0.0.1',
        '--lease-namespace',
        'default',
      ),
      logDir: folder,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent' },
    });
    await eventually(
      'it leads',
      async () => {
        controller?.assertRunning();
        return (await httpGet(`http://127.0.0.1:${health}/readyz`, 'localhost')).body.includes('leading');
      },
      { withinMs: 30_000 },
    );
    await eventually('the source process serves', () => controller?.logTail(200).includes('source process serves'), {
      withinMs: 15_000,
    });
  });

  it('leaves no source process behind when it is killed', async () => {
    const pid = controller?.pid ?? 0;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
    expect(children).toHaveLength(1);

    await controller?.stop(0);

    await eventually('the source process has ended too', () => !existsSync(`/proc/${children[0]}`), {
      withinMs: 10_000,
    });
  });
});
