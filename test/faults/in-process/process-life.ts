/** The life of one controller process in a run: it ends in an instant, and what it had under way is never heard of again. */

import type { Clock } from '../../../kube/api.ts';
import type { Life, VirtualClock } from './virtual-clock.ts';

export interface ProcessLife extends Life {
  readonly clock: Clock;
  /** From now on nothing leaves the process any more, although it does not know yet. */
  seal(): void;
  isSealed(): boolean;
  /** The process stands still for so long (SIGSTOP), and goes on as if nothing had been. */
  stopFor(ms: number): void;
  /** The process is dead, by the plan or by itself. Later calls do nothing. */
  end(byItself?: boolean): void;
}

export function processLife(time: VirtualClock, onEnd: (byItself: boolean) => void): ProcessLife {
  const state: Life = { alive: true };
  let sealed = false;
  const life: ProcessLife = {
    get alive() {
      return state.alive;
    },
    clock: time.of(state),
    seal: () => {
      sealed = true;
    },
    isSealed: () => sealed,
    stopFor: (ms) => {
      state.stoppedUntilMs = time.elapsedMs() + ms;
    },
    end: (byItself = false) => {
      if (!state.alive) return;
      sealed = true;
      state.alive = false;
      onEnd(byItself);
    },
  };
  return life;
}

/** What a dead process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Ends once the code that runs just now has come to its next wait: after a reply was delivered. */
export async function endSoon(life: ProcessLife): Promise<void> {
  life.seal();
  await life.clock.sleep(Number.MIN_VALUE, new AbortController().signal);
  life.end();
}
