/**
 * A network of the run's own: a fresh network namespace in which the whole pod range is local, so every pod listens on
 * its own address as in a cluster. The namespace has no name: it is gone when its last process is gone.
 */
import { tryRun } from './run-command.ts';

/** The range of pod addresses, all of them local inside the namespace. */
export const POD_CIDR = '10.244.0.0/16';

/** Set for every process that runs inside such a namespace. */
const MARK = 'TIDEGATE_BED_NETWORK';

const SET_UP = `set -e; ip link set lo up; ip route add local ${POD_CIDR} dev lo; export ${MARK}=1; exec "$@"`;

/** Why this process can't use pod addresses; undefined when it runs inside a namespace of the bed. */
export function networkMissing(): string | undefined {
  if (process.env[MARK] === '1') return undefined;
  return 'it runs outside a network namespace of its own (start it with `node test/bed/in-namespace.ts <command>`)';
}

/** The command that runs another one inside a new namespace. */
export function insideNamespace(command: string, args: string[], asRoot = process.getuid?.() === 0): string[] {
  // Without root a user namespace in which this user is root gives the right to set up the network.
  const rights = asRoot ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...rights, '--net', '--', 'sh', '-c', SET_UP, 'sh', command, ...args];
}

/** Tries to make a namespace; gives why this machine refuses, or undefined. */
export async function namespaceRefused(): Promise<string | undefined> {
  const [program = '', ...args] = insideNamespace('true', []);
  const result = await tryRun(program, args, { timeoutMs: 10_000 });
  if (result.code === 0) return undefined;
  return `no network namespace can be made here: ${result.stderr.trim().split('\n').at(-1) ?? 'no reason given'}`;
}
