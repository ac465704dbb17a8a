import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../crds/schema/json.ts';
import type { RolloutStatus } from '../crds/schema/rollout-status.ts';
import { fieldOf, textOf } from '../kube/json.ts';
import { type ApiDouble, merge, startApiDouble, store } from './testing/api-double.ts';
import { aborted, aGitSync, aRollout, aRun, atGate, settled } from './testing/builders.ts';
import { type CommandLine, commandLine } from './testing/command-line.ts';

const webPath = '/apis/tidegate.io/v1alpha1/namespaces/shop/rollouts/web';
let api: ApiDouble;
let cli: CommandLine;

beforeEach(async () => {
  api = await startApiDouble();
  cli = commandLine(api.url);
  put(webPath, aRollout());
  put('/apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs/shop', aGitSync());
});

afterEach(async () => {
  cli.remove();
  await api.close();
});

function put(path: string, object: object): void {
  api.objects.set(path, JSON.parse(JSON.stringify(object)) as JsonObject);
}

/** Changes the stored Rollout's status as the controller would. */
function setStatus(status: RolloutStatus): void {
  const merged = merge(api.objects.get(webPath), JSON.parse(JSON.stringify({ status })) as JsonObject);
  store(api.objects, webPath, merged as JsonObject);
}

/** A controller that answers every command at once. */
function answerCommands(outcome: 'Applied' | 'Rejected' | 'Superseded', message: string): void {
  api.afterPatch = (_, object) => {
    const id = textOf(object, 'metadata', 'annotations', 'tidegate.io/command-id') ?? '';
    const verb = textOf(object, 'metadata', 'annotations', 'tidegate.io/command') ?? '';
    setStatus({ lastCommand: { id, verb, outcome, message, at: '2026-11-22T14:30:01Z' } });
  };
}

function commandAnnotations(): unknown {
  return fieldOf(api.objects.get(webPath), 'metadata', 'annotations');
}

const refused = {
  type: 'GitInSync',
  status: 'False',
  reason: 'Refused',
  lastTransitionTime: '2026-11-22T14:00:00Z',
} as const;

const patches = () => api.requests.filter((request) => request.method === 'PATCH');

