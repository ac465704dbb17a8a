/** The verbs of `kubectl tidegate` and their flags; what each does is in commands/. */

import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import type { CommandVerb } from '../crds/schema/keys.ts';
import { parseJsonObject } from '../kube/json.ts';
import { act } from './commands/act.ts';
import { adopt } from './commands/adopt.ts';
import { eject } from './commands/eject.ts';
import { explain } from './commands/explain.ts';
import { get } from './commands/get.ts';
import { showHistory } from './commands/history.ts';
import { status } from './commands/status.ts';
import { CliError, type ExitCode, exitCode } from './exit-code.ts';
import { durationFlag, SharedFlags, withSharedFlags } from './flags.ts';
import { safeText } from './output.ts';
import { openSession, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';

export interface ProgramOptions {
  readonly terminal: Terminal;
  readonly version: string;
  /** How the tool was called: "kubectl tidegate" or its own name. */
  readonly program: string;
}

type Body = (session: Session) => Promise<ExitCode | void>;

/** Runs one command line (without node and script) and gives its exit code. Never throws; errors are told on stderr. */
export async function runCommandLine(args: readonly string[], given: ProgramOptions): Promise<ExitCode> {
  const options = {
    ...given,
    terminal: { ...given.terminal, err: (text: string) => given.terminal.err(safeText(text)) },
  };
  let code: ExitCode = exitCode.ok;
  const root = program(options, async (flags, body) => {
    code = await inSession(flags, options, body);
  });
  try {
    await root.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return toldCode(error, options.terminal);
  }
}

async function inSession(flags: unknown, { terminal, version }: ProgramOptions, body: Body): Promise<ExitCode> {
  const session = await openSession(SharedFlags.parse(flags), terminal, version);
  try {
    return (await body(session)) ?? exitCode.ok;
  } finally {
    session.close();
  }
}

function toldCode(error: unknown, terminal: Terminal): ExitCode {
  // Commander has told usage errors already; help and version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  const message = error instanceof Error ? error.message : String(error);
  if (message !== '') terminal.err(`error: ${message}\n`);
  if (terminal.signal.aborted) return exitCode.interrupted;
  return error instanceof CliError ? error.code : exitCode.unexpected;
}

type Run = (flags: unknown, body: Body) => Promise<void>;

function program({ terminal, version, program: name }: ProgramOptions, run: Run): Command {
  const root = new Command(name)
    .description('Shows why a rollout is where it is, and moves it.')
    .version(version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) });
  addLooking(root, name, run);
  addActing(root, run);
  addStatus(root, run);
  addHandOver(root, run);
  return root;
}

function addLooking(root: Command, name: string, run: Run): void {
  withSharedFlags(
    root.command('get [rollout...]').description('one Rollout with its revisions and pods, or all of a namespace'),
  )
    .option('-A, --all-namespaces', 'all namespaces')
    .option('-l, --selector <selector>', 'label selector')
    .option('-w, --watch', 'show it again whenever it changes')
    .option('--no-headers', 'leave the column titles out')
    .action(async (words: string[], flags: unknown) => {
      const rollout = oneName(words);
      const { allNamespaces, selector, watch, headers } = GetFlags.parse(flags);
      const named = rollout === undefined ? {} : { name: bare(rollout) };
      const filter = selector === undefined ? {} : { selector };
      await run(flags, (session) => get(session, { ...named, ...filter, allNamespaces, watch, headers }));
    });
  withSharedFlags(
    root.command('explain <rollout>').description('why a Rollout is where it is, and what would move it'),
  ).action(async (rollout: string, flags: unknown) => {
    await run(flags, (session) => explain(session, bare(rollout), name));
  });
  withSharedFlags(root.command('history [rollout]').description('what was released, by whom, and how it ended')).action(
    async (rollout: string | undefined, flags: unknown) => {
      await run(flags, (session) => showHistory(session, rollout === undefined ? undefined : bare(rollout)));
    },
  );
}

const descriptions: Readonly<Record<'promote' | 'pause' | 'resume' | 'abort' | 'retry', string>> = {
  promote: 'go on to the next step, or with --full to the end',
  pause: 'stop at the next safe point',
  resume: 'go on after a pause',
  abort: 'give all traffic back to the stable revision, and Git back to the last good commit',
  retry: 'start the aborted revision again',
};

