/** `status --for`: waits for a state of one revision and says by its exit code how that went. */

import { CliError, type ExitCode, exitCode } from '../exit-code.ts';
import { show } from '../output.ts';
import { readScene } from '../read-scene.ts';
import type { Session } from '../session.ts';
import { type Goal, goalText, type Outcome, outcomeOf, parseGoal, type Target } from '../view/outcome.ts';
import type { Scene } from '../view/scene.ts';
import { phaseOf } from '../view/rollout-view.ts';
import { situationOf } from '../view/situation.ts';
import { statusOf } from '../view/scene.ts';

const pollMs = 500;
const heartbeatMs = 30_000;

export interface StatusOptions {
  readonly name: string;
  readonly goals: readonly string[];
  readonly revision?: string;
  readonly commit?: string;
  /** 0: one look, no waiting. */
  readonly timeoutMs: number;
}

export interface StatusResult {
  readonly apiVersion: 'view.tidegate.io/v1';
  readonly kind: 'StatusResult';
  readonly namespace: string;
  readonly name: string;
  readonly for: readonly string[];
  readonly exitCode: number;
  readonly message: string;
  readonly phase: string;
  readonly podHash?: string;
}

export async function status(session: Session, options: StatusOptions): Promise<ExitCode> {
  const goals = options.goals.map(goalOf);
  const { clock, signal } = session.terminal;
  const deadlineMs = clock.monotonicMs() + options.timeoutMs;
  const progress = progressTeller(session);
  let target = targetOf(options);
  let scene: Scene | undefined;
  while (!signal.aborted) {
    scene = (await look(session, options.name, progress)) ?? scene;
    if (scene !== undefined) {
      target = pinned(target, scene);
      const outcome = outcomeOf(
        scene,
        target ?? { kind: 'generation', generation: scene.rollout.metadata.generation ?? 0 },
        goals,
      );
      if (outcome.kind === 'ended') return finish(session, scene, goals, outcome);
      progress(outcome.message);
    }
    if (clock.monotonicMs() >= deadlineMs) return timedOut(session, scene, goals, options);
    await clock.sleep(Math.min(pollMs, Math.max(1, deadlineMs - clock.monotonicMs())), signal);
  }
  throw new CliError(exitCode.interrupted, '');
}

function goalOf(text: string): Goal {
  const goal = parseGoal(text);
  if (goal !== undefined) return goal;
  throw new CliError(exitCode.usage, `--for is "${text}": use complete, healthy, gate, step=N or weight=N`);
}

function targetOf({ revision, commit }: StatusOptions): Target | undefined {
  if (commit !== undefined) {
    if (/^[0-9a-f]{7,64}$/.test(commit)) return { kind: 'commit', commit };
    throw new CliError(exitCode.usage, `--commit is "${commit}": give at least 7 hex digits of a commit id`);
  }
  if (revision === undefined) return undefined;
  return /^\d{1,9}$/.test(revision)
    ? { kind: 'revision', revision: Number(revision) }
    : { kind: 'hash', podHash: revision };
}

/** Without a named revision the one of the newest spec is meant, from the moment the controller has hashed it. */
function pinned(target: Target | undefined, scene: Scene): Target | undefined {
  const { currentPodHash } = statusOf(scene.rollout);
  if (target === undefined && situationOf(scene) !== 'unobserved' && currentPodHash !== undefined) {
    return { kind: 'hash', podHash: currentPodHash, seen: true };
  }
  return target?.kind === 'hash' && target.podHash === currentPodHash ? { ...target, seen: true } : target;
}

/** A lost connection is no answer: told, and asked again until the deadline. Not found or forbidden ends the wait. */
async function look(session: Session, name: string, progress: (message: string) => void): Promise<Scene | undefined> {
  try {
    return await readScene(session, name);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== exitCode.unexpected) throw error;
    progress(`${error.message}; asking again`);
    return undefined;
  }
}

/** Progress goes to stderr: each change once, and a sign of life every 30 s. */
function progressTeller({ terminal }: Session): (message: string) => void {
  let last = '';
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (message) => {
    const nowMs = terminal.clock.monotonicMs();
    if (message === last && nowMs - saidAtMs < heartbeatMs) return;
    last = message;
    saidAtMs = nowMs;
    terminal.err(`${message}\n`);
  };
}

function finish(
  session: Session,
  scene: Scene,
  goals: readonly Goal[],
  outcome: Extract<Outcome, { kind: 'ended' }>,
): ExitCode {
  const { podHash } = { podHash: statusOf(scene.rollout).currentPodHash };
  const view: StatusResult = {
    apiVersion: 'view.tidegate.io/v1',
    kind: 'StatusResult',
    namespace: session.namespace,
    name: scene.rollout.metadata.name,
    for: goals.map(goalText),
    exitCode: outcome.code,
    message: outcome.message,
    phase: phaseOf(scene).phase,
    ...(podHash === undefined ? {} : { podHash }),
  };
  const name = `rollout.${session.dialect.group}/${view.name}`;
  show({ view, text: () => `${outcome.message}\n`, names: [name] }, session.flags.output, session.terminal);
  return outcome.code;
}

function timedOut(
  session: Session,
  scene: Scene | undefined,
  goals: readonly Goal[],
  { name, timeoutMs }: StatusOptions,
): ExitCode {
  const wanted = goals.map(goalText).join(' or ');
  const message = `Rollout ${name} has not reached ${wanted} within ${timeoutMs / 1000} s`;
  if (scene === undefined) throw new CliError(exitCode.timeout, message);
  return finish(session, scene, goals, { kind: 'ended', code: exitCode.timeout, message });
}
