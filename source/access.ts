/** Prepares one network operation of git: checked and pinned host, allowed protocol, credentials in environment and private files, never in arguments. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import type { Credentials } from './contract.ts';
import { SourceFault } from './fault.ts';
import type { HostCheck } from './host-check.ts';
import { readOperatorKey } from './operator-keys.ts';
import type { Repository } from './url.ts';

/** Credentials after operator keys were read. */
export type Login =
  | { readonly kind: 'none'; readonly caFile?: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string; readonly caFile?: string }
  | { readonly kind: 'ssh'; readonly privateKey: string; readonly knownHosts: string };

/** What a network operation of git adds to its arguments and environment. */
export interface Access {
  readonly config: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

export interface AccessDeps {
  readonly tmpDir: string;
  readonly askpassPath: string;
  readonly sshPath: string;
  readonly checkHost: HostCheck;
}

/** Hosts take any user name beside a token; this is what the large ones document. */
const TOKEN_USER = 'x-access-token';

/** Turns the credentials of a call into a login. Throws SourceFault `refused` for an operator key that may not be used. */
export async function resolveLogin(
  credentials: Credentials,
  repository: Repository,
  keysDir: string | undefined,
): Promise<Login> {
  switch (credentials.kind) {
    case 'none':
      return withCa({ kind: 'none' }, credentials.caFile);
    case 'token':
      return withCa(
        { kind: 'password', username: credentials.username ?? TOKEN_USER, password: credentials.token },
        credentials.caFile,
      );
    case 'basic':
      return withCa(
        { kind: 'password', username: credentials.username, password: credentials.password },
        credentials.caFile,
      );
    case 'ssh':
      return { kind: 'ssh', privateKey: credentials.privateKey, knownHosts: credentials.knownHosts };
    case 'operator': {
      const key = await readOperatorKey(keysDir, credentials, repository);
      if (key.sshPrivateKey !== undefined)
        return { kind: 'ssh', privateKey: key.sshPrivateKey, knownHosts: key.knownHosts ?? '' };
      const password = key.token ?? key.password ?? '';
      return withCa({ kind: 'password', username: key.username ?? TOKEN_USER, password }, key.caFile);
    }
  }
}

function withCa<L extends Login>(login: L, caFile: string | undefined): L {
  return caFile === undefined ? login : { ...login, caFile };
}

/** Two logins share a cache only if they are the same: what one may read another must not see. */
export function loginScope(login: Login): string {
  return createHash('sha256').update(JSON.stringify(login)).digest('hex').slice(0, 32);
}

export function secretsOf(login: Login): string[] {
  return login.kind === 'password' ? [login.password] : [];
}

/** Runs `work` with access to the repository; private files are gone when it ends. Throws SourceFault when the host may not be contacted. */
export async function withAccess<T>(
  deps: AccessDeps,
  repository: Repository,
  login: Login,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(deps.tmpDir, 'access-'));
  try {
    return await work(await prepare(deps, repository, login, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(deps: AccessDeps, repository: Repository, login: Login, folder: string): Promise<Access> {
  const env: Record<string, string> = { GIT_ALLOW_PROTOCOL: repository.scheme };
  const config = [`remote.origin.url=${repository.url}`];
  if (login.kind === 'password') {
    env['GIT_ASKPASS'] = deps.askpassPath;
    env['TIDEGATE_GIT_USERNAME'] = login.username;
    env['TIDEGATE_GIT_PASSWORD'] = login.password;
  }
  if (login.kind !== 'ssh' && login.caFile !== undefined) {
    const path = join(folder, 'ca.pem');
    await writeFile(path, login.caFile, { mode: 0o600 });
    config.push(`http.sslCAInfo=${path}`);
  }
  if (repository.scheme === 'file') return { config, env, secrets: secretsOf(login) };
  const addresses = await checkedAddresses(deps, repository);
  if (repository.scheme === 'ssh')
    env['GIT_SSH_COMMAND'] = await sshCommand(deps, repository, login, folder, addresses[0] ?? repository.host);
  else config.push(`http.curloptResolve=${repository.host}:${repository.port}:${addresses.map(bracketed).join(',')}`);
  return { config, env, secrets: secretsOf(login) };
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

async function checkedAddresses(deps: AccessDeps, repository: Repository): Promise<readonly string[]> {
  const answer = await deps.checkHost(repository.host, repository.port);
  switch (answer.kind) {
    case 'ok':
      return answer.addresses;
    case 'refused':
      throw new SourceFault('refused', `Repository ${repository.url} may not be contacted: ${answer.why}.`);
    case 'unreachable':
      throw new SourceFault('unreachable', `Repository ${repository.url} can't be reached: ${answer.why}.`);
  }
}

async function sshCommand(
  deps: AccessDeps,
  repository: Repository,
  login: Login,
  folder: string,
  address: string,
): Promise<string> {
  if (login.kind !== 'ssh')
    throw new SourceFault(
      'auth',
      `Repository ${repository.url} is reached by ssh, which needs sshPrivateKey and knownHosts in the credentials.`,
    );
  const keyPath = join(folder, 'key');
  const knownHostsPath = join(folder, 'known_hosts');
  await writeFile(keyPath, login.privateKey.endsWith('\n') ? login.privateKey : `${login.privateKey}\n`, {
    mode: 0o600,
  });
  await writeFile(knownHostsPath, login.knownHosts, { mode: 0o600 });
  await chmod(keyPath, 0o600);
  const alias = repository.port === 22 ? repository.host : `[${repository.host}]:${repository.port}`;
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PasswordAuthentication=no',
    'KbdInteractiveAuthentication=no',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHostsPath}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    'CheckHostIP=no',
    // Connect to the checked address, but look the host key up under the name the user gave.
    `HostName=${address}`,
    `HostKeyAlias=${alias}`,
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'ConnectTimeout=15',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=3',
  ];
  // This text is read by a shell: everything in it is ours or was checked, and quoted all the same.
  return [deps.sshPath, '-F', '/dev/null', '-i', keyPath, ...options.flatMap((option) => ['-o', option])]
    .map(shellQuoted)
    .join(' ');
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
