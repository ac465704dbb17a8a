/** The terminal while the live view is on: the alternate screen, only changed lines painted again, keys, and all of it undone at the end. */

export interface ScreenOptions {
  readonly output: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
  /** One key as it was typed; Ctrl-C is '\u0003'. */
  readonly onKey: (key: string) => void;
  /** The terminal is gone. */
  readonly onGone: () => void;
  readonly onResize: () => void;
}

export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  stop(): void;
}

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const clearAll = '\u001b[2J';
const clearLineEnd = '\u001b[K';
const defaultSize = { columns: 80, rows: 24 };

export function startScreen({ output, input, onKey, onGone, onResize }: ScreenOptions): Screen {
  let shown: readonly string[] = [];
  let isOn = true;
  const resized = (): void => {
    shown = [];
    output.write(clearAll);
    onResize();
  };
  const typed = (data: Buffer): void => Array.from(data.toString('utf8')).forEach((key) => onKey(key));
  output.write(`${enter}${clearAll}`);
  output.on('resize', resized);
  output.on('error', onGone);
  input.setRawMode(true);
  input.on('data', typed);
  input.on('end', onGone);
  input.on('error', onGone);
  input.resume();
  return {
    size: () => ({ columns: output.columns || defaultSize.columns, rows: output.rows || defaultSize.rows }),
    draw: (lines) => {
      if (!isOn) return;
      output.write(repaint(shown, lines));
      shown = lines;
    },
    stop: () => {
      if (!isOn) return;
      isOn = false;
      output.off('resize', resized);
      input.off('data', typed);
      input.pause();
      restore(input, output);
    },
  };
}

/** A terminal that is gone can't be given back: then there is nothing to restore. */
function restore(input: NodeJS.ReadStream, output: NodeJS.WriteStream): void {
  if (input.destroyed || output.destroyed) return;
  try {
    input.setRawMode(false);
    output.write(leave);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
}

/** Moves to each line that differs, clears it, and writes it: cleared after, a full line would lose its last character. */
export function repaint(before: readonly string[], after: readonly string[]): string {
  const rows = Math.max(before.length, after.length);
  let out = '';
  for (let row = 0; row < rows; row += 1) {
    const line = after[row] ?? '';
    if (line !== before[row]) out += `\u001b[${row + 1};1H${clearLineEnd}${line}`;
  }
  return out;
}
