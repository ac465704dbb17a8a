/**
 * First thing behind every npm script. Plain JavaScript for Node >= 20: installs the dependencies when the lock file
 * changed, then runs `scripts/<entry>.ts` with the pinned Node 24 from node_modules (or this Node, when it is 24 or newer).
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.tidegate-lock-sha256');
const bundledNode = join(root, 'node_modules', '.bin', 'node');

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function installWhenNeeded() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return;
  process.stderr.write('Installing dependencies (npm ci)...\n');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync(command, [...args, ...flags], { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) fail('Dependencies could not be installed: see the lines of npm above.');
  writeFileSync(stampFile, lock);
}

function nodeProgram() {
  if (existsSync(bundledNode)) return bundledNode;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    `Node ${process.versions.node} is too old for this platform: install Node 24 or newer and run the command again.`,
  );
}

const [entry, ...args] = process.argv.slice(2);
if (!entry || !existsSync(join(root, 'scripts', `${entry}.ts`))) fail(`There is no script named "${entry ?? ''}".`);
installWhenNeeded();
const child = spawn(nodeProgram(), [join(root, 'scripts', `${entry}.ts`), ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