describe('commands', () => {
  test('promote writes every field of the command in one conditional merge patch, and prints the outcome', async () => {
    answerCommands('Applied', 'goes on to step 3');

    const ran = await cli.run(['promote', 'web', '--reason', 'numbers look fine']);

    expect(ran).toEqual({ code: 0, out: '✔ Applied  goes on to step 3\n', err: '' });
    expect(patches()).toHaveLength(1);
    expect(patches()[0]?.headers['content-type']).toBe('application/merge-patch+json');
    expect(patches()[0]?.body).toMatchObject({ metadata: { resourceVersion: '10', uid: 'rollout-uid' } });
    expect(commandAnnotations()).toMatchObject({
      'tidegate.io/command': 'promote',
      'tidegate.io/command-revision': 'new',
      'tidegate.io/command-step': '1',
      'tidegate.io/command-actor': 'jane@example.com',
      'tidegate.io/command-reason': 'numbers look fine',
    });
  });

  test('fields of an earlier command do not stay', async () => {
    const { metadata } = aRollout();
    const old = {
      'tidegate.io/command-keep-git': 'true',
      'tidegate.io/command-reason': 'old',
      'tidegate.io/command-step': '0',
    };
    put(webPath, { ...aRollout(), metadata: { ...metadata, annotations: { ...metadata.annotations, ...old } } });
    answerCommands('Applied', 'back to stable');

    await cli.run(['abort', 'web']);

    const left = Object.keys(commandAnnotations() as object).filter((key) => key.includes('command'));
    expect(left.sort()).toEqual(
      [
        'tidegate.io/command',
        'tidegate.io/command-actor',
        'tidegate.io/command-id',
        'tidegate.io/command-revision',
      ].sort(),
    );
  });

  test('abort --keep-git and promote --full say so', async () => {
    answerCommands('Applied', 'ok');

    await cli.run(['abort', 'web', '--keep-git']);
    expect(commandAnnotations()).toMatchObject({
      'tidegate.io/command': 'abort',
      'tidegate.io/command-keep-git': 'true',
    });

    await cli.run(['promote', 'rollout/web', '--full', '-o', 'json']);
    expect(commandAnnotations()).toMatchObject({ 'tidegate.io/command': 'promote-full' });
  });

  test('-o json is a versioned view', async () => {
    answerCommands('Applied', 'goes on');

    const { out } = await cli.run(['promote', 'web', '-o', 'json']);

    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'view.tidegate.io/v1',
      kind: 'CommandResult',
      verb: 'promote',
      outcome: 'Applied',
      actor: 'jane@example.com',
    });
  });

  test('with --as the impersonated user is the actor', async () => {
    answerCommands('Applied', 'ok');

    await cli.run(['pause', 'web', '--as', 'bot', '--as-group', 'ci']);

    expect(commandAnnotations()).toMatchObject({ 'tidegate.io/command-actor': 'bot' });
    expect(patches()[0]?.headers).toMatchObject({ 'impersonate-user': 'bot', 'impersonate-group': 'ci' });
  });

  test('a changed object is read and judged again', async () => {
    let conflicts = 0;
    answerCommands('Applied', 'ok');
    api.intercept = (request) => {
      if (request.method !== 'PATCH' || conflicts === 2) return undefined;
      conflicts += 1;
      return { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'modified' } };
    };

    const ran = await cli.run(['promote', 'web']);

    expect(ran.code).toBe(0);
    expect(patches()).toHaveLength(3);
  });

  test('a write whose answer was lost is not repeated when it arrived', async () => {
    answerCommands('Applied', 'ok');
    let lost = false;
    api.intercept = (request) => {
      if (request.method !== 'PATCH' || lost) return undefined;
      lost = true;
      const merged = merge(api.objects.get(webPath), request.body) as JsonObject;
      store(api.objects, webPath, merged);
      api.afterPatch(webPath, merged);
      return { status: 500, body: { kind: 'Status', message: 'etcd leader changed' } };
    };

    const ran = await cli.run(['promote', 'web']);

    expect(ran.code).toBe(0);
    expect(patches()).toHaveLength(1);
  });

  test.each<[string, readonly string[], RolloutStatus, RegExp]>([
    ['abort of a settled rollout', ['abort', 'web'], settled, /no release in progress.*nothing to abort/],
    ['promote of an aborted one', ['promote', 'web'], aborted, /aborted: start it again with retry/],
    ['retry of one that goes on', ['retry', 'web'], atGate, /not aborted/],
    ['resume of one that is not paused', ['resume', 'web'], settled, /not paused/],
  ])('%s is refused with exit code 2 and changes nothing', async (_, args, status, sentence) => {
    put(webPath, aRollout(status));

    const ran = await cli.run(args);

    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(sentence);
    expect(ran.out).toBe('');
    expect(patches()).toHaveLength(0);
  });

  test("a rejected command has exit code 2 and the controller's sentence", async () => {
    answerCommands('Rejected', 'step 1 is over already');

    expect(await cli.run(['promote', 'web'])).toEqual({
      code: 2,
      out: '✖ Rejected  step 1 is over already\n',
      err: '',
    });
  });

  test('without an answer the wait is bounded and says what to check', async () => {
    const ran = await cli.run(['promote', 'web', '--wait', '300ms']);

    expect(ran.code).toBe(124);
    expect(ran.out).toMatch(/controller has not answered within 0\.3 s: check that it runs/);
  });

  test('--wait 0 does not wait, --dry-run=server changes nothing', async () => {
    expect((await cli.run(['promote', 'web', '--wait', '0'])).code).toBe(0);
    const before = api.objects.get(webPath);
    const dry = await cli.run(['promote', 'web', '--dry-run', 'server']);

    expect(dry.code).toBe(0);
    expect(dry.out).toContain('dry run');
    expect(api.objects.get(webPath)).toEqual(before);
  });

  test('a missing right is named as the rule a Role needs, with exit code 3', async () => {
    const message =
      'rollouts.tidegate.io "web" is forbidden: User "jane" cannot patch resource "rollouts" in API group "tidegate.io" in the namespace "shop"';
    api.intercept = ({ method }) =>
      method === 'PATCH' ? { status: 403, body: { kind: 'Status', reason: 'Forbidden', message } } : undefined;

    const ran = await cli.run(['abort', 'web']);

    expect(ran.code).toBe(3);
    expect(ran.err).toContain(
      'a Role in namespace shop with apiGroups ["tidegate.io"], resources ["rollouts"], verbs ["patch"] is missing',
    );
  });

  test('on a terminal the namespace and cluster stand on stderr', async () => {
    answerCommands('Applied', 'ok');

    const ran = await cli.run(['promote', 'web'], { tty: true, env: { NO_COLOR: '1' } });

    expect(ran.err).toBe(`promote web in namespace shop of ${api.url}\n`);
    expect(ran.out).toBe('✔ Applied  ok\n');
  });
});