function addActing(root: Command, run: Run): void {
  for (const verb of ['promote', 'pause', 'resume', 'abort', 'retry'] as const) {
    const command = withSharedFlags(root.command(`${verb} <rollout>`).description(descriptions[verb]))
      .option('--reason <text>', 'why; kept in the record')
      .option('--dry-run <mode>', 'server: check only, change nothing')
      .option('--wait <duration>', "how long to wait for the controller's answer; 0 does not wait (default 5s)");
    if (verb === 'promote') command.option('--full', 'skip all steps and analyses that are left');
    if (verb === 'abort') command.option('--keep-git', 'leave Git alone: no revert');
    command.action(async (rollout: string, flags: unknown) => {
      const { reason, wait, full, keepGit, dryRun } = ActFlags.parse(flags);
      if (dryRun !== undefined && dryRun !== 'server')
        throw new CliError(exitCode.usage, `--dry-run is "${dryRun}": use server`);
      const asked: CommandVerb = verb === 'promote' && full ? 'promote-full' : verb;
      const waitMs = durationFlag('--wait', wait);
      const why = reason === undefined ? {} : { reason };
      await run(flags, (session) =>
        act(session, { verb: asked, name: bare(rollout), ...why, keepGit, dryRun: dryRun === 'server', waitMs }),
      );
    });
  }
}

function addStatus(root: Command, run: Run): void {
  withSharedFlags(root.command('status <rollout>').description('wait for a state; the exit code says how it went'))
    .option('--for <state>', 'complete, healthy, gate, step=N or weight=N; several with commas (default healthy)')
    .option('--revision <revision>', 'pod template hash or number of the revision meant')
    .option('--commit <sha>', 'commit meant')
    .option('--timeout <duration>', 'longest wait; 0 looks once (default 10m)')
    .action(async (rollout: string, flags: unknown) => {
      const { for: goals, revision, commit, timeout } = StatusFlags.parse(flags);
      const timeoutMs = durationFlag('--timeout', timeout);
      const target = { ...(revision === undefined ? {} : { revision }), ...(commit === undefined ? {} : { commit }) };
      await run(flags, (session) =>
        status(session, { name: bare(rollout), goals: goals.split(','), ...target, timeoutMs }),
      );
    });
}

const defaultStrategy = '{"canary":{"steps":[{"setWeight":20},{"pause":{}}]}}';

function addHandOver(root: Command, run: Run): void {
  withSharedFlags(
    root.command('adopt <deployment>').description('a Rollout takes over the pods of a Deployment, without a restart'),
  )
    .option('--strategy <json>', `spec.strategy of the Rollout (default ${defaultStrategy})`)
    .option('--dry-run', 'check and tell the steps only, change nothing')
    .option('--timeout <duration>', 'longest wait for the Rollout to be Healthy (default 1m)')
    .action(async (deployment: string, flags: unknown) => {
      const { strategy, dryRun, timeout } = AdoptFlags.parse(flags);
      const parsed = parseJsonObject(strategy);
      if (parsed === undefined)
        throw new CliError(exitCode.usage, '--strategy is not a JSON object: give spec.strategy of a Rollout');
      const name = deployment.replace(/^(deployments?|deploy)(\.apps)?\//, '');
      const timeoutMs = durationFlag('--timeout', timeout);
      await run(flags, (session) => adopt(session, { name, strategy: parsed, dryRun, timeoutMs }));
    });
  withSharedFlags(
    root.command('eject <rollout>').description('gives adopted pods back to their Deployment, without a restart'),
  )
    .option('--dry-run', 'check and tell the steps only, change nothing')
    .action(async (rollout: string, flags: unknown) => {
      const { dryRun } = EjectFlags.parse(flags);
      await run(flags, (session) => eject(session, { name: bare(rollout), dryRun }));
    });
}

const EjectFlags = z.object({ dryRun: z.boolean().default(false) });
const AdoptFlags = EjectFlags.extend({
  strategy: z.string().default(defaultStrategy),
  timeout: z.string().default('1m'),
});

const GetFlags = z.object({
  allNamespaces: z.boolean().default(false),
  selector: z.string().optional(),
  watch: z.boolean().default(false),
  headers: z.boolean().default(true),
});

const ActFlags = z.object({
  reason: z.string().max(1000).optional(),
  wait: z.string().default('5s'),
  full: z.boolean().default(false),
  keepGit: z.boolean().default(false),
  dryRun: z.string().optional(),
});

const StatusFlags = z.object({
  for: z.string().default('healthy'),
  revision: z.string().optional(),
  commit: z.string().optional(),
  timeout: z.string().default('10m'),
});

/** `get web`, `get rollout web` and `get rollouts`, as kubectl users write it. */
function oneName(words: readonly string[]): string | undefined {
  const [first = '', ...rest] = words;
  const names = ['rollout', 'rollouts', 'ro'].includes(first) ? rest : words;
  if (names.length <= 1) return names[0];
  throw new CliError(exitCode.usage, `get takes one Rollout, not ${names.join(', ')}: give one name, or none for all`);
}

/** kubectl users also write rollout/web. */
function bare(name: string): string {
  return name.replace(/^rollouts?(\.[a-z.]+)?\//, '');
}
