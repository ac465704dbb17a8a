/** Bars, sparklines and marks of the terminal views, each with an ASCII form. Pure. */

import { paint, type Style } from '../../../cli/view/style.ts';
import type { CheckPicture, Limit, ReadingPicture } from './demo-scene.ts';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];
const asciiHeights = ['_', '.', '-', '=', '+', '*', '#'];

/** A bar of at most `width` columns; `share` from 0 to 1. A share above 0 is always seen. */
export function bar(share: number, width: number, { ascii }: Style): string {
  const filled = Math.min(1, Math.max(0, share)) * width;
  if (ascii) return '#'.repeat(filled > 0 ? Math.max(1, Math.round(filled)) : 0);
  const whole = Math.floor(filled);
  const rest = eighths[Math.floor((filled - whole) * 8)] ?? '';
  const text = '█'.repeat(whole) + rest;
  return text === '' && filled > 0 ? '▏' : text;
}

/** A framed bar with its empty part. */
export function gauge(share: number, width: number, { ascii }: Style): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  if (ascii) return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
  return `▕${'█'.repeat(filled)}${'░'.repeat(width - filled)}▏`;
}

/** The newest readings, scaled to the limit and not to each other; a reading beyond it is a cross, a missing one a question mark. */
export function sparkline({ readings, limit }: CheckPicture, count: number, style: Style): string {
  return readings
    .slice(-count)
    .map((reading) => spark(reading, limit, style))
    .join('');
}

function spark(reading: ReadingPicture, limit: Limit | undefined, style: Style): string {
  if (reading.value === undefined) return paint('?', 'held', style);
  if (!reading.passed) return paint(style.ascii ? 'x' : '✖', 'bad', style);
  const scale = style.ascii ? asciiHeights : heights;
  const level = limit === undefined || limit.value === 0 ? 1 : reading.value / limit.value;
  const index = Math.round(Math.min(1, Math.max(0, level)) * (scale.length - 1));
  return paint(scale[index] ?? '', 'good', style);
}

export type Sign = 'done' | 'current' | 'todo' | 'bad' | 'revert' | 'release' | 'pod' | 'noPod' | 'link' | 'dot';

const signs: Readonly<Record<Sign, readonly [symbol: string, ascii: string]>> = {
  done: ['✔', '+'],
  current: ['●', '>'],
  todo: ['○', 'o'],
  bad: ['✖', 'x'],
  revert: ['↩', '<'],
  release: ['●', '*'],
  pod: ['■', '#'],
  noPod: ['□', '.'],
  link: ['─', '-'],
  dot: ['·', '|'],
};

export function sign(name: Sign, { ascii }: Style): string {
  return signs[name][ascii ? 1 : 0];
}

/** Texts of ours in ASCII: what a font without these characters would show as boxes. */
export function plainText(text: string, { ascii }: Style): string {
  if (!ascii) return text;
  return text
    .replaceAll('≥', '>=')
    .replaceAll('≤', '<=')
    .replaceAll('×', 'x')
    .replaceAll('…', '...')
    .replaceAll('→', '->')
    .replaceAll('·', '|');
}
