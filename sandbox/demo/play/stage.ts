/** What a scenario is played on: the world, the newest look at it, and where it tells what happens. */

import type { Promoted } from '../cluster/promote.ts';
import type { DemoEvent } from '../events.ts';
import type { TimelineRecorder } from '../view/timeline.ts';
import type { Look } from './look.ts';
import { realMs, realSleep } from './real-time.ts';
import type { World } from './world.ts';

export interface Stage {
  readonly world: World;
  /** Aborts when the demo is to end. */
  readonly signal: AbortSignal;
  /** True when a person is there who promotes at the gate. */
  readonly isInteractive: boolean;
  readonly newest: () => Look;
  /** What became of the newest promotion by key in this scenario; undefined when nobody pressed it. */
  readonly promotedByKey: () => Promise<Promoted> | undefined;
  readonly tell: (event: DemoEvent) => void;
  /** Of the scenario that is being played; pins are put into it. */
  readonly recorder: TimelineRecorder;
}

/** The demo is to end: nothing is wrong, and nothing is told. */
export class Left extends Error {}

const pollMs = 25;

/**
 * Waits until the question has an answer; gives it, or undefined when `withinMs` of real time have passed.
 * @throws Left when the demo ends; Error when the controller has died, which nothing can follow.
 */
export async function until<T>(
  { world, signal }: Pick<Stage, 'world' | 'signal'>,
  question: () => T | undefined | Promise<T | undefined>,
  withinMs: number,
): Promise<T | undefined> {
  const endMs = realMs() + withinMs;
  for (;;) {
    if (signal.aborted) throw new Left();
    const died = world.controller.endedBy();
    if (died !== undefined) throw new Error(`the controller ended by itself (${died})`);
    const answer = await question();
    if (answer !== undefined) return answer;
    if (realMs() >= endMs) return undefined;
    await realSleep(pollMs);
  }
}
