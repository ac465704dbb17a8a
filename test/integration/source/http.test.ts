/** The source process against a real Git server over HTTP: accounts, faults in the middle of calls, held pushes. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../../source/contract.ts';
import { at as base, mergeWords, startWorkbench, type Workbench } from './workbench.ts';
import { type GitServer, gitServerMissing, startGitServer } from '../../bed/git-server.ts';

const missing = gitServerMissing();

describe.skipIf(missing !== undefined)(
  `source over HTTP${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let git: GitServer;
    let bench: Workbench;
    let made = 0;
    let credentials: Credentials;

    beforeAll(async () => {
      git = await startGitServer();
      bench = await startWorkbench();
      credentials = { kind: 'token', token: git.token };
    });
    afterAll(async () => {
      await bench.stop();
      await git.stop();
    });
    beforeEach(() => git.setFault(undefined));

    const at = (name: string, more: { credentials?: Credentials; deadlineMs?: number } = {}) => ({
      ...base(git.url(name), credentials),
      ...more,
    });

    async function aRevert() {
      made += 1;
      const name = `shop-${made}`;
      const good = await git.createRepository(name, { 'shop/a.yaml': 'a: 1\n', 'big.txt': 'x'.repeat(100_000) });
      const bad = await git.commit(name, 'main', { 'shop/a.yaml': 'a: 2\n' });
      const plan = { branch: 'main', tip: bad, paths: ['shop'], bad, good, ...mergeWords };
      const merged = await bench.source.merge({ ...at(name), ...plan });
      if (merged.kind !== 'merged') throw new Error(JSON.stringify(merged));
      return {
        name,
        good,
        bad,
        plan,
        commit: merged.commit,
        push: { branch: 'main', commit: merged.commit, expectedTip: bad },
      };
    }

    it('polls an unchanged branch with few requests', async () => {
      await git.createRepository('poll', { a: '1' });
      await bench.source.sync({ ...at('poll'), branch: 'main', paths: ['.'] });
      const before = git.requests().length;

      await bench.source.sync({ ...at('poll'), branch: 'main', paths: ['.'] });

      // One 401 that asks for the token, the greeting, the refs.
      expect(git.requests().length - before).toBeLessThanOrEqual(4);
    });

    it('does not let a call share a fetch that has begun: the branch may have moved since', async () => {
      await git.createRepository('begun', { a: '1' });
      await bench.source.sync({ ...at('begun'), branch: 'main', paths: ['.'] });
      const held = git.holdNext('begun', 'advertise');
      const first = bench.source.sync({ ...at('begun'), branch: 'main', paths: ['.'] });
      await held.arrived;
      const greetings = () =>
        git
          .requests()
          .filter((entry) => entry.repository === 'begun' && entry.kind === 'advertise' && entry.status === 200).length;
      const before = greetings();
      const second = bench.source.sync({ ...at('begun'), branch: 'main', paths: ['.'] });
      held.release();
      await Promise.all([first, second]);

      expect(greetings() - before).toBe(2);
    });

    it('renders again without a request when nothing changed', async () => {
      const commit = await git.createRepository('idle', { 'a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n' });
      const call = { ...at('idle'), branch: 'main', commit, path: '.', alsoPaths: [] };
      const first = await bench.source.render(call);
      const before = git.requests().length;

      expect(await bench.source.render(call)).toEqual(first);
      expect(git.requests().length).toBe(before);
    });

    it('brings a revert to the branch with the account of the token', async () => {
      const told = await aRevert();

      expect(await bench.source.push({ ...at(told.name), ...told.push })).toEqual({ kind: 'pushed' });
      expect(git.pushes(told.name)).toMatchObject([{ pusher: 'x-access-token', from: told.bad, to: told.commit }]);
    });

    it.each<[string, Credentials]>([
      ['none', { kind: 'none' }],
      ['a wrong token', { kind: 'token', token: 'wr0ng-token' }],
      ['a wrong password', { kind: 'basic', username: 'dana', password: 'wr0ng-password' }],
    ])('says auth with %s, and never the secret', async (_what, wrong) => {
      await git.createRepository(`auth-${wrong.kind}-${JSON.stringify(wrong).length}`, { a: '1' });

      const answer = await bench.source.sync({
        ...at(`auth-${wrong.kind}-${JSON.stringify(wrong).length}`, { credentials: wrong }),
        branch: 'main',
        paths: ['.'],
      });

      expect(answer).toMatchObject({ kind: 'auth', message: expect.stringContaining(git.baseUrl) });
      expect(JSON.stringify(answer)).not.toContain('wr0ng');
    });

    it.skipIf(process.platform !== 'linux')('shows the token in no command line', async () => {
      await git.createRepository('argv', { a: '1' });
      const held = git.holdNext('argv', 'fetch');
      const answer = bench.source.sync({ ...at('argv'), branch: 'main', paths: ['.'] });
      await held.arrived;
      const lines = readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .map(commandLine);
      held.release();
      await answer;

      expect(lines.some((line) => line.includes(git.url('argv')))).toBe(true);
      expect(lines.filter((line) => line.includes(git.token))).toEqual([]);
    });

    it('says so when a repository asks for credentials and there are none', async () => {
      await git.createRepository('closed', { a: '1' });

      const answer = await bench.source.sync({
        ...at('closed', { credentials: { kind: 'none' } }),
        branch: 'main',
        paths: ['.'],
      });

      expect(answer).toEqual({
        kind: 'auth',
        message: `Repository ${git.url('closed')} asks for credentials, and spec.credentials gives none.`,
      });
    });

    it('says denied when the account may only read', async () => {
      const told = await aRevert();
      const reader: Credentials = { kind: 'token', token: git.readToken };
      await bench.source.merge({ ...at(told.name, { credentials: reader }), ...told.plan });

      const answer = await bench.source.push({ ...at(told.name, { credentials: reader }), ...told.push });

      expect(answer).toMatchObject({ kind: 'denied', why: expect.stringContaining('may not write') });
    });

    it('says denied with the words of the host for a protected branch', async () => {
      const told = await aRevert();
      git.protectBranches(told.name, ['main']);

      expect(await bench.source.push({ ...at(told.name), ...told.push })).toMatchObject({
        kind: 'denied',
        why: expect.stringContaining('are declined'),
      });
    });

    it('says moved when somebody is faster while our push is on its way', async () => {
      const told = await aRevert();
      const held = git.holdNext(told.name, 'push');
      const pushing = bench.source.push({ ...at(told.name), ...told.push });
      await held.arrived;
      const tip = await git.commit(told.name, 'main', { 'other.yaml': 'o: 1\n' });
      held.release();

      expect(await pushing).toEqual({ kind: 'moved', tip });
      expect(await git.tip(told.name)).toBe(tip);
    });

    it('knows that a push arrived although its answer was lost', async () => {
      const told = await aRevert();
      await git.setFault('lost-answer');

      const first = await bench.source.push({ ...at(told.name), ...told.push });
      await git.setFault(undefined);
      const second = await bench.source.push({ ...at(told.name), ...told.push });

      expect([first, second]).toEqual([{ kind: 'contained' }, { kind: 'contained' }]);
      expect(git.pushes(told.name)).toHaveLength(1);
    });

    it.each([
      ['unreachable', 'unreachable'],
      ['500', 'unreachable'],
      ['503', 'unreachable'],
      ['cut', 'unreachable'],
      ['401', 'auth'],
      ['hang', 'timeout'],
    ] as const)('answers each call in time when the server is %s', async (fault, kind) => {
      const told = await aRevert();
      await git.setFault(fault);
      const short = at(told.name, { deadlineMs: 1_500 });

      const answers = await Promise.all([
        bench.source.sync({ ...short, branch: 'main', paths: ['.'] }),
        bench.source.push({ ...short, ...told.push }),
        bench.source.render({ ...short, branch: 'main', commit: 'd'.repeat(40), path: '.', alsoPaths: [] }),
      ]);
      await git.setFault(undefined);

      expect(answers.map((answer) => answer.kind)).toEqual([kind, kind, kind]);
      expect(await bench.source.push({ ...at(told.name), ...told.push })).toEqual({ kind: 'pushed' });
    });

    it('finishes a first fetch although its caller could not wait, and drops a later one', async () => {
      const tip = await git.createRepository('slow', { a: '1' });
      const sync = (deadlineMs: number) =>
        bench.source.sync({ ...at('slow', { deadlineMs }), branch: 'main', paths: ['.'] });
      const held = git.holdNext('slow', 'fetch');
      const first = await sync(700);
      held.release();
      const second = await sync(15_000);
      const heldAgain = git.holdNext('slow', 'fetch');
      const third = await sync(700);
      const fourth = await sync(15_000);
      heldAgain.release();

      expect([first.kind, third.kind]).toEqual(['timeout', 'timeout']);
      // The fourth did not have to wait for the third, which is still being held.
      expect([second, fourth]).toMatchObject([
        { kind: 'ok', commit: tip },
        { kind: 'ok', commit: tip },
      ]);
    });

    it('does what the cache knows while the server is away', async () => {
      const told = await aRevert();
      await bench.source.sync({ ...at(told.name), branch: 'main', paths: ['.'] });
      await git.setFault('unreachable');

      expect(await bench.source.merge({ ...at(told.name), ...told.plan })).toMatchObject({
        kind: 'merged',
        commit: told.commit,
      });
      expect(
        await bench.source.compare({ ...at(told.name), commit: told.good, other: told.bad, paths: ['shop'] }),
      ).toMatchObject({ kind: 'ok', commitsBetween: 1 });
    });

    it('refuses a host that the address policy refuses', async () => {
      const strict = await startWorkbench({ addresses: {} });

      const answer = await strict.source.sync({ ...at('poll'), branch: 'main', paths: ['.'] });
      await strict.stop();

      expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('loopback') });
    });

    it('serves over TLS with the authority of the credentials, and not without', async () => {
      const tls = await startGitServer({ tls: true });
      const commit = await tls.createRepository('tls', { a: '1' });
      const call = { branch: 'main', paths: ['.'] };

      const without = await bench.source.sync({
        ...base(tls.url('tls'), { kind: 'token', token: tls.token }),
        ...call,
      });
      const caFile = readFileSync(tls.caPath ?? '', 'utf8');
      const withCa = await bench.source.sync({
        ...base(tls.url('tls'), { kind: 'token', token: tls.token, caFile }),
        ...call,
      });
      await tls.stop();

      expect(without).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/certificate/i) });
      expect(withCa).toMatchObject({ kind: 'ok', commit });
    });
  },
);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    // It has ended since the folder was listed.
    return error instanceof Error ? '' : 'unknown';
  }
}
