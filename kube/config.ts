/**
 * Where the API server is and as whom to call it: kubeconfig (also several files in KUBECONFIG) or the service account
 * of the pod. Token, CA and certificate files are read again every minute, so rotation needs no restart.
 */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Access, Connection } from './connection.ts';
import { type KubeconfigContext, readKubeconfig } from './kubeconfig-file.ts';
import { type PluginCredentials, type PluginSource, pluginSource } from './plugin-credentials.ts';

export interface KubeConfigOptions {
  /** One kubeconfig file; without it KUBECONFIG, then ~/.kube/config, then the service account of the pod. */
  readonly path?: string;
  readonly context?: string;
  /** true: only the service account of the pod. */
  readonly inCluster?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For tests: folder of the service account files and the monotonic time. */
  readonly serviceAccountFolder?: string;
  readonly monotonicMs?: () => number;
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const rereadAfterMs = 60_000;

/** Rejects with one sentence that names what was looked for and what is missing. */
export async function loadKubeConfig(options: KubeConfigOptions = {}): Promise<Connection> {
  const env = options.env ?? process.env;
  const folder = options.serviceAccountFolder ?? serviceAccountFolder;
  const files = options.path === undefined ? defaultFiles(env) : [options.path];
  const noFile = options.path === undefined && !files.some((file) => existsSync(file));
  if (options.inCluster === true || (noFile && existsSync(join(folder, 'token')))) {
    return inClusterConnection(env, folder, options.monotonicMs);
  }
  return kubeconfigConnection(readKubeconfig(files, options.context), options.monotonicMs);
}

function defaultFiles(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(env.HOME ?? homedir(), '.kube', 'config')];
}

function inClusterConnection(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
  monotonicMs?: () => number,
): Connection {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) {
    throw new Error('not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  }
  const namespaceFile = join(folder, 'namespace');
  return cachedConnection({
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: existsSync(namespaceFile) ? readText(namespaceFile) : 'default',
    ...(monotonicMs === undefined ? {} : { monotonicMs }),
    read: () => ({
      headers: bearer(readText(join(folder, 'token')), join(folder, 'token')),
      tls: { insecure: false, ca: readText(join(folder, 'ca.crt')) },
    }),
  });
}

async function kubeconfigConnection(found: KubeconfigContext, monotonicMs?: () => number): Promise<Connection> {
  const { cluster, user } = found;
  const proxyUrl = cluster['proxy-url'];
  const base = {
    server: cluster.server.replace(/\/$/, ''),
    namespace: found.namespace,
    ...(proxyUrl ? { proxyUrl } : {}),
    ...(monotonicMs === undefined ? {} : { monotonicMs }),
    read: () => readAccess(found),
  };
  if (!user.exec && !user['auth-provider']) return cachedConnection(base);
  return cachedConnection({ ...base, plugin: () => pluginSource(cluster, user, found.userName) });
}

/** Everything of the context that stands in the kubeconfig or in files it names. */
function readAccess({ cluster, user }: KubeconfigContext): Access {
  const ca = pem(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = pem(user['client-certificate-data'], user['client-certificate']);
  const key = pem(user['client-key-data'], user['client-key']);
  const serverName = cluster['tls-server-name'];
  return {
    headers: { ...authorization(user), ...impersonation(user) },
    tls: {
      insecure: cluster['insecure-skip-tls-verify'] === true,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      ...(serverName ? { serverName } : {}),
    },
  };
}

function authorization(user: KubeconfigContext['user']): Record<string, string> {
  if (user.tokenFile) return bearer(readText(user.tokenFile), user.tokenFile);
  if (user.token) return bearer(user.token.trim(), 'the kubeconfig');
  if (!user.username) return {};
  return { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` };
}

function impersonation(user: KubeconfigContext['user']): Record<string, string> {
  return user.as ? { 'impersonate-user': user.as } : {};
}

/** An empty token would make the call anonymous, with whatever rights anonymous has: refused. */
function bearer(token: string, where: string): Record<string, string> {
  if (token === '') throw new Error(`the token in ${where} is empty`);
  return { authorization: `Bearer ${token}` };
}

function pem(data: string | null | undefined, file: string | null | undefined): string | undefined {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return file ? readText(file) : undefined;
}

function readText(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

interface ConnectionParts {
  readonly server: string;
  readonly namespace: string;
  readonly proxyUrl?: string;
  readonly monotonicMs?: () => number;
  read(): Access;
  plugin?(): Promise<PluginSource>;
}

/** Keeps what was read for a minute; a file that vanishes during a rotation does not take working credentials away. */
function cachedConnection(parts: ConnectionParts): Connection {
  const monotonicMs = parts.monotonicMs ?? (() => performance.now());
  let cached: { readonly access: Access; readonly atMs: number } | undefined;
  let stale = true;
  let plugin: Promise<PluginSource> | undefined;
  const files = (): Access => {
    if (cached !== undefined && !stale && monotonicMs() - cached.atMs < rereadAfterMs) return cached.access;
    try {
      cached = { access: parts.read(), atMs: monotonicMs() };
      stale = false;
    } catch (error) {
      if (cached === undefined) throw error;
    }
    return cached.access;
  };
  const { server, namespace, proxyUrl } = parts;
  return {
    server,
    namespace,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    async access() {
      const access = files();
      if (parts.plugin === undefined) return access;
      plugin ??= parts.plugin();
      return withPlugin(access, await (await plugin)());
    },
    renew() {
      stale = true;
      plugin = undefined;
    },
  };
}

function withPlugin(access: Access, given: PluginCredentials): Access {
  const { headers, cert, key } = given;
  return {
    headers: { ...access.headers, ...headers },
    tls: cert === undefined || key === undefined ? access.tls : { ...access.tls, cert, key },
  };
}
