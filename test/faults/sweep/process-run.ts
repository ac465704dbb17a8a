/**
 * One run of the sweep: a first release, then a good or a bad one, the controller killed at most once, at one side of one
 * write; the observer looks at every commit. The run ends when the release has come to its end and the controller is at rest.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { observe, type Violation } from '../observer/observe.ts';
import type { CountedWrite } from '../plan/occurrences.ts';
import type { Fate, SeenRequest } from '../proxy/api-proxy.ts';
import type { PushMoment, RefMove } from '../proxy/git-gate.ts';
import { appName, appNamespace, filesOf, syncOf } from './app.ts';
import { isOfRest, isOver, isQuiet, leftBehind, quietMs, type Release } from './end.ts';
import { type GitWatcher, gitWatcher } from './git-watcher.ts';
import { type Target, type WriteJudge, writeJudge } from './write-judge.ts';
import { type ProcessWorld, repository, startProcessWorld } from './process-world.ts';

export interface RunOptions {
  readonly release: Release;
  readonly program: string;
  readonly seed: number;
  readonly target?: Target;
}

export interface RunResult {
  readonly release: Release;
  readonly target?: Target;
  /** Every write in order, pushes among them. */
  readonly writes: readonly CountedWrite[];
  /** How many of them came before the second commit. */
  readonly firstWrites: number;
  /** False when the write at which it should have been killed did not come. */
  readonly killed: boolean;
  readonly reverts: number;
  readonly violations: readonly Violation[];
  /** Why the killed program did not come up again. */
  readonly failure?: string | undefined;
  /** What the run left behind, as entries of an EndState; undefined when it did not end in time. */
  readonly end: readonly (readonly [string, string])[] | undefined;
  readonly wallMs: number;
}

const longestMs = 60_000;
/** 0.4 s of real time: what others changed within it, the controller need not have seen. */
const viewLagMs = 6_000;
/** 0.1 s of real time between a decision and its commit. */
const clockToleranceMs = 1_500;

export async function playRun(options: RunOptions): Promise<RunResult> {
  const startedMs = performance.now();
  const judge = writeJudge(options.target);
  let now = (): number => 0;
  const observer = observe({
    now: () => now(),
    viewLagMs,
    clockToleranceMs,
    liveness: { expect: 'healthy', quietMs },
  });
  const ofRequest = (seen: SeenRequest): Fate => {
    observer.request({ ...seen, path: withQuery(seen) });
    return judge.ofRequest(seen);
  };
  const watching: { watcher?: GitWatcher } = {};
  const onPush = async (moment: PushMoment, moves: readonly RefMove[]): Promise<boolean> => {
    const { watcher } = watching;
    if (moment === 'after')
      for (const move of moves) if (watcher) observer.git(await watcher.moved(move, 'tidegate', now()));
    return judge.ofPush(moment);
  };
  const world = await startProcessWorld({ ...options, judge: ofRequest, onPush });
  now = world.now;
  judge.crashes(() => world.crash({ emptyDisk: options.target?.emptyDisk ?? false }));
  const watcher = gitWatcher(world.git, repository, world.app.repositoryUrl);
  watching.watcher = watcher;
  const look = async (): Promise<void> => {
    const update = await watcher.committed('main', world.now());
    if (update !== undefined) observer.git(update);
  };
  await look();
  let last: Commit | undefined;
  const unsubscribe = world.api.onCommit((commit) => {
    if (isOfRest(commit)) last = commit;
    observer.commit(commit);
  });
  try {
    const isAtRest = (): boolean => isQuiet(last, world.now());
    let firstWrites = 0;
    const committed = async (): Promise<void> => {
      firstWrites = judge.writes().length;
      await look();
    };
    const ended = await play(world, options.release, { judge, isAtRest, committed });
    const reverts = (await world.git.log(repository)).filter(({ message }) => /^Tidegate-Revert-Of:/m.test(message));
    return {
      release: options.release,
      ...(options.target === undefined ? {} : { target: options.target }),
      writes: judge.writes(),
      firstWrites,
      killed: judge.killed(),
      reverts: reverts.length,
      violations: observer.finish(),
      ...(judge.failure() === undefined ? {} : { failure: judge.failure() }),
      end: ended ? [...(await leftBehind(world.state, world.git))] : undefined,
      wallMs: Math.round(performance.now() - startedMs),
    };
  } finally {
    unsubscribe();
    await world.stop();
  }
}

interface Course {
  readonly judge: WriteJudge;
  readonly isAtRest: () => boolean;
  /** Called after each commit of the developer. */
  committed(): Promise<void>;
}

/** False when one of the two releases did not come to its end in time. */
async function play(world: ProcessWorld, release: Release, course: Course): Promise<boolean> {
  const first = await world.git.tip(repository);
  const collection = `/apis/tidegate.io/v1alpha1/namespaces/${appNamespace}/gitsyncs`;
  world.write('POST', collection, syncOf(world.app));
  if (!(await ends(world, 'first', first ?? '', course))) return false;
  const version = release === 'good' ? 'v2-good' : 'v2-bad';
  const message = `Release ${version}`;
  const commit = await world.git.commit(repository, 'main', filesOf(world.app, version), { message });
  await course.committed();
  const asked = { metadata: { annotations: { 'tidegate.io/sync-requested-at': String(world.now()) } } };
  world.write('PATCH', `${collection}/${appName}`, asked, 'application/merge-patch+json');
  return ends(world, release, commit, course);
}

/** Looks at the stored objects, which costs nothing, until the end is reached and the controller rests. */
async function ends(
  world: ProcessWorld,
  release: Release | 'first',
  commit: string,
  { judge, isAtRest }: Course,
): Promise<boolean> {
  const deadline = performance.now() + longestMs;
  while (performance.now() < deadline) {
    await judge.settled();
    if (judge.failure() !== undefined) return false;
    if (isAtRest() && (await isOver(world, release, commit))) return true;
    await delay(25);
  }
  return false;
}

function withQuery({ path, query }: SeenRequest): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
