/** The controller as a process beside a real API server: no repository and no metrics backend that a user names may be that server. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { applyGatewayApi, gatewayApiMissing } from '../bed/gateway-api.ts';
import { missingProgram } from '../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../e2e/controller-process.ts';
import { controllerObjects, gitSync, tenantObjects } from '../e2e/rights.ts';

const missing = clusterMissing() ?? gatewayApiMissing() ?? missingProgram(['git', 'kustomize']);

describe.skipIf(missing !== undefined)(
  `addresses of the API server that users name${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let folder: string;
    let cluster: Cluster;
    let controller: ControllerProcess | undefined;

    beforeAll(async () => {
      folder = makeTempDir('api-server-refused');
      cluster = await startCluster();
      await applyGatewayApi(cluster);
      await cluster.api.apply(...(crdManifests(tidegateDialect) as unknown as BedObject[]));
      await cluster.api.apply(...controllerObjects(), ...tenantObjects('shop', 'token'));
      const kubeconfigPath = await cluster.serviceAccountKubeconfig('tidegate', 'tidegate');
      // All of loopback is allowed, as it is for every other server of these tests.
      controller = await startController({ folder, kubeconfigPath });
    });
    afterAll(async () => {
      await controller?.stop({ graceMs: 5_000 });
      await cluster?.stop();
      removeTempDir(folder);
    });

    const messageOf = async (path: string): Promise<string> => {
      const { status } = (await cluster.api.get(path)) as { status?: { message?: string } };
      return status?.message ?? '';
    };
    const refused = (path: string): Promise<string> =>
      eventually(`${path} is refused`, async (saw) => {
        const message = await messageOf(path);
        saw(message);
        return message.includes('API server') ? message : undefined;
      });

    it('a repository there is refused by the source process, although its address is allowed otherwise', async () => {
      const repository = `${cluster.server}/team/shop.git`;
      await cluster.api.apply(gitSync({ name: 'sly', namespace: 'shop', repository, path: 'shop' }));

      expect(await refused('/apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs/sly')).toMatch(
        /GitSync shop\/sly.*spec\.repository.*the address 127\.0\.0\.1 is the Kubernetes API server's/,
      );
    });

    it('a repository at the Service default/kubernetes is refused too', async () => {
      const service = (await cluster.api.get('/api/v1/namespaces/default/services/kubernetes')) as {
        spec: { clusterIP: string; ports: { port: number }[] };
      };
      const repository = `https://${service.spec.clusterIP}:${service.spec.ports[0]?.port}/team/shop.git`;
      await cluster.api.apply(gitSync({ name: 'slier', namespace: 'shop', repository, path: 'shop' }));

      expect(await refused('/apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs/slier')).toContain(
        "the Kubernetes API server's",
      );
    });

    it('a metrics backend there is refused by the controller', async () => {
      const provider = { web: { url: `${cluster.server}/api/v1/secrets`, jsonPath: '{$.items}' } };
      await cluster.api.apply({
        apiVersion: 'tidegate.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: 'sly', namespace: 'shop' },
        spec: { metrics: [{ name: 'm', provider, successCondition: 'true' }] },
      });

      expect(await refused('/apis/tidegate.io/v1alpha1/namespaces/shop/analysisruns/sly')).toContain(
        "the Kubernetes API server's",
      );
    });
  },
);
