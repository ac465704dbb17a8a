/**
 * Starts a real Kubernetes control plane for a test: etcd, kube-apiserver and kube-controller-manager on loopback.
 *
 *   const cluster = await startCluster();                 // about 4 seconds
 *   cluster.kubeconfigPath                                // admin (system:masters), for the product and for kubectl
 *   await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
 *   const jane = await cluster.user('jane', ['devs']);    // kubeconfig path; no rights until a binding gives them
 *   await cluster.kubectl(['get', 'pods', '-A']);
 *   await cluster.stop();
 *
 * Skip with a reason where the programs are missing: `describe.skipIf(clusterMissing() !== undefined)`.
 * There is no scheduler and no kubelet: pods stay Pending until `sandbox/kubelet` (see pods.ts) takes them.
 */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type BedApi, bedApi } from './api.ts';
import { makeAuthority, makeClientPair, makeServerPair } from './certificates.ts';
import { type Child, startChild } from './child.ts';
import {
  type AuditLevel,
  apiServerFlags,
  auditLogPath,
  type ClusterFiles,
  type ClusterPorts,
  controllerManagerFlags,
  etcdFlags,
} from './cluster-flags.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-port.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { missingProgram, program } from './programs.ts';
import { run } from './run-command.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface ClusterOptions {
  /** Also run kube-controller-manager (default true). Without it nothing makes pods, accounts or EndpointSlices. */
  controllerManager?: boolean;
  /** Write an audit log of this level; see `auditEvents`. */
  audit?: AuditLevel;
  /** More flags for kube-apiserver. */
  apiServerFlags?: string[];
}

