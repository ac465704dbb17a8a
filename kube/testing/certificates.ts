/**
 * An authority and certificates made by openssl for one test run, in a folder that the test removes.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

export function makeAuthority(folder: string): Pair {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl(folder, [...request, '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.crt']);
  return pair(folder, 'ca');
}

/** `names` such as "IP:127.0.0.1"; none for a client. */
export function makePair(folder: string, name: string, names: readonly string[] = []): Pair {
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`];
  openssl(folder, [...request, '-keyout', `${name}.key`, '-out', `${name}.csr`]);
  writeFileSync(
    join(folder, `${name}.ext`),
    names.length > 0 ? `subjectAltName=${names.join(',')}\n` : 'extendedKeyUsage=clientAuth\n',
  );
  const sign = [
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
  ];
  openssl(folder, [...sign, '-extfile', `${name}.ext`, '-out', `${name}.crt`]);
  return pair(folder, name);
}

function pair(folder: string, name: string): Pair {
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}
