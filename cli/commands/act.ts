/** The verbs that change something: each is one command written to the Rollout as annotations, and one recorded outcome. */

import { randomUUID } from 'node:crypto';
import type { CommandVerb } from '../../crds/schema/keys.ts';
import type { ApiResult } from '../../kube/api.ts';
import { apiError, CliError, type ExitCode, exitCode } from '../exit-code.ts';
import { show } from '../output.ts';
import { readOutline } from '../read-scene.ts';
import { rolloutKey, type Session, whoAmI } from '../session.ts';
import { decisionsOf, type Decisions, type Scene, statusOf } from '../view/scene.ts';
import { refusal } from '../view/situation.ts';
import { mark } from '../view/style.ts';

/** The controller writes the object often, so a stale read is routine. */
const maxWriteAttempts = 20;
const pollMs = 200;

export interface ActOptions {
  readonly verb: CommandVerb;
  readonly name: string;
  readonly reason?: string;
  readonly keepGit: boolean;
  readonly dryRun: boolean;
  /** How long to wait for the outcome; 0 does not wait. */
  readonly waitMs: number;
}

export interface CommandResult {
  readonly apiVersion: 'view.tidegate.io/v1';
  readonly kind: 'CommandResult';
  readonly namespace: string;
  readonly name: string;
  readonly verb: CommandVerb;
  readonly id: string;
  readonly actor: string;
  /** Recorded: written, and no outcome waited for. Unanswered: no outcome within --wait. */
  readonly outcome: 'Applied' | 'Rejected' | 'Superseded' | 'Recorded' | 'Unanswered' | 'DryRun';
  readonly message: string;
}

export async function act(session: Session, options: ActOptions): Promise<ExitCode> {
  const { terminal } = session;
  if (terminal.outIsTty)
    terminal.err(`${options.verb} ${options.name} in namespace ${session.namespace} of ${session.server}\n`);
  const actor = await whoAmI(session);
  const id = randomUUID();
  await writeCommand(session, options, id, actor);
  const result = await resultOf(session, options, id, actor);
  const text = () => `${mark(result.outcome, session.style)}  ${result.message}\n`;
  show(
    { view: result, text, names: [`rollout.${session.dialect.group}/${options.name}`] },
    session.flags.output,
    terminal,
  );
  return codeOf(result);
}

/** One merge patch with the resourceVersion that was judged: a changed object is judged again, never written blindly. */
async function writeCommand(session: Session, options: ActOptions, id: string, actor: string): Promise<void> {
  for (let attempt = 1; attempt <= maxWriteAttempts; attempt += 1) {
    const scene = await readOutline(session, options.name);
    // The write may have happened although its answer was lost or a conflict: then there is nothing left to do.
    if (scene.rollout.metadata.annotations?.[session.keys.commandId] === id) return;
    const why = refusal(options.verb, scene);
    if (why !== undefined) throw new CliError(exitCode.usage, why);
    const patch = { metadata: { annotations: annotations(session, scene, options, id, actor) } };
    const answer = await session.client.merge(rolloutKey(session, options.name), patch, {
      ...session.call,
      ...preconditions(scene),
      fieldManager: 'kubectl-tidegate',
      dryRun: options.dryRun,
    });
    if (answer.kind === 'ok') return;
    if (answer.kind !== 'conflict' && answer.kind !== 'unknown' && answer.kind !== 'busy') {
      throw apiError(`${options.verb} Rollout ${session.namespace}/${options.name}`, answer);
    }
    if (attempt === maxWriteAttempts)
      throw apiError(`${options.verb} Rollout ${session.namespace}/${options.name}`, answer);
    await session.terminal.clock.sleep(pauseAfter(answer), session.terminal.signal);
  }
}

/** After a conflict at once, since every moment of waiting is one for the next writer. */
function pauseAfter(answer: ApiResult): number {
  if (answer.kind === 'conflict') return 0;
  return answer.kind === 'busy' ? answer.retryAfterMs : pollMs;
}

function preconditions({ rollout }: Scene): { readonly resourceVersion?: string; readonly uid?: string } {
  const { resourceVersion, uid } = rollout.metadata;
  return { ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(uid === undefined ? {} : { uid }) };
}

/** Every field of the command, so that nothing of an earlier one stays; null deletes. */
function annotations(
  session: Session,
  scene: Scene,
  options: ActOptions,
  id: string,
  actor: string,
): Record<string, string | null> {
  const { keys } = session;
  const { currentPodHash, currentStepIndex } = statusOf(scene.rollout);
  const bound = options.verb === 'promote' && currentStepIndex !== undefined;
  return {
    [keys.command]: options.verb,
    [keys.commandId]: id,
    [keys.commandRevision]: currentPodHash ?? null,
    [keys.commandStep]: bound ? String(currentStepIndex) : null,
    [keys.commandActor]: actor,
    [keys.commandReason]: options.reason ?? null,
    [keys.commandKeepGit]: options.keepGit ? 'true' : null,
  };
}

async function resultOf(session: Session, options: ActOptions, id: string, actor: string): Promise<CommandResult> {
  const { verb, name, waitMs, dryRun } = options;
  const base = {
    apiVersion: 'view.tidegate.io/v1',
    kind: 'CommandResult',
    namespace: session.namespace,
    name,
    verb,
    id,
    actor,
  } as const;
  if (dryRun)
    return { ...base, outcome: 'DryRun', message: `${verb} ${name} would be accepted by the API server (dry run)` };
  if (waitMs === 0) return { ...base, outcome: 'Recorded', message: `${verb} ${name} is recorded as command ${id}` };
  const outcome = await waitForOutcome(session, name, id, waitMs);
  if (outcome !== undefined) return { ...base, outcome: outcome.outcome, message: outcome.message };
  const message = `${verb} ${name} is recorded as command ${id}, but the controller has not answered within ${waitMs / 1000} s: check that it runs and serves this namespace`;
  return { ...base, outcome: 'Unanswered', message };
}

type LastCommand = NonNullable<Decisions['lastCommand']>;

async function waitForOutcome(
  session: Session,
  name: string,
  id: string,
  waitMs: number,
): Promise<LastCommand | undefined> {
  const { clock, signal } = session.terminal;
  const deadlineMs = clock.monotonicMs() + waitMs;
  while (!signal.aborted) {
    const answered = await answerTo(session, name, id);
    if (answered !== undefined) return answered;
    if (clock.monotonicMs() >= deadlineMs) return undefined;
    await clock.sleep(pollMs, signal);
  }
  throw new CliError(exitCode.interrupted, `interrupted; the command ${id} is recorded and may still be carried out`);
}

/** A read that fails here is only a missing answer: the command itself is written. */
async function answerTo(session: Session, name: string, id: string): Promise<LastCommand | undefined> {
  try {
    const { lastCommand } = decisionsOf(await readOutline(session, name));
    return lastCommand?.id === id ? lastCommand : undefined;
  } catch (error) {
    if (error instanceof CliError && error.code === exitCode.unexpected) return undefined;
    throw error;
  }
}

function codeOf({ outcome }: CommandResult): ExitCode {
  switch (outcome) {
    case 'Applied':
    case 'Recorded':
    case 'DryRun':
      return exitCode.ok;
    case 'Rejected':
      return exitCode.usage;
    case 'Superseded':
      return exitCode.superseded;
    case 'Unanswered':
      return exitCode.timeout;
  }
}