const auditEventSchema = z.looseObject({
  auditID: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().optional(),
  user: z.looseObject({ username: z.string().optional() }),
  impersonatedUser: z.looseObject({ username: z.string().optional() }).optional(),
  objectRef: z
    .looseObject({
      resource: z.string().optional(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number().optional() }).optional(),
  requestObject: z.unknown().optional(),
  requestReceivedTimestamp: z.string(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

export interface Cluster {
  /** Admin's kubeconfig file (bearer token). */
  readonly kubeconfigPath: string;
  /** https URL of the API server. */
  readonly server: string;
  /** The authority's certificate, PEM in base64. */
  readonly caData: string;
  readonly adminToken: string;
  /** A folder of the cluster's own, removed by `stop`. */
  readonly folder: string;
  /** A bare admin client. */
  readonly api: BedApi;
  /** Writes a kubeconfig with a client certificate of this user; gives its path. */
  user(name: string, groups?: string[], namespace?: string): Promise<string>;
  /** A token of a ServiceAccount (TokenRequest). */
  serviceAccountToken(namespace: string, name: string, audiences?: string[]): Promise<string>;
  /** Writes a kubeconfig with such a token; gives its path. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** Runs kubectl as admin; gives its output. @throws Error with what kubectl said. */
  kubectl(args: string[], input?: string): Promise<string>;
  /** Ends the API server, as an outage does; its address and data stay. */
  stopApiServer(): Promise<void>;
  /** Starts it again on the same address. Resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** What the audit log holds so far (needs `audit`). */
  auditEvents(): AuditEvent[];
  pids(): number[];
  /** Ends every process and removes every file. */
  stop(): Promise<void>;
}

const ADMIN_TOKEN = 'bed-admin-token';
const READY_WITHIN_MS = 60_000;

/** Why a cluster can't be started on this machine; undefined when it can. */
export function clusterMissing(): string | undefined {
  return missingProgram(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'openssl']);
}

/** Starts a cluster; resolves when the API server is ready and the namespace `default` has its account. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = makeTempDir('cluster');
  const [files, ports] = await Promise.all([makeFiles(folder), choosePorts()]);
  const server = `https://127.0.0.1:${ports.api}`;
  const target = { server, caData: readFileSync(files.caPath).toString('base64') };
  const kubeconfigPath = writeKubeconfig(join(folder, 'admin.kubeconfig'), target, {
    kind: 'token',
    token: ADMIN_TOKEN,
  });
  const withManager = options.controllerManager ?? true;
  const api = bedApi({ ...target, token: ADMIN_TOKEN });
  const running = new Map<string, Child>();

  const start = async (name: string, args: string[]): Promise<Child> => {
    const child = await startChild({ name, command: program(name), args, logDir: folder, cwd: folder });
    running.set(name, child);
    return child;
  };
  const startApiServer = async (): Promise<void> => {
    const flags = { audit: options.audit, controllerManager: withManager, extra: options.apiServerFlags ?? [] };
    await untilReady(api, await start('kube-apiserver', apiServerFlags(files, ports, flags)));
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((child) => child.stop(0)));
    removeTempDir(folder);
  };

  try {
    await start('etcd', etcdFlags(files, ports));
    await startApiServer();
    if (withManager) {
      await start('kube-controller-manager', controllerManagerFlags(files, ports, kubeconfigPath));
      await untilAccountExists(api, running);
    }
  } catch (error) {
    await stop();
    throw error;
  }

  const serviceAccountToken: Cluster['serviceAccountToken'] = async (namespace, name, audiences) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const spec = { expirationSeconds: 3600, ...(audiences === undefined ? {} : { audiences }) };
    const answer = await api.request('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
    return z.object({ status: z.object({ token: z.string() }) }).parse(answer.body).status.token;
  };
  const kubectlFlags = [`--kubeconfig=${kubeconfigPath}`, `--cache-dir=${join(folder, 'kubectl-cache')}`];
  const authority = { certificatePath: files.caPath, keyPath: join(folder, 'ca.key') };
  return {
    kubeconfigPath,
    ...target,
    adminToken: ADMIN_TOKEN,
    folder,
    api,
    async user(name, groups = [], namespace) {
      const pair = await makeClientPair(folder, authority, name, groups);
      const path = pair.certificatePath.replace(/\.crt$/, '.kubeconfig');
      return writeKubeconfig(
        path,
        target,
        { kind: 'certificate', certificate: pair.certificate, key: pair.key },
        namespace,
      );
    },
    serviceAccountToken,
    async serviceAccountKubeconfig(namespace, name) {
      const path = join(folder, `account-${namespace}-${name}.kubeconfig`);
      const token = await serviceAccountToken(namespace, name);
      return writeKubeconfig(path, target, { kind: 'token', token }, namespace);
    },
    kubectl: (args, input) => run(program('kubectl'), [...kubectlFlags, ...args], input === undefined ? {} : { input }),
    async stopApiServer() {
      await running.get('kube-apiserver')?.stop(0);
    },
    startApiServer,
    auditEvents: () => readAuditLog(auditLogPath(folder)),
    pids: () => [...running.values()].filter((child) => child.isRunning()).map((child) => child.pid),
    stop,
  };
}

async function choosePorts(): Promise<ClusterPorts> {
  const [etcdClient, etcdPeer, api, controllerManager] = await freePorts(4);
  if (etcdClient === undefined || etcdPeer === undefined || api === undefined || controllerManager === undefined) {
    throw new Error('no four free ports');
  }
  return { etcdClient, etcdPeer, api, controllerManager };
}

async function makeFiles(folder: string): Promise<ClusterFiles> {
  const authority = await makeAuthority(folder);
  const names = ['DNS:localhost', 'DNS:kubernetes.default.svc', 'IP:127.0.0.1', 'IP:10.96.0.1'];
  const serving = await makeServerPair(folder, authority, 'kube-apiserver', names);
  const signing = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    folder,
    caPath: authority.certificatePath,
    tlsCertificatePath: serving.certificatePath,
    tlsKeyPath: serving.keyPath,
    tokensPath: write('tokens.csv', `${ADMIN_TOKEN},bed-admin,bed-admin,"system:masters"\n`),
    serviceAccountKeyPath: write('service-account.key', signing.privateKey),
    serviceAccountPublicKeyPath: write('service-account.pub', signing.publicKey),
  };
}

async function untilReady(api: BedApi, server: Child): Promise<void> {
  const check = async (saw: (value: unknown) => void): Promise<boolean> => {
    server.assertRunning();
    const answer = await api.request('GET', '/readyz');
    saw(answer);
    return answer.status === 200;
  };
  await eventually('kube-apiserver is ready', check, { withinMs: READY_WITHIN_MS });
}

async function untilAccountExists(api: BedApi, running: ReadonlyMap<string, Child>): Promise<void> {
  const check = async (): Promise<boolean> => {
    for (const child of running.values()) child.assertRunning();
    return (await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
  };
  await eventually('the account of the namespace default exists', check, { withinMs: READY_WITHIN_MS });
}

function readAuditLog(path: string): AuditEvent[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // The last piece is empty or a line still being written.
  return lines.slice(0, -1).map((line) => auditEventSchema.parse(JSON.parse(line)));
}
