/**
 * Credentials that a program or an identity provider hands out (kubeconfig `exec` and `auth-provider`), by
 * @kubernetes/client-node. It is loaded only when a kubeconfig asks for it, since importing it costs some 70 MB of memory.
 */

import type { RequestOptions } from 'node:https';
import type { ClusterEntry, UserEntry } from './kubeconfig-file.ts';

export interface PluginCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
}

/** A plugin that asks a person something never ends in a daemon. */
const pluginTimeoutMs = 30_000;

/** Runs the plugin, or gives the credential it handed out before while that is still valid. Rejects with a sentence that names the plugin. */
export type PluginSource = () => Promise<PluginCredentials>;

export async function pluginSource(cluster: ClusterEntry, user: UserEntry, userName: string): Promise<PluginSource> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'cluster', server: cluster.server, skipTLSVerify: true }],
    users: [
      {
        name: userName,
        exec: user.exec ? withExecInfo(cluster, user.exec) : undefined,
        authProvider: user['auth-provider'],
      },
    ],
    contexts: [{ name: 'context', cluster: 'cluster', user: userName }],
    currentContext: 'context',
  });
  const name = user.exec
    ? `credential plugin "${user.exec.command}"`
    : `auth provider "${user['auth-provider']?.name}"`;
  return async () => {
    const options: RequestOptions = {};
    try {
      await withTimeout(config.applyToHTTPSOptions(options));
    } catch (error) {
      const why = error instanceof Error ? error.message.trim().slice(0, 300) : String(error);
      throw new Error(`${name} of kubeconfig user "${userName}" failed: ${why}`, { cause: error });
    }
    return { headers: headersOf(options), ...certificateOf(options) };
  };
}

/** The exec protocol hands the plugin its input in KUBERNETES_EXEC_INFO, which client-node leaves out. */
function withExecInfo(cluster: ClusterEntry, exec: NonNullable<UserEntry['exec']>): object {
  const info = {
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: cluster.server } },
  };
  const env = Array.isArray(exec.env) ? exec.env : [];
  return { ...exec, env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] };
}

async function withTimeout(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no credential within ${pluginTimeoutMs / 1000} s`)), pluginTimeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
  return headers;
}

function certificateOf(options: RequestOptions): { cert: string; key: string } | Record<string, never> {
  const { cert, key } = options;
  return typeof cert === 'string' && typeof key === 'string' ? { cert, key } : {};
}
