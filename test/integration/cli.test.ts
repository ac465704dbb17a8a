/** `kubectl tidegate` on a real API server: as a kubectl plugin, as users with and without rights, against real conflicts. */

import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runCommandLine } from '../../cli/program.ts';
import { aborted, aGitSync, aRollout, atGate, settled } from '../../cli/testing/builders.ts';
import { crdManifests } from '../../crds/manifests.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { systemClock } from '../../kube/clock.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { program } from '../bed/programs.ts';
import { tryRun } from '../bed/run-command.ts';

const missing = clusterMissing();
const rolloutPath = '/apis/tidegate.io/v1alpha1/namespaces/shop/rollouts/web';
const Found = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** Only the named user may be the actor of a command: what an operator would install to make the trail trustworthy. */
const actorPolicy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'command-actor' },
  spec: {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [
        { apiGroups: ['tidegate.io'], apiVersions: ['*'], operations: ['UPDATE'], resources: ['rollouts'] },
      ],
    },
    validations: [
      {
        expression:
          "!has(object.metadata.annotations) || !('tidegate.io/command-id' in object.metadata.annotations) || (has(oldObject.metadata.annotations) && 'tidegate.io/command-id' in oldObject.metadata.annotations && oldObject.metadata.annotations['tidegate.io/command-id'] == object.metadata.annotations['tidegate.io/command-id']) || object.metadata.annotations['tidegate.io/command-actor'] == request.userInfo.username",
        message: 'the actor of a command must be the user who sends it',
      },
    ],
  },
};

