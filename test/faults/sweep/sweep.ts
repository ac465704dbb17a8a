/**
 * The sweep over the writes of the main job: which writes there are is found by two undisturbed runs of each release; then the
 * controller is killed at each side of each of them, a run of its own for every one.
 */

import { differences, expectedOf } from '../in-process/end-state.ts';
import { listed } from '../plan/identities.ts';
import type { CountedWrite } from '../plan/occurrences.ts';
import { howToKeep, knownWrites } from './known-writes.ts';
import { playAll } from './pool.ts';
import type { RunOptions, RunResult } from './process-run.ts';
import { crashPoints, type Target } from './write-judge.ts';
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
  /** The list of known writes is being made: writes that it lacks are no violation. */
  readonly keepsWrites?: boolean;
}

export interface Sweep {
  readonly writes: Readonly<Record<Release, readonly string[]>>;
  /** Identities of all writes, those after a kill too. */
  readonly seen: Readonly<Record<Release, readonly string[]>>;
  /** Without the undisturbed ones. */
  readonly runs: number;
  /** Kills at a write that had the same change and others beside it. */
  readonly regrouped: number;
  /** Runs in which the write did not come up, so nobody was killed. */
  readonly missed: readonly string[];
  /** Sentences: a broken rule, an end that differs, a second revert. */
  readonly violations: readonly string[];
}

const undisturbed = 2;

export async function sweep(options: SweepOptions): Promise<Sweep> {
  const { workers, releases, say } = options;
  const references = await playUndisturbed(options);
  const record = recordOf(references, options);
  for (const one of references) record.take(one);
  const writes = { good: writesOf(references, 'good'), bad: writesOf(references, 'bad') };
  for (const release of releases)
    say(`${release} release: ${writes[release].length} writes in ${undisturbed} undisturbed runs`);
  const targets = targetRuns(options, references, writes);
  say(`${targets.length} kills`);
  // A write that some runs make and others do not gets two more chances; in the last the same change counts, whatever goes out with it.
  let open: readonly RunOptions[] = targets;
  let regrouped = 0;
  for (const loosely of [false, false, true]) {
    const again: RunOptions[] = [];
    if (loosely) regrouped = open.length;
    const runs = loosely
      ? open.map((run) => ({ ...run, ...(run.target && { target: { ...run.target, loosely } }) }))
      : open;
    await playAll(runs, workers, (result) => {
      record.take(result);
      if (!result.killed) again.push(runOf(options, result.release, result.target));
    });
    open = again;
  }
  return {
    writes: { good: writes.good.map(keyOf), bad: writes.bad.map(keyOf) },
    seen: record.seen(),
    runs: record.played(),
    regrouped: regrouped - open.length,
    missed: open.map(nameOf),
    violations: record.violations,
  };
}

function runOf({ program }: SweepOptions, release: Release, target?: Target, seed = 1): RunOptions {
  return { release, program, seed, ...(target === undefined ? {} : { target }) };
}

async function playUndisturbed(options: SweepOptions): Promise<readonly RunResult[]> {
  const runs = options.releases.flatMap((release) =>
    Array.from({ length: undisturbed }, (_, i) => runOf(options, release, undefined, 1 + i)),
  );
  const played: RunResult[] = [];
  await playAll(runs, options.workers, (result) => played.push(result));
  return played;
}

type WritesOf = Readonly<Record<Release, readonly CountedWrite[]>>;

function targetRuns(options: SweepOptions, references: readonly RunResult[], writes: WritesOf): readonly RunOptions[] {
  const { chosen = () => true, shard } = options;
  const all = options.releases.flatMap((release, i) => {
    // The first release is the same in both: the second of them need not go through it again.
    const known = i === 0 ? new Set<string>() : firstWritesOf(references, release);
    const wanted = targetsOf(writes[release]).filter((target) => chosen(target) && !known.has(keyOf(target)));
    return wanted.map((target) => runOf(options, release, target));
  });
  return all.filter((_, i) => i % shard.of === shard.index - 1);
}

interface SweepRecord {
  take(result: RunResult): void;
  readonly violations: readonly string[];
  played(): number;
  seen(): Readonly<Record<Release, readonly string[]>>;
}

/** Judges each run as it ends. */
function recordOf(references: readonly RunResult[], { say, keepsWrites = false }: SweepOptions): SweepRecord {
  const known = knownWrites();
  const seen = { good: new Set<string>(), bad: new Set<string>() };
  const violations: string[] = [];
  const startedMs = performance.now();
  let played = 0;
  return {
    violations,
    played: () => played - references.length,
    seen: () => ({ good: [...seen.good], bad: [...seen.bad] }),
    take(result) {
      played += 1;
      const unlisted: string[] = [];
      for (const { identity } of result.writes) {
        if (seen[result.release].has(identity)) continue;
        seen[result.release].add(identity);
        if (!keepsWrites && !known[result.release].includes(listed(identity))) unlisted.push(identity);
      }
      const troubles = unlisted.map((one) => `${nameOf(result)}: a new write without coverage: ${one}; ${howToKeep}`);
      for (const trouble of [...troubleOf(result, references), ...troubles]) {
        violations.push(trouble);
        say(`VIOLATION ${trouble}`);
      }
      if (played % 20 === 0) say(`${played} runs, ${Math.round((performance.now() - startedMs) / 1000)} s`);
    },
  };
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

/** Every third kill leaves the new process an empty disk, every eighth is followed by one more on the way back up. */
function targetsOf(writes: readonly CountedWrite[]): readonly Target[] {
  const plain = writes.flatMap(({ identity, occurrence }) =>
    crashPoints.map((point) => ({ identity, occurrence, point })),
  );
  return plain.map((target, i) => ({
    ...target,
    ...(i % 3 === Math.floor(i / 3) % 3 ? { emptyDisk: true } : {}),
    ...(i % 8 === 0 ? { again: 1 + (Math.floor(i / 8) % 3) } : {}),
  }));
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
  if (result.failure !== undefined) found.push(`${where}: the program did not come up again: ${result.failure}`);
  else if (result.end === undefined) found.push(`${where}: it did not come to its end`);
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
    : `${release} release, ${target.point} of ${keyOf(target)}${target.again === undefined ? '' : `, again at write ${target.again}`}`;
}
