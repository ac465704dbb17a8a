/** Plays one plan from the first object to a quiet end, and says what came of it. */

import { createHash } from 'node:crypto';
import type { Log } from '../../../kube/api.ts';
import { silentLog } from '../../../kube/silent-log.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { CountedWrite } from '../plan/occurrences.ts';
import type { Plan, PlannedFault } from '../plan/plan.ts';
import type { LivenessOptions, Observer } from '../observer/observe.ts';
import { commitNames, type EndState, endState } from './end-state.ts';
import { observing, requestSeen } from './observing.ts';
import type { GitCall } from './trouble.ts';
import { isRevert, stories } from './stories.ts';
import { RanOut, type RunWorld, runWorld } from './world.ts';

export interface RunResult {
  /** `quiet`: the story came to its end and nothing was written after it. */
  readonly ended: 'quiet' | 'restless' | 'stuck' | 'broken';
  /** For every end but `quiet`. */
  readonly why?: string;
  readonly violations: readonly string[];
  /** Revert commits by the commit they take back. */
  readonly reverts: Readonly<Record<string, number>>;
  readonly writes: readonly CountedWrite[];
  readonly calls: Readonly<Partial<Record<GitCall, number>>>;
  readonly readings: number;
  /** Faults that found their place. */
  readonly struck: readonly PlannedFault[];
  /** Controller processes. */
  readonly starts: number;
  /** Controller processes that ended although nothing struck them. */
  readonly endedByThemselves: number;
  /** Of the story, without the rest after it. */
  readonly storyMs: number;
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly endState: EndState;
  /** Of the commit log, Leases and Events aside: the same plan gives the same one. */
  readonly logHash: string;
  readonly commits: number;
}

export interface RunOptions {
  readonly log?: (room: string) => Log;
  readonly onCommit?: (commit: Commit) => void;
  /** How long the story takes undisturbed; without it L01 sets no limit. */
  readonly undisturbedMs?: number;
}

/** After the story's end; a controller at rest polls Git in this time and writes nothing. */
const settleMs = 120_000;
const quietMs = 180_000;

export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  const beganMs = performance.now();
  const broken: string[] = [];
  const note = (error: unknown): void =>
    void broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.on('unhandledRejection', note);
  try {
    const log = commitLog();
    let observer: Observer | undefined;
    const world = await runWorld({
      plan,
      log: options.log ?? (() => silentLog),
      watch: (watched) => {
        observer = observing(plan, watched, livenessOf(plan, watched, options.undisturbedMs));
        watched.api.onCommit(log.take);
        if (options.onCommit !== undefined) watched.api.onCommit(options.onCommit);
      },
      seen: (request, userAgent) => observer?.request(requestSeen(request, userAgent)),
    });
    const end = await play(world, plan, log);
    const violations = observer?.finish() ?? [];
    const { writes, calls, readings, struck } = world.trouble;
    return {
      ...(broken[0] === undefined ? end : { ended: 'broken', why: broken[0] }),
      violations: violations.map(({ invariant, rv, sentence }) => `${invariant} at ${rv}: ${sentence}`),
      reverts: revertsOf(world),
      writes: writes.writes,
      calls: Object.fromEntries(calls),
      readings: readings(),
      struck: struck(),
      starts: world.starts(),
      endedByThemselves: world.endedByThemselves(),
      storyMs: world.time.elapsedMs() - settleMs - quietMs,
      virtualMs: world.time.elapsedMs(),
      wallMs: performance.now() - beganMs,
      endState: endState(world.state, world.git, commitNames(world.git.log())),
      logHash: log.hash(),
      commits: log.count(),
    };
  } finally {
    process.off('unhandledRejection', note);
  }
}

/** A crash may be followed by a minute of nobody, and a lease that has to run out; a request is given up after ten seconds. */
const heldByFaultMs = 90_000;

/** From the last fault on it may take twice as long as the whole story does undisturbed, and what the faults hold back. */
function livenessOf(plan: Plan, world: Pick<RunWorld, 'time' | 'trouble'>, undisturbedMs?: number): LivenessOptions {
  const beganAt = world.time.now();
  const heldMs = plan.faults.map(({ ms = 0, times = 1 }) => heldByFaultMs + ms + times * 2_000);
  return {
    expect: 'settled',
    // Longer than three polls of the GitSync, each of them a pass over everything.
    quietMs,
    // Asked at the end, when the last fault is known.
    get since() {
      return Math.max(beganAt, world.trouble.lastStruckAt());
    },
    ...(undisturbedMs === undefined
      ? {}
      : { withinMs: 2 * undisturbedMs + settleMs + heldMs.reduce((all, one) => all + one, 0) }),
  };
}

type End = Pick<RunResult, 'ended'> & { readonly why?: string };

async function play(world: RunWorld, plan: Plan, log: CommitLog): Promise<End> {
  try {
    await stories[plan.scenario](world);
  } catch (error) {
    if (!(error instanceof RanOut)) throw error;
    return { ended: 'stuck', why: error.message };
  }
  await world.pass(settleMs);
  log.forgetLast();
  await world.pass(quietMs);
  const last = log.last();
  return last === undefined ? { ended: 'quiet' } : { ended: 'restless', why: `still writing: ${last}` };
}

interface CommitLog {
  readonly take: (commit: Commit) => void;
  hash(): string;
  count(): number;
  /** The controller's last write since `forgetLast`. */
  last(): string | undefined;
  forgetLast(): void;
}

const exempt: ReadonlySet<string> = new Set(['Lease', 'Event']);

function commitLog(): CommitLog {
  const hash = createHash('sha256');
  let count = 0;
  let last: string | undefined;
  return {
    take({ caller, verb, kind, name, subresource, after }) {
      if (exempt.has(kind)) return;
      count += 1;
      hash.update(
        JSON.stringify([verb, kind, subresource, name, caller.user, after?.spec ?? null, after?.status ?? null]),
      );
      if (caller.userAgent.startsWith('tidegate-controller')) last = `${verb} ${kind} ${name} ${subresource}`;
    },
    hash: () => hash.copy().digest('hex'),
    count: () => count,
    last: () => last,
    forgetLast: () => {
      last = undefined;
    },
  };
}

function revertsOf({ git }: RunWorld): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { message } of git.log().filter((commit) => isRevert(commit.message))) {
    const [, of = ''] = /^Tidegate-Revert-Of: *(\S+)/m.exec(message) ?? [];
    found[of] = (found[of] ?? 0) + 1;
  }
  return found;
}
