/** Stock kubectl on the sandbox: the same output as on a real cluster, and pods that can be watched, read and deleted. */

import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { missingProgram, program } from '../bed/programs.ts';
import type { RunResult } from '../bed/run-command.ts';
import { installCrds } from './install-crds.ts';
import { type Kubectl, kubectlFor, seen } from './sandbox-kubectl.ts';
import { commands } from './sandbox-kubectl-commands.ts';

const noKubectl = missingProgram(['kubectl']);
const noCluster = clusterMissing();
const because = (why: string | undefined): string => (why === undefined ? '' : ` (skipped: ${why})`);

describe.skipIf(noCluster !== undefined)(`kubectl prints the same on both${because(noCluster)}`, () => {
  let cluster: Cluster;
  let sandbox: Sandbox;
  let real: Kubectl;
  let simulated: Kubectl;
  const results: (readonly [RunResult, RunResult])[] = [];

  beforeAll(async () => {
    [cluster, sandbox] = await Promise.all([startCluster(), startSandbox()]);
    await installCrds(cluster, tidegateDialect);
    real = kubectlFor(cluster.kubeconfigPath);
    simulated = kubectlFor(sandbox.kubeconfigPath);
    // In order, since later commands see what earlier ones made.
    for (const { args, input } of commands) {
      results.push(await Promise.all([real.run(args, input), simulated.run(args, input)]));
    }
  });
  afterAll(async () => {
    real?.close();
    simulated?.close();
    await Promise.all([sandbox?.stop(), cluster?.stop()]);
  });

  it.each(commands.map((command, index) => ({ line: command.args.join(' ').slice(0, 110), index, ...command })))(
    '$index: kubectl $line',
    ({ index, view = (text) => text }) => {
      const [onReal, onSandbox] = results[index] ?? [];
      if (onReal === undefined || onSandbox === undefined) throw new Error('the command did not run');
      expect(view(seen(onSandbox))).toBe(view(seen(onReal)));
    },
  );
});

const web = (image: string, replicas: number) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }],
        },
      },
    },
  });

describe.skipIf(noKubectl !== undefined)(`kubectl and the pods of the sandbox${because(noKubectl)}`, () => {
  let sandbox: Sandbox;
  let kubectl: Kubectl;
  beforeAll(async () => {
    sandbox = await startSandbox();
    kubectl = kubectlFor(sandbox.kubeconfigPath);
    await kubectl.must(['apply', '--server-side', '-f', '-'], web('web:1', 2));
    await eventually('both pods exist', async () => (await podNames(kubectl)).length === 2);
  });
  afterAll(async () => {
    kubectl?.close();
    await sandbox?.stop();
  });

  it('wait sees them ready', async () => {
    const said = await kubectl.must(['wait', 'pod', '-l', 'app=web', '--for=condition=Ready', '--timeout=20s']);
    expect(said.match(/condition met/g)).toHaveLength(2);
    await kubectl.must(['wait', 'rs/web', '--for=jsonpath={.status.readyReplicas}=2', '--timeout=10s']);
  });

  it('get shows them running on the node', async () => {
    expect(await kubectl.must(['get', 'pods', '-l', 'app=web', '--no-headers'])).toMatch(
      /^(web-\w{5} +1\/1 +Running +0 +\d+s\n){2}$/,
    );
    const wide = await kubectl.must(['get', 'pods', '-o', 'wide']);
    expect(wide).toMatch(/NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES/);
    expect(wide).toMatch(/10\.244\.\d+\.\d+ +sandbox/);
    expect(await kubectl.must(['get', 'nodes'])).toMatch(/sandbox +Ready/);
    expect(await kubectl.must(['get', 'rs', 'web'])).toMatch(/web +2 +2 +2/);
  });

  it('describe tells of the pod and what happened to it', async () => {
    const [name = ''] = await podNames(kubectl);
    const said = await kubectl.must(['describe', 'pod', name]);
    expect(said).toContain('Controlled By:  ReplicaSet/web');
    expect(said).toMatch(/Status: +Running/);
    expect(said).toMatch(/State: +Running\n +Started: /);
    expect(said).toMatch(/Conditions:[\s\S]*Ready +True/);
    const set = await kubectl.must(['describe', 'rs', 'web']);
    expect(set).toContain('2 Running / 0 Waiting / 0 Succeeded / 0 Failed');
    expect(set).toMatch(/Normal +SuccessfulCreate +\S+( \(x\d+ over \S+\))? +\S+ +Created pod: web-/);
  });

  it('events are listed', async () => {
    const listed = await kubectl.must(['events', '--for', 'rs/web']);
    expect(listed).toMatch(/LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/);
    expect(listed).toContain('SuccessfulCreate');
  });

  it('logs gives lines, and -f goes on until the pod is gone', async () => {
    const [name = ''] = await podNames(kubectl);
    expect((await kubectl.must(['logs', name])).trim()).not.toBe('');
    const following = kubectl.run(['logs', '-f', name]);
    await kubectl.must(['delete', 'pod', name, '--wait', '--timeout=20s']);
    const { code, stdout } = await following;
    expect(code).toBe(0);
    expect(stdout.trim()).not.toBe('');
  });

  it('get -w prints what changes until it is ended', async () => {
    const args = [`--kubeconfig=${sandbox.kubeconfigPath}`, 'get', 'configmaps', '-w', '--no-headers'];
    const child = spawn(program('kubectl'), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    try {
      await kubectl.must(['create', 'configmap', 'watched', '--from-literal=a=b']);
      await eventually('it is printed', () => /watched +1 /.test(printed));
      await kubectl.must(['patch', 'configmap', 'watched', '--type=merge', '-p', '{"data":{"c":"d"}}']);
      await eventually('its change is printed', (see) => {
        see(printed);
        return /watched +1 [^]*watched +2 /.test(printed);
      });
    } finally {
      child.kill('SIGTERM');
    }
  });

  it('a pod whose image is missing says so', async () => {
    await kubectl.must(['apply', '--server-side', '-f', '-'], web('web:missing', 3));
    await eventually('the new pod waits for its image', async (see) => {
      const pods = await kubectl.must(['get', 'pods', '--no-headers']);
      see(pods);
      return /(ImagePullBackOff|ErrImagePull)/.test(pods);
    });
  });

  it('delete in the foreground takes the pods along', async () => {
    await kubectl.must(['delete', 'rs', 'web', '--cascade=foreground', '--timeout=30s']);
    expect(await podNames(kubectl)).toEqual([]);
  });

  it('a token of an account is that account', async () => {
    await kubectl.must(['create', 'serviceaccount', 'deployer']);
    const token = (await kubectl.must(['create', 'token', 'deployer'])).trim();
    const who = await kubectl.must(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}', '--token', token]);
    expect(who).toBe('system:serviceaccount:default:deployer');
  });

  it('tells what it cannot do', async () => {
    const { code, stderr } = await kubectl.run(['patch', 'cm', 'watched', '-p', '{"data":{"x":"y"}}']);
    expect(code).toBe(1);
    expect(stderr).toContain('use kubectl apply --server-side or kubectl patch with --type merge or json');
  });
});

async function podNames(kubectl: Kubectl): Promise<string[]> {
  const text = await kubectl.must(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}']);
  return text.split(' ').filter((name) => name !== '');
}
