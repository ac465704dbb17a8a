/**
 * Lines on their way from one who pushes to one who reads: in order, without a limit, until the end.
 */

export interface LineQueue<T> {
  push(line: T): void;
  /** What was pushed before is still read. */
  end(): void;
  /** The next line; undefined at the end. One reader at a time. */
  next(): Promise<T | undefined>;
}

export function lineQueue<T>(): LineQueue<T> {
  let lines: T[] = [];
  let at = 0;
  let ended = false;
  let reader: ((line: T | undefined) => void) | undefined;
  return {
    push(line) {
      if (ended) return;
      if (reader === undefined) {
        lines.push(line);
        return;
      }
      const give = reader;
      reader = undefined;
      give(line);
    },
    end() {
      ended = true;
      reader?.(undefined);
      reader = undefined;
    },
    next() {
      if (at < lines.length) {
        const line = lines[at];
        at += 1;
        if (at === lines.length) {
          lines = [];
          at = 0;
        }
        return Promise.resolve(line);
      }
      if (ended) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        reader = resolve;
      });
    },
  };
}
