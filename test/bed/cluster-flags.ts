/** The command lines of etcd, kube-apiserver and kube-controller-manager: everything tuned for a test that starts from nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type AuditLevel = 'Metadata' | 'Request' | 'RequestResponse';

export interface ClusterFiles {
  folder: string;
  caPath: string;
  caKeyPath: string;
  tlsCertificatePath: string;
  tlsKeyPath: string;
  tokensPath: string;
  serviceAccountKeyPath: string;
  serviceAccountPublicKeyPath: string;
}

export interface ClusterPorts {
  etcdClient: number;
  etcdPeer: number;
  api: number;
  controllerManager: number;
}

/** The address the API server publishes: of the pod range, since it takes no loopback address. Nothing listens there. */
const ADVERTISED = '10.244.255.254';

/** Clients and controllers reach services only through the gateway or pod addresses; the range is for allocation. */
const SERVICE_RANGE = '10.96.0.0/16';

/** A store that may lose everything with the machine: the cluster lives as long as the test. */
export function etcdFlags(files: ClusterFiles, ports: ClusterPorts): string[] {
  const client = `http://127.0.0.1:${ports.etcdClient}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    '--name=bed',
    `--data-dir=${join(files.folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=bed=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** Real authorization (RBAC), real service account tokens, tokens of a file and client certificates. */
export function apiServerFlags(
  files: ClusterFiles,
  ports: ClusterPorts,
  options: { audit: AuditLevel | undefined; controllerManager: boolean; extra: string[] },
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.api}`,
    `--advertise-address=${ADVERTISED}`,
    '--endpoint-reconciler-type=none',
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    `--cert-dir=${join(files.folder, 'api-server-certs')}`,
    `--tls-cert-file=${files.tlsCertificatePath}`,
    `--tls-private-key-file=${files.tlsKeyPath}`,
    `--client-ca-file=${files.caPath}`,
    `--token-auth-file=${files.tokensPath}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountPublicKeyPath}`,
    `--service-account-signing-key-file=${files.serviceAccountKeyPath}`,
    '--allow-privileged=true',
    '--profiling=false',
    // Pods wait for the account that only the controller manager makes.
    ...(options.controllerManager ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...(options.audit === undefined ? [] : auditFlags(files.folder, options.audit)),
    ...options.extra,
  ];
}

/** Where the audit log is written, one JSON event a line. */
export function auditLogPath(folder: string): string {
  return join(folder, 'audit.log');
}

function auditFlags(folder: string, level: AuditLevel): string[] {
  const policyPath = join(folder, 'audit-policy.json');
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [{ level, omitManagedFields: true }],
  };
  writeFileSync(policyPath, JSON.stringify(policy));
  // Blocking: an answered request is in the log when its answer is read.
  return [`--audit-policy-file=${policyPath}`, `--audit-log-path=${auditLogPath(folder)}`, '--audit-log-mode=blocking'];
}

/** All controllers but those that watch machines: the bed's node has no kubelet that reports to them. */
export function controllerManagerFlags(files: ClusterFiles, ports: ClusterPorts, kubeconfigPath: string): string[] {
  const off = [
    'node-lifecycle-controller',
    'taint-eviction-controller',
    'node-ipam-controller',
    'node-route-controller',
    'service-lb-controller',
    'cloud-node-lifecycle-controller',
    'persistentvolume-binder-controller',
    'persistentvolume-attach-detach-controller',
    'persistentvolume-expander-controller',
    'ephemeral-volume-controller',
    'certificatesigningrequest-signing-controller',
    'certificatesigningrequest-approving-controller',
    'certificatesigningrequest-cleaner-controller',
  ];
  return [
    `--kubeconfig=${kubeconfigPath}`,
    `--authentication-kubeconfig=${kubeconfigPath}`,
    `--authorization-kubeconfig=${kubeconfigPath}`,
    `--controllers=*,${off.map((name) => `-${name}`).join(',')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.controllerManager}`,
    `--cert-dir=${join(files.folder, 'controller-manager-certs')}`,
    `--service-account-private-key-file=${files.serviceAccountKeyPath}`,
    `--root-ca-file=${files.caPath}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--allocate-node-cidrs=false',
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--profiling=false',
  ];
}
