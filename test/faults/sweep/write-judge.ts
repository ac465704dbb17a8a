/** Decides over each write of a run: counts it, and strikes where the target says. */

import { type CountedWrite, occurrences } from '../plan/occurrences.ts';
import { roles } from '../plan/roles.ts';
import { writeIdentity } from '../plan/write-identity.ts';
import type { Fate, SeenRequest } from '../proxy/api-proxy.ts';
import { isSameChange } from './same-change.ts';
import type { PushMoment } from '../proxy/git-gate.ts';

export const crashPoints = ['before-commit', 'reply-lost', 'after-reply'] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface Target {
  readonly identity: string;
  /** The how-manieth write of this identity, from 1. */
  readonly occurrence: number;
  readonly point: CrashPoint;
  /** Kill once more, before the n-th write (from 1) after the restart. */
  readonly again?: number;
  /** Strike at the first write of the same change, whatever goes out with it: this one did not come up in two runs. */
  readonly loosely?: boolean;
  /** The new process finds its own disk empty. */
  readonly emptyDisk?: boolean;
}

export const pushIdentity = 'push git';

export interface WriteJudge {
  ofRequest(seen: SeenRequest): Fate;
  ofPush(moment: PushMoment): Promise<boolean>;
  crashes(crash: () => Promise<void>): void;
  writes(): readonly CountedWrite[];
  /** True once the target was struck; a second kill needs a second write, which not every way back up has. */
  killed(): boolean;
  /** Why a killed program did not come up again. */
  failure(): string | undefined;
  /** Resolves when no crash is under way. */
  settled(): Promise<void>;
}

interface State {
  crash: () => Promise<void>;
  kills: number;
  writesSinceRestart: number;
  /** A push was answered: what is sent next is the first thing that the dead program no longer sends. */
  killAtNext: boolean;
  /** The push under way. */
  pushed: CountedWrite | undefined;
  isDead: boolean;
  failure: string | undefined;
  restarting: Promise<void>;
}

export function writeJudge(target: Target | undefined): WriteJudge {
  const seenSoFar = occurrences();
  const known = roles();
  const state: State = {
    crash: () => Promise.resolve(),
    kills: 0,
    writesSinceRestart: 0,
    killAtNext: false,
    pushed: undefined,
    isDead: false,
    failure: undefined,
    restarting: Promise.resolve(),
  };
  const isHit = (write: CountedWrite): boolean => {
    if (target === undefined) return false;
    if (state.kills === 0 && target.loosely) return isSameChange(target.identity, write.identity);
    if (state.kills === 0) return target.identity === write.identity && target.occurrence === write.occurrence;
    return state.kills === 1 && target.again === state.writesSinceRestart;
  };
  /** The point of the second kill is always before the commit. */
  const point = (): CrashPoint => (state.kills === 0 ? (target?.point ?? 'after-reply') : 'before-commit');
  return {
    ofRequest(seen) {
      if (state.isDead) return { kind: 'drop' };
      if (state.killAtNext) return { kind: 'drop', after: () => strike(state) };
      const identity = writeIdentity(seen, known);
      if (identity === undefined) return { kind: 'deliver' };
      if (state.kills > 0) state.writesSinceRestart += 1;
      if (!isHit(seenSoFar.count(identity))) return { kind: 'deliver' };
      const kinds = { 'before-commit': 'drop', 'reply-lost': 'swallow', 'after-reply': 'deliver' } as const;
      return { kind: kinds[point()], after: () => strike(state) };
    },
    ofPush: (moment) => ofPush(state, moment, { count: () => seenSoFar.count(pushIdentity), isHit, point }),
    crashes: (given) => {
      state.crash = given;
    },
    writes: () => seenSoFar.writes,
    killed: () => state.kills > 0,
    failure: () => state.failure,
    settled: () => state.restarting,
  };
}

interface PushView {
  readonly count: () => CountedWrite;
  readonly isHit: (write: CountedWrite) => boolean;
  readonly point: () => CrashPoint;
}

async function ofPush(state: State, moment: PushMoment, { count, isHit, point }: PushView): Promise<boolean> {
  if (state.isDead) return false;
  if (moment === 'before') {
    if (state.kills > 0) state.writesSinceRestart += 1;
    state.pushed = count();
    if (!isHit(state.pushed) || point() !== 'before-commit') return true;
    await strike(state);
    return false;
  }
  if (state.pushed === undefined || !isHit(state.pushed)) return true;
  if (point() === 'after-reply') {
    state.killAtNext = true;
    return true;
  }
  await strike(state);
  return false;
}

/** The crash cuts the connection of the request that set it off, so nobody waits for it there. */
function strike(state: State): Promise<void> {
  state.isDead = true;
  state.killAtNext = false;
  state.kills += 1;
  state.writesSinceRestart = 0;
  state.restarting = state.crash().then(
    () => {
      state.isDead = false;
    },
    (error: unknown) => {
      state.failure = error instanceof Error ? error.message : String(error);
    },
  );
  return Promise.resolve();
}
