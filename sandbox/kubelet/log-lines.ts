/**
 * The log of one container: the newest lines, and whoever follows it.
 */

export interface LogLine {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

export interface LogLines {
  write(text: string): void;
  /** What is kept, oldest first. */
  kept(): readonly LogLine[];
  /** Every later line, and that no more will come. The result ends it. */
  follow(tell: (line: LogLine) => void, ended: () => void): () => void;
  /** No more lines will come. */
  end(): void;
}

const maxLines = 1_000;

interface Follower {
  readonly tell: (line: LogLine) => void;
  readonly ended: () => void;
}

export function logLines(now: () => number): LogLines {
  const lines: LogLine[] = [];
  const followers = new Set<Follower>();
  let over = false;
  return {
    write(text) {
      const line = { at: now(), text };
      lines.push(line);
      // In chunks, because moving a thousand lines for each new one would cost more than the line.
      if (lines.length >= 2 * maxLines) lines.splice(0, lines.length - maxLines);
      for (const follower of followers) follower.tell(line);
    },
    kept: () => lines.slice(-maxLines),
    follow(tell, ended) {
      const follower = { tell, ended };
      if (over) ended();
      else followers.add(follower);
      return () => followers.delete(follower);
    },
    end() {
      over = true;
      for (const follower of followers) follower.ended();
      followers.clear();
    },
  };
}
