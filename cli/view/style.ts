/** Glyph, word and colour of each state. The word always stands beside the glyph, and colour is only added. */

export interface Style {
  readonly colour: boolean;
  readonly ascii: boolean;
}

export const plainStyle: Style = { colour: false, ascii: false };

export type Tone = 'good' | 'bad' | 'busy' | 'held' | 'faint' | 'plain';

const colourCodes: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31',
  busy: '36',
  held: '33',
  faint: '90',
  plain: '0',
};

const glyphs: Readonly<Record<Tone, { readonly symbol: string; readonly ascii: string }>> = {
  good: { symbol: '✔', ascii: '+' },
  bad: { symbol: '✖', ascii: 'x' },
  busy: { symbol: '◌', ascii: '~' },
  held: { symbol: '‖', ascii: '=' },
  faint: { symbol: '•', ascii: '.' },
  plain: { symbol: '?', ascii: '?' },
};

const tones: Readonly<Record<string, Tone>> = {
  Healthy: 'good',
  Successful: 'good',
  Promoted: 'good',
  Good: 'good',
  Running: 'busy',
  Ready: 'good',
  Pushed: 'good',
  Merged: 'good',
  Applied: 'good',
  Progressing: 'busy',
  Pending: 'busy',
  Candidate: 'busy',
  NotReady: 'busy',
  Terminating: 'busy',
  Paused: 'held',
  Held: 'held',
  Quarantined: 'held',
  Inconclusive: 'held',
  NeedsHuman: 'held',
  Degraded: 'bad',
  Failed: 'bad',
  Error: 'bad',
  Aborted: 'bad',
  RolledBack: 'bad',
  Bad: 'bad',
  Refused: 'bad',
  Rejected: 'bad',
  ScaledDown: 'faint',
  Superseded: 'faint',
};

export function toneOf(word: string): Tone {
  return tones[word] ?? 'plain';
}

/** "✔ Healthy": glyph and word of a state. */
export function mark(word: string, style: Style, tone: Tone = toneOf(word)): string {
  const glyph = glyphs[tone];
  return paint(`${style.ascii ? glyph.ascii : glyph.symbol} ${word}`, tone, style);
}

export function paint(text: string, tone: Tone, style: Style): string {
  return style.colour && tone !== 'plain' && text !== '' ? `\u001b[${colourCodes[tone]}m${text}\u001b[0m` : text;
}

/** Columns a text takes: without escape codes, an astral symbol as one. */
export function widthOf(text: string): number {
  let width = 0;
  let escaped = false;
  for (const char of text) {
    if (char === '\u001b') escaped = true;
    else if (escaped) escaped = char !== 'm';
    else width += 1;
  }
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Left-aligned columns, two spaces apart; no blanks at the end of a line. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => padEnd(cell, widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
