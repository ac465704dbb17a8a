/** Installs the Debian packages that the bed needs, without starting any service of theirs. */
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { findProgram } from './programs.ts';
import { run } from './run-command.ts';

/** Program that the bed starts → the Debian package that has it. */
const PACKAGES: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  git: 'git',
  openssl: 'openssl',
  ip: 'iproute2',
  setpriv: 'util-linux',
  'lua5.1': 'lua5.1',
};

const POLICY = '/usr/sbin/policy-rc.d';

/** The packages whose programs this machine lacks. */
export function missingPackages(): string[] {
  const missing = Object.entries(PACKAGES).filter(([name]) => findProgram(name) === undefined);
  return [...new Set(missing.map(([, name]) => name))];
}

/**
 * Installs what is missing.
 * @throws Error that says what is missing and why it could not be installed.
 */
export async function installPackages(): Promise<void> {
  const packages = missingPackages();
  if (packages.length === 0) return;
  const wanted = packages.join(' ');
  if (findProgram('apt-get') === undefined)
    throw new Error(`missing: ${wanted}; this is no Debian system, install them yourself`);
  if (process.getuid?.() !== 0)
    throw new Error(`missing: ${wanted}; only root may install them: apt-get install ${wanted}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args: string[]): Promise<string> =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env, timeoutMs: 10 * 60_000 });
  await apt(['update', '-q']);
  await withoutServices(() => apt(['install', '-y', '-q', '--no-install-recommends', ...packages]));
}

/** Debian's packages ask this policy before they start a service. A policy that is already there stays as it is. */
async function withoutServices(install: () => Promise<unknown>): Promise<void> {
  const ours = !existsSync(POLICY);
  if (ours) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
  }
  try {
    await install();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
