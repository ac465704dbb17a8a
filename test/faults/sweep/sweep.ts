/**
 * The sweep over the writes of the main job: which writes there are is found by two undisturbed runs of each release; then the
 * controller is killed at each side of each of them, a run of its own for every one.
 */

import { differences, expectedOf } from '../in-process/end-state.ts';
import type { CountedWrite } from '../plan/occurrences.ts';
import { playAll } from './pool.ts';
import { crashPoints, type RunOptions, type RunResult, type Target } from './process-run.ts';
import type { Release } from './end.ts';

export interface SweepOptions {
  /** The built program `tidegate.mjs`. */
  readonly program: string;
  readonly workers: number;
  readonly releases: readonly Release[];
  /** Play only the `index`-th (from 1) of `of` parts. */
  readonly shard: { readonly index: number; readonly of: number };
  /** Only the kills at these writes; all without it. */
  readonly chosen?: (target: Target) => boolean;
  readonly say: (line: string) => void;
}

export interface Sweep {
  readonly writes: Readonly<Record<Release, readonly string[]>>;
  readonly runs: number;
  /** Runs in which the write did not come up, so nobody was killed. */
  readonly missed: readonly string[];
  /** Sentences: a broken rule, an end that differs, a second revert. */
  readonly violations: readonly string[];
}

const undisturbed = 2;

export async function sweep(options: SweepOptions): Promise<Sweep> {
  const { program, workers, releases, say, chosen = () => true } = options;
  const base = (release: Release, seed = 1): RunOptions => ({ release, program, seed });
  const references: RunResult[] = [];
  await playAll(
    releases.flatMap((release) => Array.from({ length: undisturbed }, (_, i) => base(release, 1 + i))),
    workers,
    (result) => references.push(result),
  );
  const violations = references.flatMap((one) => troubleOf(one, [one]));
  const writes = { good: writesOf(references, 'good'), bad: writesOf(references, 'bad') };
  for (const release of releases)
    say(`${release} release: ${writes[release].length} writes in ${undisturbed} undisturbed runs`);
  const targets = releases.flatMap((release, i) => {
    // The first release is the same in both: the second of them need not go through it again.
    const known = i === 0 ? new Set<string>() : firstWritesOf(references, release);
    const wanted = targetsOf(writes[release]).filter((target) => chosen(target) && !known.has(keyOf(target)));
    return wanted.map((target) => ({ ...base(release), target }));
  });
  const mine = targets.filter((_, i) => i % options.shard.of === options.shard.index - 1);
  const missed: string[] = [];
  const startedMs = performance.now();
  let played = 0;
  const judge = (result: RunResult, again: RunOptions[]): void => {
    played += 1;
    if (!result.killed)
      again.push({ ...base(result.release), ...(result.target === undefined ? {} : { target: result.target }) });
    for (const trouble of troubleOf(result, references)) {
      violations.push(trouble);
      say(`VIOLATION ${trouble}`);
    }
    if (played % 20 === 0)
      say(`${played} of ${mine.length} runs, ${Math.round((performance.now() - startedMs) / 1000)} s`);
  };
  // A write that some runs make and others do not (two changes that went out as one) gets two more chances.
  let open: readonly RunOptions[] = mine;
  for (let chance = 0; chance < 3 && open.length > 0; chance += 1) {
    const again: RunOptions[] = [];
    await playAll(open, workers, (result) => judge(result, again));
    open = again;
  }
  missed.push(...open.map(nameOf));
  return { writes: { good: writes.good.map(keyOf), bad: writes.bad.map(keyOf) }, runs: played, missed, violations };
}

/** Every write that any undisturbed run of this release made. */
function writesOf(references: readonly RunResult[], release: Release): readonly CountedWrite[] {
  const found = new Map<string, CountedWrite>();
  for (const one of references.filter((run) => run.release === release))
    for (const write of one.writes) if (!found.has(keyOf(write))) found.set(keyOf(write), write);
  return [...found.values()];
}

/** What every undisturbed run of this release wrote before its second commit. */
function firstWritesOf(references: readonly RunResult[], release: Release): ReadonlySet<string> {
  const [first, ...others] = references
    .filter((run) => run.release === release)
    .map(({ writes, firstWrites }) => new Set(writes.slice(0, firstWrites).map(keyOf)));
  return new Set([...(first ?? [])].filter((key) => others.every((other) => other.has(key))));
}

function targetsOf(writes: readonly CountedWrite[]): readonly Target[] {
  return writes.flatMap(({ identity, occurrence }) => crashPoints.map((point) => ({ identity, occurrence, point })));
}

/** Fields on which the undisturbed runs do not agree are no difference. */
function differencesFrom(like: readonly RunResult[], end: NonNullable<RunResult['end']>): readonly string[] {
  const [first, second] = like.map((one) => new Map(one.end));
  if (first === undefined || second === undefined) return [];
  return differences(expectedOf(first, second), new Map(end)).slice(0, 5);
}

/** What is wrong with a run: everything the observer saw, and whatever differs from how the undisturbed ones ended. */
function troubleOf(result: RunResult, references: readonly RunResult[]): readonly string[] {
  const where = nameOf(result);
  const found = result.violations.map(({ invariant, rv, sentence }) => `${where}: ${invariant} at ${rv}: ${sentence}`);
  const like = references.filter(({ release }) => release === result.release);
  if (result.end === undefined) found.push(`${where}: it did not come to its end`);
  else found.push(...differencesFrom(like, result.end).map((one) => `${where}: ${one}`));
  const most = result.release === 'bad' ? 1 : 0;
  if (result.reverts > most) found.push(`${where}: ${result.reverts} reverts`);
  return found;
}

function keyOf({ identity, occurrence }: Pick<CountedWrite, 'identity' | 'occurrence'>): string {
  return `${identity} #${occurrence}`;
}

function nameOf({ release, target }: Pick<RunResult, 'release' | 'target'>): string {
  return target === undefined
    ? `undisturbed ${release} release`
    : `${release} release, ${target.point} of ${keyOf(target)}`;
}
