/** The manifests that the README installs, on a real API server that takes no unknown field. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';

const missing = clusterMissing();
const root = join(import.meta.dirname, '..', '..');

interface Container {
  readonly name: string;
  readonly imagePullPolicy: string;
  readonly volumeMounts: readonly { readonly name: string }[];
}
interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly automountServiceAccountToken: boolean; readonly containers: readonly Container[] };
    };
  };
}

describe.skipIf(missing !== undefined)(`installing by hand${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());

  const apply = (file: string): Promise<string> =>
    cluster.kubectl(['apply', '--server-side', '--validate=strict', '-f', join(root, file)]);
  const podOf = async (name: string): Promise<Deployment['spec']['template']['spec']> => {
    const path = `/apis/apps/v1/namespaces/tidegate/deployments/${name}`;
    return ((await cluster.api.get(path)) as Deployment).spec.template.spec;
  };

  it('gives the account of the controller to one container only, and pulls the image where it is not there', async () => {
    await apply('examples/install/controller.yaml');
    await apply('charts/tidegate/generated/rbac.yaml');

    const { containers, automountServiceAccountToken } = await podOf('tidegate');

    expect(containers.map(({ name, imagePullPolicy }) => [name, imagePullPolicy])).toEqual([
      ['controller', 'IfNotPresent'],
      ['source', 'IfNotPresent'],
    ]);
    expect(automountServiceAccountToken).toBe(false);
    expect(containers.map(({ volumeMounts }) => volumeMounts.some(({ name }) => name === 'account'))).toEqual([
      true,
      false,
    ]);
  });

  it('adds edge without any right in the cluster', async () => {
    const patch = join(root, 'examples/install/controller-hints.patch.yaml');
    await cluster.kubectl(['-n', 'tidegate', 'patch', 'deployment', 'tidegate', '--patch-file', patch]);
    await apply('examples/install/edge.yaml');

    const [controller] = (await podOf('tidegate')).containers;
    expect(controller?.volumeMounts.map(({ name }) => name)).toEqual(expect.arrayContaining(['hints', 'account']));
    expect((await podOf('tidegate-edge')).automountServiceAccountToken).toBe(false);
    const account = '--as=system:serviceaccount:tidegate:tidegate-edge';
    expect(await cluster.kubectl(['auth', 'can-i', '--list', account, '--no-headers'])).not.toMatch(
      /secrets|gitsyncs|pods/,
    );
  });
});
