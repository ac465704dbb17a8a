import { describe, expect, it } from 'vitest';
import { namesAboveHeight, stepBands } from './step-bands.ts';
import type { StepBand } from './timeline.ts';

const x = (at: number): number => at;
const band = (label: string, from: number, to: number): StepBand => ({ label, from, to, isFailed: false });

/** Text and left edge of every name, from the left. */
function names(steps: readonly StepBand[]): readonly (readonly [string, number])[] {
  const found = stepBands(steps, x, 100, 500).matchAll(/<text[^>]* x="([\d.]+)" y="[\d.]+">([^<]*)<\/text>/g);
  return [...found]
    .map(([, middle = '', text = '']) => [text, Number(middle) - text.length * 3.1] as const)
    .toSorted((a, b) => a[1] - b[1]);
}

describe('the lane of the steps', () => {
  it('needs no room above bands that are wide enough', () => {
    expect(namesAboveHeight([band('hold', 0, 100)], x)).toBe(0);
    expect(namesAboveHeight([band('hold', 0, 100), band('100 %', 100, 102)], x)).toBeGreaterThan(0);
  });

  it('names every band, whatever its width, without one name lying over another or beyond the edge', () => {
    const narrow = ['20 %', '50 %', '100 %'].map((label, index) => band(label, 494 + index * 2, 496 + index * 2));
    const drawn = names([band('hold', 0, 100), ...narrow]);

    expect(drawn.map(([text]) => text)).toEqual(['hold', '20 %', '50 %', '100 %']);
    for (const [index, [text, start]] of drawn.entries()) {
      const end = start + text.length * 6.2;
      expect(end).toBeLessThanOrEqual((drawn[index + 1]?.[1] ?? 501) + 0.2);
    }
  });
});