describe('looking', () => {
  test('get, explain and history read everything around the Rollout', async () => {
    put('/apis/tidegate.io/v1alpha1/namespaces/shop/rolloutruns/web-7-new', {
      ...aRun(),
      metadata: { name: 'web-7-new', namespace: 'shop', labels: { 'tidegate.io/rollout': 'web' } },
    });
    put('/apis/apps/v1/namespaces/shop/replicasets/web-new', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'web-new',
        uid: 'rs',
        labels: { 'rollouts-pod-template-hash': 'new' },
        annotations: { 'tidegate.io/revision': '7' },
        ownerReferences: [{ apiVersion: 'x', kind: 'Rollout', name: 'web', uid: 'rollout-uid' }],
      },
      spec: { replicas: 1, template: { spec: { containers: [{ image: 'shop/web:2' }] } } },
    });

    expect((await cli.run(['get', 'web'])).out).toMatch(
      /revision 7 .*canary\n.*web-new +ReplicaSet +◌ Progressing +0\/1 ready/,
    );
    expect((await cli.run(['explain', 'web'])).out).toContain('kubectl tidegate promote web -n shop');
    expect((await cli.run(['history', 'web'])).out).toMatch(/web +7 +◌ Running/);
    expect((await cli.run(['get', '-o', 'name'])).out).toBe('rollout.tidegate.io/web\n');
    expect(JSON.parse((await cli.run(['get', '-A', '-o', 'json'])).out)).toMatchObject({
      kind: 'RolloutList',
      items: [{ name: 'web' }],
    });
  });

  test('a Rollout that does not exist: the GitSync that holds its commit says why', async () => {
    const held = { commit: '5555555aaaa', reason: 'Rollout shop/api: spec.replicas is -1.' };
    put('/apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs/shop', {
      ...aGitSync({ held, conditions: [{ ...refused, message: held.reason }] }),
    });

    const ran = await cli.run(['explain', 'api']);

    expect(ran.code).toBe(3);
    expect(ran.err.match(/spec\.replicas is -1/g)).toHaveLength(1);
    expect(ran.err).toContain('GitSync shop: Commit 5555555 is not applied: Rollout shop/api: spec.replicas is -1.');
  });

  test('what may not be read is a note on stderr, not an error', async () => {
    api.intercept = ({ path }) =>
      path.includes('/pods') ? { status: 403, body: { kind: 'Status', message: 'no' } } : undefined;

    const ran = await cli.run(['get', 'web']);

    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/^note: cannot read Pods: not permitted/);
  });

  test('escape sequences in messages of others never reach the terminal', async () => {
    put(webPath, aRollout({ ...atGate, message: 'a\u001b]0;title\u0007b\u001b[2Jc\rd' }));

    const ran = await cli.run(['get', 'web', '--color', 'always']);

    // oxlint-disable-next-line no-control-regex
    expect(ran.out.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(ran.out).toContain('\u001b[33m');
  });

  test.each([[['get', 'rollout', 'web']], [['get', 'rollout/web']], [['get', 'rollouts.tidegate.io/web']]])(
    '%j shows web',
    async (args) => {
      expect((await cli.run(args)).out).toContain('shop/web');
    },
  );

  test('an unknown Rollout is exit code 3, an empty namespace is no error', async () => {
    expect((await cli.run(['get', 'nope'])).code).toBe(3);
    expect(await cli.run(['get', '-n', 'empty'])).toEqual({
      code: 0,
      out: '',
      err: 'No Rollouts in namespace empty.\n',
    });
  });

  test('watching without a terminal: one line per change, no escape codes, 130 on Ctrl-C', async () => {
    const interrupt = new AbortController();
    const lines: string[] = [];
    const onOut = (text: string) => {
      lines.push(text);
      if (lines.length === 1) setStatus({ phase: 'Progressing', pauseConditions: [], currentStepIndex: 2 });
      if (lines.length === 2) interrupt.abort();
    };

    const ran = await cli.run(['get', 'web', '-w'], { signal: interrupt.signal, onOut });

    expect(ran.code).toBe(130);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\dZ {2}shop\/web {2}‖ Paused {2}step 2\/4 {2}weight 20 % .*\n$/);
    expect(lines[1]).toMatch(/◌ Progressing {2}step 3\/4/);
    expect(ran.out).not.toContain('\u001b');
  });
});

