/** The source process against a real sshd: the right key and host, and each of them wrong. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSshServer, sshServerMissing, type SshServer } from '../../bed/ssh-server.ts';
import { at, mergeWords, startWorkbench, type Workbench } from './workbench.ts';

const missing = sshServerMissing();

describe.skipIf(missing !== undefined)(
  `source over SSH${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let bench: Workbench;
    let ssh: SshServer;

    beforeAll(async () => {
      bench = await startWorkbench();
      ssh = await startSshServer(bench.repositories.root);
    });
    afterAll(async () => {
      await ssh?.stop();
      await bench.stop();
    });

    const key = (more: { privateKey?: string; knownHosts?: string } = {}) => ({
      kind: 'ssh' as const,
      privateKey: ssh.privateKey,
      knownHosts: ssh.knownHosts,
      ...more,
    });

    it('fetches, reverts and pushes', async () => {
      const good = await bench.repositories.createRepository('ssh', { 'shop/a.yaml': 'a: 1\n' });
      const bad = await bench.repositories.commit('ssh', 'main', { 'shop/a.yaml': 'a: 2\n' });
      const call = at(ssh.url('ssh'), key());

      const merged = await bench.source.merge({
        ...call,
        branch: 'main',
        tip: bad,
        paths: ['shop'],
        bad,
        good,
        ...mergeWords,
      });
      const commit = merged.kind === 'merged' ? merged.commit : JSON.stringify(merged);
      const pushed = await bench.source.push({ ...call, branch: 'main', commit, expectedTip: bad });

      expect(pushed).toEqual({ kind: 'pushed' });
      expect(await bench.repositories.tip('ssh')).toBe(commit);
    });

    it('does not talk to a host whose key is another', async () => {
      await bench.repositories.createRepository('ssh-host', { a: '1' });

      const answer = await bench.source.sync({
        ...at(ssh.url('ssh-host'), key({ knownHosts: ssh.otherHosts })),
        branch: 'main',
        paths: ['.'],
      });

      expect(answer).toMatchObject({ kind: 'auth', message: expect.stringContaining('knownHosts') });
    });

    it('says auth for a key that may not log in, and for none', async () => {
      await bench.repositories.createRepository('ssh-key', { a: '1' });

      const answers = [
        await bench.source.sync({
          ...at(ssh.url('ssh-key'), key({ privateKey: 'not a key' })),
          branch: 'main',
          paths: ['.'],
        }),
        await bench.source.sync({ ...at(ssh.url('ssh-key')), branch: 'main', paths: ['.'] }),
      ];

      expect(answers.map((answer) => answer.kind)).toEqual(['auth', 'auth']);
      expect(JSON.stringify(answers)).not.toContain('not a key');
    });
  },
);
