/** The test bed itself: each real part starts, does what the other tests rely on, and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, bedMissing, startBed } from '../bed/bed.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { weightedRoute } from '../bed/gateway-objects.ts';
import { type GitServer, gitServerMissing, startGitServer } from '../bed/git-server.ts';
import { countStatuses } from '../bed/http-get.ts';
import { type Prometheus, prometheusMissing, startPrometheus } from '../bed/prometheus.ts';
import { tryRun } from '../bed/run-command.ts';
import { type SshServer, sshServerMissing, startSshServer } from '../bed/ssh-server.ts';
import { webReplicaSet, webService } from '../bed/web-objects.ts';

const because = (missing: string | undefined): string => (missing === undefined ? '' : ` (skipped: ${missing})`);

describe('a program of the bed', () => {
  it('dies with the process that started it, even when that one is killed', async () => {
    const module = join(import.meta.dirname, '../bed/child.ts');
    const script = `
      const { startChild } = await import(${JSON.stringify(module)});
      const child = await startChild({ name: 'idle', command: '/bin/sleep', args: ['600'], logDir: ${JSON.stringify(tmpdir())} });
      console.log(child.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await eventually('the program has ended', () => !isAlive(pid))).toBe(true);
    rmSync(join(tmpdir(), 'idle.log'), { force: true });
  });
});

/** A dead process whose new parent has not yet read its exit code counts as dead. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const noCluster = clusterMissing();
describe.skipIf(noCluster !== undefined)(`control plane${because(noCluster)}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ audit: 'Metadata' });
  });
  afterAll(() => cluster?.stop());

  it('makes the pods of a ReplicaSet', async () => {
    await cluster.api.apply(webReplicaSet('web', 3));
    const names = await eventually('three pods of web', async (saw) => {
      const text = await cluster.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'name']);
      saw(text);
      const lines = text.split('\n').filter(Boolean);
      return lines.length === 3 && lines;
    });
    expect(names).toHaveLength(3);
  });

  it('knows users by certificate and gives them no rights until a binding does', async () => {
    const jane = await cluster.user('jane', ['devs']);
    const whoami = await cluster.kubectl([`--kubeconfig=${jane}`, 'auth', 'whoami', '-o', 'json']);
    expect(whoami).toContain('"username": "jane"');
    await expect(cluster.kubectl([`--kubeconfig=${jane}`, 'get', 'pods'])).rejects.toThrow(/forbidden/);
  });

  it('gives a ServiceAccount a token', async () => {
    const path = await cluster.serviceAccountKubeconfig('default', 'default');
    expect(await cluster.kubectl([`--kubeconfig=${path}`, 'auth', 'whoami', '-o', 'json'])).toContain(
      'system:serviceaccount:default:default',
    );
  });

  it('writes down who asked for what', () => {
    const created = cluster
      .auditEvents()
      .filter((event) => event.verb === 'create' && event.objectRef?.resource === 'pods');
    expect(created).toHaveLength(3);
  });

  it('comes back with its data after an outage of the API server', async () => {
    await cluster.stopApiServer();
    await expect(cluster.api.get('/readyz')).rejects.toThrow(/ECONNREFUSED/);
    await cluster.startApiServer();
    expect(await cluster.kubectl(['get', 'replicaset', 'web', '-o', 'name'])).toContain('web');
  });

  it('ends with everything it started', async () => {
    const pids = cluster.pids();
    await cluster.stop();
    expect(pids).toHaveLength(3);
    expect(cluster.pids()).toEqual([]);
  });
});

const noGit = gitServerMissing();
describe.skipIf(noGit !== undefined)(`git over HTTP${because(noGit)}`, () => {
  let git: GitServer;
  let folder: string;
  beforeAll(async () => {
    git = await startGitServer();
    folder = mkdtempSync(join(tmpdir(), 'tidegate-clone-'));
  });
  afterAll(async () => {
    await git?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const withToken = (token: string): string => `http.extraHeader=Authorization: Bearer ${token}`;
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };
  const clone = (repository: string, token: string) =>
    tryRun('git', ['-c', withToken(token), 'clone', '-q', git.url(repository), join(folder, repository)], { env });
  const commitAndPush = async (repository: string, token: string, text: string) => {
    const cwd = join(folder, repository);
    writeFileSync(join(cwd, 'a.txt'), text);
    const who = ['-c', 'user.name=Tess', '-c', 'user.email=tess@example.com'];
    await tryRun('git', [...who, 'commit', '-qam', text], { cwd, env });
    return tryRun('git', ['-c', withToken(token), 'push', '-q'], { cwd, env });
  };

  it('serves clone and push to the account that may, and records the push', async () => {
    const first = await git.createRepository('shop', { 'a.txt': 'one', 'dir/b.txt': 'two' });
    expect((await clone('shop', git.token)).stderr).toBe('');
    expect((await commitAndPush('shop', git.token, 'changed')).code).toBe(0);
    const tip = await git.tip('shop');
    expect(git.pushes('shop')).toEqual([
      { atMs: expect.any(Number), pusher: 'writer', from: first, to: tip, ref: 'refs/heads/main' },
    ]);
    expect(await git.readFile('shop', 'main', 'a.txt')).toBe('changed');
    expect((await git.log('shop')).map((commit) => commit.subject)).toEqual(['changed', 'first commit']);
    expect(await git.changedFiles('shop', tip ?? '')).toEqual(['a.txt']);
  });

  it('refuses strangers, readers that push, and pushes to a protected branch', async () => {
    await git.createRepository('guarded', { 'a.txt': 'one' });
    expect((await clone('guarded', 'wrong')).stderr).toMatch(/could not read Username/);
    expect((await clone('guarded', git.readToken)).code).toBe(0);
    expect((await commitAndPush('guarded', git.readToken, 'x')).stderr).toContain('403');
    git.protectBranches('guarded', ['main']);
    expect((await commitAndPush('guarded', git.token, 'y')).stderr).toContain('protected branch');
  });

  it('lets a developer win a race that a held push loses', async () => {
    await git.createRepository('raced', { 'a.txt': 'one' });
    await clone('raced', git.token);
    const held = git.holdNext('raced', 'push');
    const pushing = commitAndPush('raced', git.token, 'mine');
    await held.arrived;
    const theirs = await git.commit('raced', 'main', { 'other.txt': 'theirs', 'a.txt': null });
    held.release();
    expect((await pushing).code).not.toBe(0);
    expect(await git.tip('raced')).toBe(theirs);
    expect(await git.changedFiles('raced', theirs)).toEqual(['a.txt', 'other.txt']);
  });

  it('goes away and comes back on the same address, and can lose the answer to a push that landed', async () => {
    await git.createRepository('faulty', { 'a.txt': 'one' });
    await git.setFault('unreachable');
    expect((await clone('faulty', git.token)).stderr).toMatch(/refused|Failed to connect/);
    await git.setFault(undefined);
    expect((await clone('faulty', git.token)).code).toBe(0);
    await git.setFault('lost-answer');
    expect((await commitAndPush('faulty', git.token, 'landed')).code).not.toBe(0);
    await git.setFault(undefined);
    expect(await git.readFile('faulty', 'main', 'a.txt')).toBe('landed');
  });
});

describe.skipIf(noGit !== undefined)(`a Git host that misbehaves${because(noGit)}`, () => {
  let git: GitServer;
  beforeAll(async () => {
    git = await startGitServer({ tls: true, anonymousRead: true });
    await git.createRepository('shop', { 'a.txt': 'one', run: { content: '#!/bin/sh\n', mode: '100755' } });
  });
  afterAll(() => git?.stop());
  const list = (ca: string | undefined, timeoutMs = 10_000) =>
    tryRun('git', ['ls-remote', git.url('shop')], {
      env: { ...process.env, GIT_SSL_CAINFO: ca, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' },
      timeoutMs,
    });

  it('is trusted only by clients that know its authority', async () => {
    expect((await list('/etc/ssl/certs/ca-certificates.crt')).stderr).toMatch(/certificate/);
    expect((await list(git.caPath)).stdout).toContain('refs/heads/main');
  });

  it.each([
    ['500', /error: 500/],
    ['503', /error: 503/],
    ['401', /could not read Username/],
    ['cut', /./],
  ] as const)('answers %s on command', async (fault, said) => {
    await git.setFault(fault);
    const result = await list(git.caPath);
    await git.setFault(undefined);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(said);
    expect((await list(git.caPath)).code).toBe(0);
  });

  it('takes a request and never answers', async () => {
    await git.setFault('hang');
    expect((await list(git.caPath, 700)).code).toBe(-1);
    await git.setFault(undefined);
    expect(git.requests().some((request) => request.kind === 'advertise')).toBe(true);
  });
});

const noSsh = gitServerMissing() ?? sshServerMissing();
describe.skipIf(noSsh !== undefined)(`git over SSH${because(noSsh)}`, () => {
  let git: GitServer;
  let ssh: SshServer;
  let folder: string;
  beforeAll(async () => {
    git = await startGitServer();
    ssh = await startSshServer(git.root);
    folder = mkdtempSync(join(tmpdir(), 'tidegate-ssh-'));
    writeFileSync(join(folder, 'key'), ssh.privateKey, { mode: 0o600 });
  });
  afterAll(async () => {
    await Promise.all([ssh?.stop(), git?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const clone = (hosts: string, into: string) => {
    writeFileSync(join(folder, 'hosts'), hosts);
    const options = `-F none -i ${join(folder, 'key')} -o IdentitiesOnly=yes -o UserKnownHostsFile=${join(folder, 'hosts')}`;
    const env = { ...process.env, GIT_SSH_COMMAND: `ssh ${options} -o StrictHostKeyChecking=yes -o BatchMode=yes` };
    return tryRun('git', ['clone', '-q', ssh.url('shop'), join(folder, into)], { env });
  };

  it('serves a clone to the key, and a client that checks the host refuses a false one', async () => {
    await git.createRepository('shop', { 'a.txt': 'one' });
    expect((await clone(ssh.knownHosts, 'good')).stderr).toBe('');
    expect((await clone(ssh.otherHosts, 'bad')).stderr).toContain('Host key verification failed');
  });
});

const noPrometheus = prometheusMissing();
describe.skipIf(noPrometheus !== undefined)(`Prometheus${because(noPrometheus)}`, () => {
  let prometheus: Prometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus();
  });
  afterAll(() => prometheus?.stop());

  it('scrapes a target, keeps its data over an outage and answers queries', async () => {
    const exporter = createServer((_request, response) => response.end('bed_answers_total{code="500"} 7\n'));
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
    try {
      const bound = exporter.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      prometheus.setTargets([{ address: `127.0.0.1:${port}`, labels: { shop: 'north' } }]);
      const query = 'bed_answers_total{shop="north",code="500"}';
      const found = async () => (await prometheus.query(query))[0]?.value === 7;
      await eventually('the target is scraped', found, { withinMs: 20_000 });
      await prometheus.stopServer();
      await expect(prometheus.query(query)).rejects.toThrow(/fetch failed/);
      await prometheus.startServer();
      await eventually('the series is there after the outage', found, { withinMs: 20_000 });
    } finally {
      exporter.close();
    }
  });

  it('says what is wrong with a query', async () => {
    await expect(prometheus.query('rate(')).rejects.toThrow(/parse error/);
  });
});

const gatewayParts = ['cluster', 'pods', 'gateway', 'prometheus'] as const;
const noGateway = bedMissing(gatewayParts);
describe.skipIf(noGateway !== undefined)(`gateway and pods${because(noGateway)}`, () => {
  let bed: Bed<(typeof gatewayParts)[number]>;
  beforeAll(async () => {
    bed = await startBed({ with: gatewayParts });
    const apps = [webReplicaSet('stable', 2), webReplicaSet('canary', 1, 'web:bad')];
    await bed.cluster.api.apply(...apps, webService('stable'), webService('canary'));
    await eventually('three pods are ready', async (saw) => {
      const text = await bed.cluster.kubectl([
        'get',
        'pods',
        '-o',
        'jsonpath={.items[*].status.containerStatuses[*].ready}',
      ]);
      saw(text);
      return text === 'true true true';
    });
  });
  afterAll(() => bed?.stop());
  const split = (stable: number, canary: number) =>
    bed.cluster.api.apply(weightedRoute('shop', bed.gateway.parentRef, 'shop.test', { stable, canary }));
  const statuses = (count: number) => countStatuses(bed.gateway.url, 'shop.test', count);
  const answeredBy = async () => {
    const pods = await bed.pods.list();
    const total = (app: string) =>
      pods.filter((pod) => pod.labels['app'] === app).reduce((sum, pod) => sum + pod.requests.total, 0);
    return { stable: total('stable'), canary: total('canary') };
  };

  it('splits real requests by the weights of an HTTPRoute', async () => {
    await split(80, 20);
    const twenty = async (saw: (value: unknown) => void) => {
      const counts = await statuses(100);
      saw(counts);
      return counts['500'] === 20;
    };
    await eventually('the route is served', twenty, { withinMs: 20_000 });
    const before = await answeredBy();
    expect(await statuses(1_000)).toEqual({ 200: 800, 500: 200 });
    const after = await answeredBy();
    expect({ stable: after.stable - before.stable, canary: after.canary - before.canary }).toEqual({
      stable: 800,
      canary: 200,
    });
  });

  it('serves a change of weights within seconds', async () => {
    await split(100, 0);
    const counts = await eventually(
      'no request reaches the canary',
      async () => {
        const seen = await statuses(100);
        return seen['500'] === undefined && seen;
      },
      { withinMs: 5_000 },
    );
    expect(counts).toEqual({ 200: 100 });
  });

  it('is measured by Prometheus, at the gateway and at the pods', async () => {
    const canary = 'service="default-canary-http-80@kubernetesgateway"';
    const measured = (query: string) =>
      eventually(query, async () => (await bed.prometheus.query(query))[0], { withinMs: 30_000 });
    const atGateway = await measured(`traefik_service_requests_total{${canary},method="GET",code="500"}`);
    expect(atGateway.value).toBeGreaterThanOrEqual(200);
    const atPods = await measured('sum by (app) (http_requests_total{app="canary",code="500"} > 0)');
    expect(atPods.value).toBe((await answeredBy()).canary);
  });
});
