/**
 * The demo as a newcomer runs it: real controller, source process and Git on the simulated cluster, without a terminal,
 * with a Git configuration that would get in the way, and with nothing left behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'demo.ts');
// oxlint-disable-next-line no-control-regex
const escapeCode = /\u001b/;
const terminalTool = '/usr/bin/script';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('npm run demo', () => {
  let folder: string;
  let temporary: string;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
    temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    writeFileSync(
      join(folder, '.gitconfig'),
      '[commit]\n\tgpgSign = true\n[init]\n\tdefaultBranch = trunk\n[core]\n\thooksPath = /nowhere\n',
    );
  });
  afterEach(() => {
    if (child?.exitCode === null) child.kill('SIGTERM');
    child = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** `onOut` gets everything that was written so far. */
  function run(
    command: readonly string[],
    onOut: (out: string, child: ChildProcess) => void = () => undefined,
  ): Promise<Ended> {
    const [program = '', ...args] = command;
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: temporary,
      FORCE_COLOR: '1',
      TERM: 'xterm-256color',
      GIT_DIR: '/nowhere',
      TIDEGATE_API_GROUP: 'argoproj.io',
    };
    const started = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    child = started;
    let out = '';
    let err = '';
    started.stdout.on('data', (part: Buffer) => {
      out += part.toString('utf8');
      onOut(out, started);
    });
    started.stderr.on('data', (part: Buffer) => {
      err += part.toString('utf8');
    });
    return new Promise((resolve) => {
      started.once('close', (code) => resolve({ code, out, err }));
    });
  }

  const demo = (...flags: readonly string[]): readonly string[] => [process.execPath, script, ...flags];

  /** Files in the folder for temporary files, and processes that know of it. */
  function leftBehind(): { readonly files: readonly string[]; readonly processes: readonly string[] } {
    const pids = existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
    const processes = pids.flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(temporary) ? [line] : [];
      } catch (error) {
        // It ended in between.
        return error instanceof Error && 'code' in error ? [] : [String(error)];
      }
    });
    return { files: readdirSync(temporary), processes };
  }

  it('plays all scenarios, proves each by Git and gateway, and leaves only the timeline', async () => {
    const { code, out, err } = await run(demo('--json', '--speed', '10'));

    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const results = events.filter(({ type }) => type === 'result');
    expect(results.map(({ problems }) => problems)).toEqual([undefined, undefined, undefined]);
    expect(results).toMatchObject([
      {
        scenario: 'good-release',
        outcome: 'Promoted',
        abortToStableMs: null,
        revertCommit: null,
        headTreeEqualsGood: true,
      },
      { scenario: 'bad-release', outcome: 'RolledBack', headTreeEqualsGood: true },
      {
        scenario: 'gate',
        outcome: 'GatePromoted',
        abortToStableMs: null,
        revertCommit: null,
        headTreeEqualsGood: true,
      },
    ]);
    const [, bad = {}] = results;
    expect(bad['revertCommit']).toMatch(/^[0-9a-f]{40}$/);
    expect(bad['exposedRequests']).toBeGreaterThan(0);
    expect(bad['abortToStableMs']).toBeGreaterThanOrEqual(0);
    expect(bad['abortToStableMs']).toBeLessThan(5_000);
    for (const scenario of ['good-release', 'bad-release', 'gate'])
      expect(events.findLast((event) => event['scenario'] === scenario)).toMatchObject({ type: 'result' });
    expect(events.at(-1)).toMatchObject({ type: 'result' });
    expect(events.find(({ type }) => type === 'promote')).toMatchObject({
      command: 'kubectl tidegate promote web -n shop',
    });
    expect(err).toBe('');
    expect(code).toBe(0);

    const { files, processes } = leftBehind();
    expect(processes).toEqual([]);
    expect(files).toEqual([expect.stringMatching(/^tidegate-timeline-[0-9a-f]{8}\.svg$/)]);
    const svg = readFileSync(join(temporary, files[0] ?? ''), 'utf8');
    expect(svg).toContain(`revert ${String(bad['revertCommit']).slice(0, 7)} pushed by Tidegate`);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('writes clean lines into a pipe', async () => {
    const { code, out } = await run(demo('--scenario', 'bad-release', '--speed', '10'));

    expect(out).not.toMatch(escapeCode);
    for (const line of out.trim().split('\n')) expect(line).toMatch(/^\d\d:\d\d:\d\dZ [a-z-]+ +\S/);
    expect(out).toMatch(/rolled-back web 1\.2\.0 check=success-rate got=\S+% want>=95%/);
    expect(out).toMatch(/result +bad-release RolledBack in .* head-is-good=yes/);
    expect(code).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends on %s in the middle of a release and removes everything', async (signal, expected) => {
    const { code, err } = await run(demo('--json', '--speed', '10'), (out, started) => {
      if (out.includes('"type":"commit"')) started.kill(signal);
    });

    expect(err).toBe('');
    expect(code).toBe(expected);
    expect(leftBehind()).toEqual({ files: [], processes: [] });
  });

  it('takes controller and source process along when it is killed', async () => {
    let running: readonly string[] = [];
    await run(demo('--json', '--speed', '10'), (out, started) => {
      if (started.killed || !out.includes('"type":"commit"')) return;
      running = leftBehind().processes;
      started.kill('SIGKILL');
    });

    // The source process may have a Git command under way.
    const roles = running.flatMap((line) => / (controller|source) --/.exec(line)?.[1] ?? []);
    expect(new Set(roles)).toEqual(new Set(['controller', 'source']));
    await expect.poll(() => leftBehind().processes, { timeout: 15_000 }).toEqual([]);
  });

  it('ends when whoever reads the pipe stops', async () => {
    const { code } = await run(demo('--speed', '10'), (_, started) => started.stdout?.destroy());

    expect(code).toBe(129);
    expect(leftBehind()).toEqual({ files: [], processes: [] });
  });

  it('says in one sentence that there is no folder for temporary files', async () => {
    temporary = '/proc/none';
    const { code, out, err } = await run(demo('--json'));

    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: 'The demo cannot make a folder in "/proc/none" (ENOENT): set TMPDIR to a folder that is there and that you may write to.\n',
    });
  });

  it('refuses a wrong flag in one sentence and starts nothing', async () => {
    const { code, out, err } = await run(demo('--sped', '10'));

    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: 'There is no flag "--sped": run "npm run demo -- --help" for the list.\n',
    });
    expect(leftBehind()).toEqual({ files: [], processes: [] });
  });

  it.skipIf(!existsSync(terminalTool))(
    `shows the live view on a terminal and gives the terminal back on Ctrl-C${existsSync(terminalTool) ? '' : ' (skipped: there is no script program)'}`,
    async () => {
      const line = demo('--speed', '10')
        .map((word) => `'${word}'`)
        .join(' ');
      let typed = false;
      const { code, out } = await run(
        [terminalTool, '-qec', `stty cols 80 rows 24; ${line}`, '/dev/null'],
        (text, started) => {
          if (typed || !text.includes('leave (removes everything)')) return;
          typed = true;
          started.stdin?.write('\u0003');
        },
      );

      expect(code).toBe(130);
      expect(out).toContain('simulated cluster');
      // Enters the alternate screen, and leaves it last, with the cursor on again.
      expect(out.indexOf('\u001b[?1049h')).toBeGreaterThanOrEqual(0);
      expect(out.indexOf('\u001b[?1049l')).toBeGreaterThan(out.indexOf('\u001b[?1049h'));
      expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(out.lastIndexOf('\u001b[?25l'));
      expect(leftBehind()).toEqual({ files: [], processes: [] });
    },
  );
});
