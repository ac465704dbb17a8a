/**
 * `npm run dev:k3d`: a cluster on a laptop with the CRDs, Prometheus, a gateway and this checkout's controller. Needs a
 * container engine with docker, k3d and kubectl; it is no part of the tests. `-- down` removes the cluster.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.ts';

const cluster = 'tidegate';
const image = 'tidegate:dev';
const gatewayApi = 'https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.3.0/standard-install.yaml';
const here = join(root, 'scripts', 'dev-k3d');

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function must(program: string, ...args: readonly string[]): void {
  process.stdout.write(`> ${program} ${args.join(' ')}\n`);
  const done = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) fail(`"${program} ${args[0] ?? ''}" failed: see its lines above.`);
}

/** The manifests that users install, with the image of this checkout. */
function installController(): void {
  const manifests = readFileSync(join(root, 'examples', 'install', 'controller.yaml'), 'utf8');
  const input = manifests.replaceAll(/image: \S+/g, `image: ${image}`);
  process.stdout.write('> kubectl apply --server-side -f examples/install/controller.yaml\n');
  const done = spawnSync('kubectl', ['apply', '--server-side', '-f', '-'], {
    cwd: root,
    input,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (done.status !== 0) fail('"kubectl apply" failed: see its lines above.');
}

for (const program of ['docker', 'k3d', 'kubectl']) {
  const found = spawnSync(program, ['version'], { stdio: 'ignore' });
  if (found.error) fail(`dev:k3d needs ${program}: install it and run the command again.`);
}
if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0)
  fail('dev:k3d needs a running container engine: start docker and run the command again.');

if (process.argv.includes('down')) {
  must('k3d', 'cluster', 'delete', cluster);
} else {
  must('docker', 'build', '-t', image, '.');
  must(
    'k3d',
    'cluster',
    'create',
    cluster,
    '--k3s-arg',
    '--disable=traefik@server:0',
    '-p',
    '8081:80@loadbalancer',
    '--wait',
  );
  must('k3d', 'image', 'import', image, '-c', cluster);
  must('kubectl', 'apply', '--server-side', '-f', gatewayApi);
  must('kubectl', 'apply', '--server-side', '-f', join(root, 'crds', 'manifests'));
  installController();
  must('kubectl', 'apply', '--server-side', '-f', here);
  must('kubectl', 'apply', '--server-side', '-f', join(root, 'charts', 'tidegate', 'generated'));
  must('kubectl', '-n', 'tidegate', 'rollout', 'status', 'deployment/tidegate', '--timeout=180s');
  process.stdout.write(
    'Ready. The gateway listens on http://localhost:8081; examples/ has resources to start from; "npm run dev:k3d -- down" removes all of it.\n',
  );
}
