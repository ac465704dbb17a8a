/**
 * Runs a command inside a network namespace of its own: `node test/bed/in-namespace.ts <command> [args...]`.
 * Where the machine refuses that, it says so and runs the command as it is: the tests that need pod addresses skip.
 */
import { spawn } from 'node:child_process';
import { insideNamespace, namespaceRefused, networkMissing } from './network.ts';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('usage: node test/bed/in-namespace.ts <command> [args...]\n');
  process.exit(2);
}

const refused = networkMissing() === undefined ? 'inside' : await namespaceRefused();
if (refused !== undefined && refused !== 'inside') process.stderr.write(`${refused}\n`);
const [program = command, ...rest] = refused === undefined ? insideNamespace(command, args) : [command, ...args];

const child = spawn(program, rest, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.once('error', (error) => {
  process.stderr.write(`${program} could not be started: ${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
