/** Installs the demo's objects as an administrator, and makes the kubeconfig with which the controller acts. */

import { writeFile } from 'node:fs/promises';
import { isJsonObject } from '../../../crds/schema/json.ts';
import type { KubeClient } from '../../../kube/api.ts';
import { kubeClient } from '../../../kube/client.ts';
import { loadKubeConfig } from '../../../kube/config.ts';
import { discovery } from '../../../kube/discovery.ts';
import { transport } from '../../../kube/transport.ts';
import { controllerAccount, controllerNamespace, type DemoObject } from './shop-objects.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** Longer than any demo, also with time running twenty times as fast. */
const tokenSeconds = 30 * 24 * 3600;

export interface Administrator {
  /** @throws Error with one sentence that names the object. */
  apply(objects: readonly DemoObject[]): Promise<void>;
  /** A token of the controller's account. */
  controllerToken(): Promise<string>;
  close(): void;
}

export async function administrator(kubeconfigPath: string): Promise<Administrator> {
  const connection = await loadKubeConfig({ path: kubeconfigPath });
  const wire = transport({ connection, userAgent: 'tidegate-demo' });
  const client = kubeClient(wire, discovery(wire));
  return {
    apply: async (objects) => {
      for (const object of objects) await applyOne(client, object);
    },
    controllerToken: () => tokenOf(client),
    close: () => wire.close(),
  };
}

async function applyOne(client: KubeClient, object: DemoObject): Promise<void> {
  const answer = await client.apply(object, { fieldManager: 'tidegate-demo', force: true });
  if (answer.kind === 'ok') return;
  const why = 'message' in answer ? answer.message : answer.kind === 'unknown' ? answer.cause.message : answer.kind;
  throw new Error(`${object.kind} ${object.metadata.name} could not be applied to the simulated cluster: ${why}`);
}

async function tokenOf(client: KubeClient): Promise<string> {
  const key = { group: '', kind: 'ServiceAccount', namespace: controllerNamespace, name: controllerAccount };
  const spec = { expirationSeconds: tokenSeconds };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const answer = await client.createSub(key, 'token', body);
  const status = answer.kind === 'ok' ? answer.object.status : undefined;
  if (status !== undefined && isJsonObject(status) && typeof status.token === 'string') return status.token;
  throw new Error(`the simulated cluster gave no token for ServiceAccount ${controllerNamespace}/${controllerAccount}`);
}

/** A kubeconfig (JSON is YAML) with the rights of the controller's account only. */
export async function writeControllerKubeconfig(
  path: string,
  { server, caData }: Pick<SimulatedCluster, 'server' | 'caData'>,
  token: string,
): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sandbox',
    clusters: [{ name: 'sandbox', cluster: { server, 'certificate-authority-data': caData } }],
    users: [{ name: controllerAccount, user: { token } }],
    contexts: [
      { name: 'sandbox', context: { cluster: 'sandbox', user: controllerAccount, namespace: controllerNamespace } },
    ],
  };
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
