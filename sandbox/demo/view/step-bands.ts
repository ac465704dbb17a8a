/** The lane of the steps in the timeline: one band per step; the name of a band that is too narrow for it stands above. Pure. */

import { element, escaped, letterWidth, number, textElement } from './svg.ts';
import type { StepBand } from './timeline.ts';

export const bandHeight = 22;
const namesHeight = 20;
const gap = 6;

interface Band {
  readonly step: StepBand;
  readonly start: number;
  readonly width: number;
}

/** Where the names above stand, from the left edge of each text. */
interface NameAbove {
  readonly text: string;
  readonly start: number;
  /** Middle of the band that it names. */
  readonly bandAt: number;
}

export type Scale = (at: number) => number;

/** Room for names above the bands; 0 when each name fits into its band. */
export function namesAboveHeight(steps: readonly StepBand[], x: Scale): number {
  return bandsOf(steps, x).every(fits) ? 0 : namesHeight;
}

/** `top` is that of the bands; the names above end there. No name goes beyond `right`. */
export function stepBands(steps: readonly StepBand[], x: Scale, top: number, right: number): string {
  const bands = bandsOf(steps, x);
  const names = namesAbove(bands, right);
  return [...bands.map((band) => drawnBand(band, top)), ...names.map((name) => drawnName(name, top))].join('');
}

function bandsOf(steps: readonly StepBand[], x: Scale): readonly Band[] {
  return steps.map((step) => ({ step, start: x(step.from), width: Math.max(1, x(step.to) - x(step.from) - 1) }));
}

function fits({ step, width }: Band): boolean {
  return textWidth(step.label) + 4 <= width;
}

function textWidth(text: string): number {
  return text.length * letterWidth;
}

/** Each above the middle of its band where there is room, else pushed aside; first to the right, at the edge to the left. */
function namesAbove(bands: readonly Band[], right: number): readonly NameAbove[] {
  let free = 0;
  const pushed = bands
    .filter((band) => !fits(band))
    .map(({ step, start, width }) => {
      const bandAt = start + width / 2;
      const at = Math.max(free, bandAt - textWidth(step.label) / 2);
      free = at + textWidth(step.label) + gap;
      return { text: step.label, start: at, bandAt };
    });
  let edge = right;
  return pushed.toReversed().map((name) => {
    const start = Math.min(name.start, edge - textWidth(name.text));
    edge = start - gap;
    return { ...name, start };
  });
}

function drawnBand(band: Band, top: number): string {
  const { step, start, width } = band;
  const shape = { class: step.isFailed ? 'step-bad' : 'step', x: start, y: top, width, height: bandHeight, rx: 3 };
  return [
    element('rect', shape, element('title', {}, escaped(step.label))),
    fits(band) ? textElement({ class: 'small middle', x: start + width / 2, y: top + 15 }, step.label) : '',
  ].join('');
}

function drawnName({ text, start, bandAt }: NameAbove, top: number): string {
  const middle = start + textWidth(text) / 2;
  return [
    textElement({ class: 'small middle', x: middle, y: top - 8 }, text),
    element('path', { class: 'pin', d: `M${number(middle)} ${number(top - 5)}L${number(bandAt)} ${number(top)}` }),
  ].join('');
}
