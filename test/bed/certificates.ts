/** Makes the certificates of a test cluster with openssl: one authority, server certificates, client certificates. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from './programs.ts';
import { run } from './run-command.ts';

export interface Authority {
  certificatePath: string;
  keyPath: string;
}

export interface KeyPair {
  certificate: string;
  key: string;
  certificatePath: string;
  keyPath: string;
}

const DAYS = '30';

/** A new certificate authority in `<folder>/ca.crt` and `ca.key`. */
export async function makeAuthority(folder: string): Promise<Authority> {
  const keyPath = await makeKey(folder, 'ca');
  const certificatePath = join(folder, 'ca.crt');
  const subject = ['-subj', '/CN=tidegate-test-bed'];
  await run(program('openssl'), [
    'req',
    '-x509',
    '-new',
    '-key',
    keyPath,
    ...subject,
    '-days',
    DAYS,
    '-out',
    certificatePath,
  ]);
  return { certificatePath, keyPath };
}

/** A serving certificate for the names, e.g. `DNS:localhost`, `IP:127.0.0.1`. */
export function makeServerPair(folder: string, authority: Authority, name: string, names: string[]): Promise<KeyPair> {
  return sign(folder, authority, name, `/CN=${name}`, [
    `subjectAltName=${names.join(',')}`,
    'extendedKeyUsage=serverAuth',
    'keyUsage=digitalSignature',
  ]);
}

/** A client certificate that the API server reads as this user in these groups. */
export function makeClientPair(folder: string, authority: Authority, user: string, groups: string[]): Promise<KeyPair> {
  const escape = (text: string): string => text.replace(/[/\\+]/g, '\\$&');
  const subject = [...groups.map((group) => `/O=${escape(group)}`), `/CN=${escape(user)}`].join('');
  const file = `user-${randomBytes(6).toString('hex')}`;
  return sign(folder, authority, file, subject, ['extendedKeyUsage=clientAuth', 'keyUsage=digitalSignature']);
}

async function makeKey(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.key`);
  const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await run(program('openssl'), ['genpkey', ...curve, '-out', path]);
  return path;
}

async function sign(
  folder: string,
  authority: Authority,
  file: string,
  subject: string,
  extensions: string[],
): Promise<KeyPair> {
  const keyPath = await makeKey(folder, file);
  const certificatePath = join(folder, `${file}.crt`);
  const requestPath = join(folder, `${file}.csr`);
  const extensionsPath = join(folder, `${file}.ext`);
  writeFileSync(extensionsPath, `${extensions.join('\n')}\n`);
  await run(program('openssl'), ['req', '-new', '-key', keyPath, '-subj', subject, '-out', requestPath]);
  const by = [
    '-CA',
    authority.certificatePath,
    '-CAkey',
    authority.keyPath,
    '-set_serial',
    `0x${randomBytes(8).toString('hex')}`,
  ];
  const files = ['-in', requestPath, '-extfile', extensionsPath, '-out', certificatePath];
  await run(program('openssl'), ['x509', '-req', ...by, ...files, '-days', DAYS]);
  const [certificate, key] = [certificatePath, keyPath].map((path) => readFileSync(path, 'utf8'));
  if (certificate === undefined || key === undefined) throw new Error('openssl wrote no certificate');
  return { certificate, key, certificatePath, keyPath };
}
