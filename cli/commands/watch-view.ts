/** Shows a view again whenever it changed: repainted on a terminal, elsewhere one line per change, without escape codes. */

import { CliError, exitCode } from '../exit-code.ts';
import type { Output } from '../flags.ts';
import { formatted, safeText, type Shown, type WatchedLine } from '../output.ts';
import type { Session } from '../session.ts';

const pollMs = 1000;
const longestRetryMs = 15_000;
/** A silent log makes CI systems end the job. */
const heartbeatMs = 30_000;

const enterScreen = '\u001b[?1049h\u001b[?25l';
const leaveScreen = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLineEnd = '\u001b[K';
const clearBelow = '\u001b[J';

/** Ends on Ctrl-C, or when the object is gone or not permitted; other failures are told and tried again. */
export async function watchView(session: Session, read: () => Promise<Shown>): Promise<void> {
  const { terminal, flags } = session;
  const paint = terminal.outIsTty && flags.output === 'text' ? screenPainter(session) : linePainter(session);
  paint.start();
  try {
    let retryMs = pollMs;
    while (!terminal.signal.aborted) {
      const waitMs = await step(read, paint, retryMs);
      retryMs = waitMs === pollMs ? pollMs : Math.min(waitMs * 2, longestRetryMs);
      await terminal.clock.sleep(waitMs, terminal.signal);
    }
  } finally {
    paint.stop();
  }
  throw new CliError(exitCode.interrupted, '');
}

async function step(read: () => Promise<Shown>, paint: Painter, retryMs: number): Promise<number> {
  try {
    paint.show(await read());
    return pollMs;
  } catch (error) {
    if (error instanceof CliError && error.code === exitCode.unexpected) {
      paint.trouble(`${error.message}; trying again in ${Math.round(retryMs / 1000)} s`);
      return retryMs + 1;
    }
    throw error;
  }
}

interface Painter {
  start(): void;
  show(shown: Shown): void;
  trouble(sentence: string): void;
  stop(): void;
}

function screenPainter({ terminal }: Session): Painter {
  const draw = (text: string) => {
    const lines = text.trimEnd().split('\n');
    terminal.out(`${home}${lines.map((line) => `${line}${clearLineEnd}`).join('\n')}\n${clearBelow}`);
  };
  let last = '';
  return {
    start: () => terminal.out(enterScreen),
    show: (shown) => {
      last = safeText(shown.text());
      draw(last);
    },
    trouble: (sentence) => draw(`${last}\n${safeText(sentence)}`),
    stop: () => terminal.out(leaveScreen),
  };
}

function linePainter({ terminal, flags }: Session): Painter {
  const told = new Map<string, string>();
  let saidAt = terminal.clock.now();
  return {
    start: () => undefined,
    show: (shown) => {
      const changed = linesOf(shown, flags.output).filter(({ key, state }) => told.get(key) !== state);
      for (const { key, state, text } of changed) {
        told.set(key, state);
        terminal.out(text);
      }
      const now = terminal.clock.now();
      if (changed.length === 0 && now - saidAt >= heartbeatMs) terminal.err(`${clockTime(now)}  unchanged\n`);
      if (changed.length > 0 || now - saidAt >= heartbeatMs) saidAt = now;
    },
    trouble: (sentence) => terminal.err(`${clockTime(terminal.clock.now())}  ${sentence}\n`),
    stop: () => undefined,
  };

  function linesOf(shown: Shown, output: Output): readonly WatchedLine[] {
    if (output === 'text' && shown.lines !== undefined) {
      return shown
        .lines()
        .map((line) => ({ ...line, text: `${clockTime(terminal.clock.now())}  ${safeText(line.text)}\n` }));
    }
    const text = formatted(shown, output === 'json' ? 'ndjson' : output);
    return [{ key: '', state: JSON.stringify(shown.view), text }];
  }
}

function clockTime(now: number): string {
  return `${new Date(now).toISOString().slice(11, 19)}Z`;
}
