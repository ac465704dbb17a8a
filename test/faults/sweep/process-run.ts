/**
 * One run of the sweep: a first release, then a good or a bad one, the controller killed at most once, at one side of one
 * write; the observer looks at every commit. The run ends when the release has come to its end and the controller is at rest.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { observe, type Violation } from '../observer/observe.ts';
import { type CountedWrite, occurrences } from '../plan/occurrences.ts';
import { roles } from '../plan/roles.ts';
import { writeIdentity } from '../plan/write-identity.ts';
import type { Fate, SeenRequest } from '../proxy/api-proxy.ts';
import type { PushMoment } from '../proxy/git-gate.ts';
import { appName, appNamespace, filesOf, syncOf } from './app.ts';
import { isOfRest, isOver, isQuiet, leftBehind, type Release } from './end.ts';
import { gitWatcher } from './git-watcher.ts';
import { type ProcessWorld, repository, startProcessWorld } from './process-world.ts';

export const crashPoints = ['before-commit', 'reply-lost', 'after-reply'] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface Target {
  readonly identity: string;
  readonly occurrence: number;
  readonly point: CrashPoint;
}

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
  /** What the run left behind, as entries of an EndState; undefined when it did not end in time. */
  readonly end: readonly (readonly [string, string])[] | undefined;
  readonly wallMs: number;
}

export const pushIdentity = 'push git';
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
    liveness: { expect: 'healthy' },
  });
  const ofRequest = (seen: SeenRequest): Fate => {
    observer.request({ ...seen, path: withQuery(seen) });
    return judge.ofRequest(seen);
  };
  let look: (pusher: string) => Promise<void> = () => Promise.resolve();
  const onPush = async (moment: PushMoment): Promise<boolean> => {
    if (moment === 'after') await look('tidegate');
    return judge.ofPush(moment);
  };
  const world = await startProcessWorld({ ...options, judge: ofRequest, onPush });
  now = world.now;
  judge.crashes(() => world.crash());
  const watcher = gitWatcher(world.git, repository, world.app.repositoryUrl);
  look = async (pusher) => {
    const update = await watcher(pusher, world.now());
    if (update !== undefined) observer.git(update);
  };
  await look('developer');
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
      await look('developer');
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
    if (isAtRest() && (await isOver(world, release, commit))) return true;
    await delay(25);
  }
  return false;
}

function withQuery({ path, query }: SeenRequest): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

interface WriteJudge {
  ofRequest(seen: SeenRequest): Fate;
  ofPush(moment: PushMoment): Promise<boolean>;
  crashes(crash: () => Promise<void>): void;
  writes(): readonly CountedWrite[];
  killed(): boolean;
  /** Resolves when no crash is under way. */
  settled(): Promise<void>;
}

/** Decides over each write; strikes once, where the target says. */
function writeJudge(target: Target | undefined): WriteJudge {
  const seenSoFar = occurrences();
  const known = roles();
  let crash: () => Promise<void> = () => Promise.resolve();
  let struck = false;
  let restarting: Promise<void> = Promise.resolve();
  let isDead = false;
  const hits = (write: CountedWrite): boolean =>
    !struck && target?.identity === write.identity && target.occurrence === write.occurrence;
  const strike = (): Promise<void> => {
    isDead = true;
    restarting = crash().then(() => {
      isDead = false;
    });
    // The crash cuts the connection of the request that set it off, so nobody waits for it there.
    return Promise.resolve();
  };
  return {
    ofRequest(seen) {
      if (isDead) return { kind: 'drop' };
      const identity = writeIdentity(seen, known);
      if (identity === undefined || !hits(seenSoFar.count(identity))) return { kind: 'deliver' };
      struck = true;
      const kinds = { 'before-commit': 'drop', 'reply-lost': 'swallow', 'after-reply': 'deliver' } as const;
      return { kind: kinds[target?.point ?? 'after-reply'], after: strike };
    },
    async ofPush(moment) {
      if (isDead) return false;
      if (moment === 'before') {
        const isHit = hits(seenSoFar.count(pushIdentity));
        if (!isHit || target?.point !== 'before-commit') return true;
      } else {
        const write = seenSoFar.writes.findLast(({ identity }) => identity === pushIdentity);
        if (write === undefined || !hits(write)) return true;
      }
      struck = true;
      await strike();
      return target?.point === 'after-reply';
    },
    crashes: (given) => {
      crash = given;
    },
    writes: () => seenSoFar.writes,
    killed: () => struck,
    settled: () => restarting,
  };
}