describe.skipIf(missing !== undefined)(`the CLI on a real API server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let jane: string;
  let viewer: string;

  beforeAll(async () => {
    cluster = await startCluster({ controllerManager: false });
    for (const manifest of crdManifests(tidegateDialect)) {
      await cluster.api.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', manifest);
    }
    await eventually('Rollouts are served', async () => {
      return (await cluster.api.request('GET', '/apis/tidegate.io/v1alpha1/rollouts')).status === 200;
    });
    await cluster.api.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      actorPolicy,
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'command-actor' },
        spec: { policyName: 'command-actor', validationActions: ['Deny'] },
      },
      role('release', ['get', 'list', 'patch']),
      role('view', ['get', 'list']),
      binding('release', 'jane'),
      binding('view', 'victor'),
    );
    jane = await cluster.user('jane', [], 'shop');
    viewer = await cluster.user('victor', [], 'shop');
  }, 90_000);
  afterAll(() => cluster?.stop());

  beforeEach(async () => {
    await cluster.api.request('DELETE', rolloutPath);
    await setRollout(atGate);
  });

  /** Stores web with this status, speaking of its newest generation. */
  async function setRollout(status: RolloutStatus): Promise<void> {
    const { apiVersion, kind, metadata, spec } = aRollout();
    const { name, namespace, annotations } = metadata;
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'shop/web:2' }] },
    };
    const whole = { ...spec, selector: { matchLabels: { app: 'web' } }, template };
    const [stored] = await cluster.api.apply({
      apiVersion,
      kind,
      metadata: { name, namespace, annotations },
      spec: whole,
    });
    await setStatus({ ...status, observedGeneration: Found.parse(stored).metadata.generation });
  }

  async function setStatus(status: RolloutStatus): Promise<void> {
    const answer = await cluster.api.request(
      'PATCH',
      `${rolloutPath}/status`,
      { status },
      'application/merge-patch+json',
    );
    expect(answer).toMatchObject({ status: 200 });
  }

  async function annotations(): Promise<Record<string, string>> {
    return Found.parse(await cluster.api.get(rolloutPath)).metadata.annotations ?? {};
  }

  /** Answers the next new command as the controller would. */
  async function answerNextCommand(): Promise<void> {
    const before = (await annotations())['tidegate.io/command-id'];
    const id = await eventually('a command', async () => {
      const found = (await annotations())['tidegate.io/command-id'];
      return found === before ? undefined : found;
    });
    const verb = (await annotations())['tidegate.io/command'] ?? '';
    await setStatus({
      lastCommand: { id, verb, outcome: 'Applied', message: `${verb} is done`, at: new Date().toISOString() },
    });
  }

  async function cli(kubeconfig: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommandLine(args, {
      version: '0',
      program: 'kubectl tidegate',
      terminal: {
        out: (text) => out.push(text),
        err: (text) => err.push(text),
        outIsTty: false,
        env: { KUBECONFIG: kubeconfig },
        clock: systemClock,
        signal: new AbortController().signal,
      },
    });
    return { code, out: out.join(''), err: err.join('') };
  }

  it('works as a kubectl plugin', async () => {
    const plugin = join(cluster.folder, 'kubectl-tidegate');
    const entry = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
    writeFileSync(plugin, `#!/bin/sh\nexec "${process.execPath}" "${entry}" "$@"\n`);
    chmodSync(plugin, 0o755);
    const path = [cluster.folder, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
    const env = { PATH: path, KUBECONFIG: jane, HOME: cluster.folder };

    const shown = await tryRun(program('kubectl'), ['tidegate', 'get', 'web', '-n', 'shop'], { env });
    const explained = await tryRun(program('kubectl'), ['tidegate', 'explain', 'web', '-o', 'json'], { env });
    const failed = await tryRun(program('kubectl'), ['tidegate', 'status', 'web', '--for', 'complete'], { env });

    expect(shown.stdout).toContain('Step:         2/4  pause until promoted');
    expect(JSON.parse(explained.stdout)).toMatchObject({ kind: 'Explanation', situation: 'waiting' });
    expect(failed.code).toBe(14);
  });

  it('a user with rights promotes, and is the actor that an admission policy accepts', async () => {
    const [ran] = await Promise.all([cli(jane, 'promote', 'web', '--reason', 'good'), answerNextCommand()]);

    expect(ran).toEqual({ code: 0, out: '✔ Applied  promote is done\n', err: '' });
    expect(await annotations()).toMatchObject({
      'tidegate.io/command': 'promote',
      'tidegate.io/command-actor': 'jane',
      'tidegate.io/command-revision': 'new',
      'tidegate.io/command-step': '1',
      'tidegate.io/command-reason': 'good',
    });
  });

  it('an impersonated user is the actor', async () => {
    const ran = await cli(
      cluster.kubeconfigPath,
      'abort',
      'web',
      '-n',
      'shop',
      '--as',
      'jane',
      '--keep-git',
      '--wait',
      '0',
    );

    expect(ran.code).toBe(0);
    expect(await annotations()).toMatchObject({
      'tidegate.io/command': 'abort',
      'tidegate.io/command-actor': 'jane',
      'tidegate.io/command-keep-git': 'true',
    });
  });

  it('a missing right is exit code 3 and names the rule', async () => {
    const before = Found.parse(await cluster.api.get(rolloutPath)).metadata.resourceVersion;

    const ran = await cli(viewer, 'abort', 'web');

    expect(ran.code).toBe(3);
    expect(ran.err).toContain('apiGroups ["tidegate.io"], resources ["rollouts"], verbs ["patch"] is missing');
    expect(Found.parse(await cluster.api.get(rolloutPath)).metadata.resourceVersion).toBe(before);
  });

  it('commands land although somebody else writes the status many times a second', async () => {
    let writing = true;
    const writer = (async () => {
      for (let i = 0; writing; i += 1) {
        await setStatus({ message: `write ${i}` });
        await delay(20);
      }
    })();

    const codes: number[] = [];
    for (const verb of ['pause', 'promote', 'pause']) codes.push((await cli(jane, verb, 'web', '--wait', '0')).code);
    writing = false;
    await writer;

    expect(codes).toEqual([0, 0, 0]);
  });

  it('a settled rollout cannot be aborted; an aborted one can only be retried', async () => {
    await setRollout(settled);
    const settledAbort = await cli(jane, 'abort', 'web');
    await setRollout(aborted);
    const explained = await cli(jane, 'explain', 'web');

    expect(settledAbort).toMatchObject({ code: 2, out: '' });
    expect(settledAbort.err).toMatch(/nothing to abort/);
    expect(explained.out).toContain('metric success-rate was 0.91, needs >= 0.99');
    expect(explained.out).toContain('kubectl tidegate retry web -n shop');
  });

  it('a dry run is checked by the server and changes nothing', async () => {
    const before = await annotations();

    const ran = await cli(jane, 'promote', 'web', '--dry-run', 'server');

    expect(ran.code).toBe(0);
    expect(await annotations()).toEqual(before);
  });

  it('status waits for the revision of the newest spec, never for the one before', async () => {
    await setRollout(settled);
    const patch = { spec: { replicas: 6 } };
    await cluster.api.request('PATCH', rolloutPath, patch, 'application/merge-patch+json');
    const { generation } = Found.parse(await cluster.api.get(rolloutPath)).metadata;

    const early = await cli(jane, 'status', 'web', '--timeout', '0');
    const [late] = await Promise.all([
      cli(jane, 'status', 'web', '--for', 'complete', '--timeout', '20s'),
      setStatus({ observedGeneration: generation, currentPodHash: 'newer', stableRS: 'newer' }),
    ]);

    expect(early.code).toBe(124);
    expect(late.code).toBe(0);
  });

  it('lists, names and history hold on real lists', async () => {
    const { metadata, ...sync } = aGitSync();
    await cluster.api.apply({ ...sync, metadata: { name: metadata.name, namespace: 'shop' } });

    expect((await cli(jane, 'get', '-o', 'name')).out).toBe('rollout.tidegate.io/web\n');
    expect((await cli(cluster.kubeconfigPath, 'get', '-A', '--no-headers')).out).toMatch(/^shop +web +‖ Paused/);
    expect(await cli(jane, 'history', 'web')).toMatchObject({
      code: 0,
      err: 'No releases are recorded in namespace shop.\n',
    });
  });
});

function role(name: string, verbs: readonly string[]) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace: 'shop' },
    rules: [
      { apiGroups: ['tidegate.io'], resources: ['*'], verbs },
      { apiGroups: ['', 'apps'], resources: ['pods', 'replicasets'], verbs: ['list'] },
    ],
  };
}

function binding(roleName: string, user: string) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: roleName, namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: roleName },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
}