describe('status --for', () => {
  test.each<[string, RolloutStatus, readonly string[], number]>([
    ['healthy', settled, [], 0],
    ['rolled back', aborted, [], 10],
    ['a gate', atGate, [], 14],
    ['the gate asked for', atGate, ['--for', 'gate'], 0],
    [
      'too late',
      { ...atGate, pauseConditions: [], waiting: undefined, controllerPause: false },
      ['--timeout', '0'],
      124,
    ],
  ])('%s', async (_, status, flags, code) => {
    put(webPath, aRollout(status));

    expect((await cli.run(['status', 'web', ...flags])).code).toBe(code);
  });

  test('waits until it is so, and goes on over a lost connection', async () => {
    put(webPath, aRollout({ ...settled, observedGeneration: 2 }));
    let looks = 0;
    api.intercept = ({ path }) => {
      if (!path.endsWith('/rollouts/web')) return undefined;
      looks += 1;
      if (looks === 2) setStatus({ observedGeneration: 3 });
      return looks === 1 ? { status: 500, body: { kind: 'Status', message: 'away' } } : undefined;
    };

    const ran = await cli.run(['status', 'web', '--timeout', '10s', '-o', 'json']);

    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ kind: 'StatusResult', exitCode: 0, podHash: 'new', for: ['healthy'] });
    expect(ran.err).toContain('away; asking again');
  });
});

describe('usage', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['unknown verb', ['destroy', 'web'], /unknown command/],
    ['missing name', ['promote'], /missing required argument/],
    ['two names', ['get', 'web', 'api'], /one Rollout, not web, api/],
    ['unknown flag', ['get', '--nope'], /unknown option/],
    ['bad output', ['get', '-o', 'xml'], /Allowed choices/],
    ['bad goal', ['status', 'web', '--for', 'done'], /use complete, healthy, gate, step=N or weight=N/],
    ['bad duration', ['status', 'web', '--timeout', 'soon'], /--timeout is "soon": give a duration/],
    ['bad group', ['get', '--api-group', 'example.com'], /use tidegate.io or argoproj.io/],
    ['bad dry run', ['abort', 'web', '--dry-run', 'client'], /use server/],
    ['short commit', ['status', 'web', '--commit', 'abc'], /at least 7 hex digits/],
  ])('%s is exit code 2 with a sentence', async (_, args, sentence) => {
    const ran = await cli.run(args);

    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(sentence);
    expect(ran.out).toBe('');
  });

  test('help and version end well', async () => {
    expect((await cli.run(['--version'])).out).toBe('1.2.3\n');
    expect((await cli.run(['abort', '--help'])).code).toBe(0);
  });

  test('KUBECONFIG may name several files, and --context picks one', async () => {
    const second = join(cli.folder, 'second');
    const context = { cluster: 'c', user: 'u', namespace: 'other' };
    writeFileSync(second, JSON.stringify({ contexts: [{ name: 'spare', context }] }));
    const env = { KUBECONFIG: [join(cli.folder, 'missing'), join(cli.folder, 'config'), second].join(delimiter) };

    const ran = await cli.run(['get', '--context', 'spare'], { env });

    expect(ran.err).toBe('No Rollouts in namespace other.\n');
  });

  test('a server that cannot be reached is one sentence and exit code 1', async () => {
    const ran = await cli.run(['get', '--server', 'http://127.0.0.1:1']);

    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^error: cannot list Rollouts: .*ECONNREFUSED/);
    expect(ran.err).not.toContain('secret-token');
  });
});
