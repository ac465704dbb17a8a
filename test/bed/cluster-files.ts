/** What a test cluster's programs find on disk before they start, and the ports they listen on. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority, makeServerPair } from './certificates.ts';
import type { ClusterFiles, ClusterPorts } from './cluster-flags.ts';
import { freePorts } from './free-port.ts';

/** Four free ports of 127.0.0.1. */
export async function choosePorts(): Promise<ClusterPorts> {
  const [etcdClient, etcdPeer, api, controllerManager] = await freePorts(4);
  if (etcdClient === undefined || etcdPeer === undefined || api === undefined || controllerManager === undefined) {
    throw new Error('no four free ports');
  }
  return { etcdClient, etcdPeer, api, controllerManager };
}

/** Certificates, keys and the admin's token, as files of the folder. */
export async function makeClusterFiles(folder: string, adminToken: string): Promise<ClusterFiles> {
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
    caKeyPath: authority.keyPath,
    tlsCertificatePath: serving.certificatePath,
    tlsKeyPath: serving.keyPath,
    tokensPath: write('tokens.csv', `${adminToken},bed-admin,bed-admin,"system:masters"\n`),
    serviceAccountKeyPath: write('service-account.key', signing.privateKey),
    serviceAccountPublicKeyPath: write('service-account.pub', signing.publicKey),
  };
}
