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
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type BedApi, bedApi } from './api.ts';
import { type AuditEvent, readAuditLog } from './audit-log.ts';
import { makeClientPair } from './certificates.ts';
import { choosePorts, makeClusterFiles } from './cluster-files.ts';
import { type AuditLevel, auditLogPath, type ClusterFiles } from './cluster-flags.ts';
import { controlPlanePrograms } from './cluster-programs.ts';
import { type KubeconfigTarget, writeKubeconfig } from './kubeconfig.ts';
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

/** Why a cluster can't be started on this machine; undefined when it can. */
export function clusterMissing(): string | undefined {
  return missingProgram(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'openssl']);
}

/** Starts a cluster; resolves when the API server is ready and the namespace `default` has its account. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = makeTempDir('cluster');
  const [files, ports] = await Promise.all([makeClusterFiles(folder, ADMIN_TOKEN), choosePorts()]);
  const server = `https://127.0.0.1:${ports.api}`;
  const target = { server, caData: readFileSync(files.caPath).toString('base64') };
  const admin = { kind: 'token', token: ADMIN_TOKEN } as const;
  const kubeconfigPath = writeKubeconfig(join(folder, 'admin.kubeconfig'), target, admin);
  const api = bedApi({ ...target, token: ADMIN_TOKEN });
  const programs = controlPlanePrograms({ api, files, ports, kubeconfigPath, options });
  const stop = async (): Promise<void> => {
    await programs.stop();
    removeTempDir(folder);
  };
  await programs.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const kubectlFlags = [`--kubeconfig=${kubeconfigPath}`, `--cache-dir=${join(folder, 'kubectl-cache')}`];
  return {
    kubeconfigPath,
    ...target,
    adminToken: ADMIN_TOKEN,
    folder,
    api,
    ...accounts(api, files, target),
    kubectl: (args, input) => run(program('kubectl'), [...kubectlFlags, ...args], input === undefined ? {} : { input }),
    stopApiServer: programs.stopApiServer,
    startApiServer: programs.startApiServer,
    auditEvents: () => readAuditLog(auditLogPath(folder)),
    pids: programs.pids,
    stop,
  };
}

/** The ways to get a kubeconfig other than the admin's. */
function accounts(
  api: BedApi,
  files: ClusterFiles,
  target: KubeconfigTarget,
): Pick<Cluster, 'user' | 'serviceAccountToken' | 'serviceAccountKubeconfig'> {
  const authority = { certificatePath: files.caPath, keyPath: files.caKeyPath };
  let made = 0;
  const serviceAccountToken: Cluster['serviceAccountToken'] = async (namespace, name, audiences) => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const spec = { expirationSeconds: 3600, ...(audiences === undefined ? {} : { audiences }) };
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const answer = await api.request('POST', path, request);
    return z.object({ status: z.object({ token: z.string() }) }).parse(answer.body).status.token;
  };
  return {
    async user(name, groups = [], namespace) {
      const { certificate, key } = await makeClientPair(files.folder, authority, name, groups);
      const path = join(files.folder, `user-${++made}.kubeconfig`);
      return writeKubeconfig(path, target, { kind: 'certificate', certificate, key }, namespace);
    },
    serviceAccountToken,
    async serviceAccountKubeconfig(namespace, name) {
      const path = join(files.folder, `account-${++made}.kubeconfig`);
      const token = await serviceAccountToken(namespace, name);
      return writeKubeconfig(path, target, { kind: 'token', token }, namespace);
    },
  };
}
