/** Columns that text takes on a terminal: wide characters two, combining ones none, colour codes none. Pure. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
// oxlint-disable-next-line no-control-regex
const colourCode = /(\u001b\[[0-9;]*m)/;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]*$/u;

export function columnsOf(text: string): number {
  return pieces(text).reduce((sum, piece) => sum + piece.columns, 0);
}

/** The text in at most so many columns; what is left out is told by an ellipsis. Colour codes stay whole and are closed. */
export function cut(text: string, columns: number, ellipsis = '…'): string {
  if (columnsOf(text) <= columns) return text;
  const room = columns - columnsOf(ellipsis);
  if (room < 0) return '';
  let used = 0;
  let full = false;
  let out = '';
  for (const piece of pieces(text)) {
    if (piece.isCode) out += piece.text;
    else if (!full && used + piece.columns <= room) {
      out += piece.text;
      used += piece.columns;
    } else if (!full) {
      full = true;
      out += ellipsis;
    }
  }
  return out;
}

/** Exactly so many columns: cut or filled with blanks. */
export function fit(text: string, columns: number, ellipsis = '…'): string {
  const short = cut(text, columns, ellipsis);
  return short + ' '.repeat(Math.max(0, columns - columnsOf(short)));
}

/** Lines of at most so many columns, broken between words; the last of `mostLines` is cut. For text without colour codes. */
export function wrapped(text: string, columns: number, mostLines: number, ellipsis = '…'): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (lines.length === mostLines - 1 || line === '' || columnsOf(`${line} ${word}`) <= columns) {
      line = line === '' ? word : `${line} ${word}`;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].filter(Boolean).map((one) => cut(one, columns, ellipsis));
}

interface Piece {
  readonly text: string;
  readonly columns: number;
  readonly isCode: boolean;
}

function pieces(text: string): readonly Piece[] {
  return text.split(colourCode).flatMap((part, index): readonly Piece[] => {
    if (index % 2 === 1) return [{ text: part, columns: 0, isCode: true }];
    return [...segmenter.segment(part)].map(({ segment }) => ({
      text: segment,
      columns: graphemeColumns(segment),
      isCode: false,
    }));
  });
}

function graphemeColumns(grapheme: string): number {
  if (noWidth.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}
