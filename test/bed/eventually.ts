/** Waits for something that becomes true, by asking again until a deadline; the tests' only way to wait. */
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface EventuallyOptions {
  /** How long to keep asking, in milliseconds (default 10 000). */
  withinMs?: number;
  /** Pause between two askings, in milliseconds (default 50). */
  everyMs?: number;
}

/** Thrown by a check to say that waiting on makes no sense: `eventually` passes it on at once. */
export class Hopeless extends Error {}

/** Anything but these counts as "it is so": undefined, null, false, and a thrown error. */
type Truthy<T> = Exclude<T, undefined | null | false>;

/**
 * Asks `check` until it answers something other than undefined, null or false, and gives that answer.
 * An error thrown by `check` counts as "not yet" (but `Hopeless` ends the wait). `check` may call `saw(value)` to tell what it looked at.
 * @throws Error naming `what`, the time waited, and the last value or error seen.
 */
export async function eventually<T>(
  what: string,
  check: (saw: (value: unknown) => void) => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Truthy<T>> {
  const withinMs = options.withinMs ?? 10_000;
  const everyMs = options.everyMs ?? 50;
  const startedAt = performance.now();
  let last: unknown;
  for (;;) {
    let told = false;
    try {
      const answer = await check((value) => {
        told = true;
        last = value;
      });
      if (isTruthy(answer)) return answer;
      if (!told) last = answer;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    const waitedMs = performance.now() - startedAt;
    if (waitedMs >= withinMs) throw new Error(tooLate(what, waitedMs, last), { cause: last });
    await delay(everyMs);
  }
}

function isTruthy<T>(answer: T): answer is Truthy<T> {
  return answer !== undefined && answer !== null && answer !== false;
}

function tooLate(what: string, waitedMs: number, last: unknown): string {
  const seen = last instanceof Error ? `error: ${last.message}` : inspect(last, { depth: 6, breakLength: 140 });
  return `not within ${Math.round(waitedMs)} ms: ${what}; last seen: ${seen.slice(0, 4000)}`;
}
