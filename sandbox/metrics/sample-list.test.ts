/** Samples in, samples out: against a plain list, whatever is appended and forgotten. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleList } from './sample-list.ts';

interface Plain {
  readonly t: number;
  readonly v: number | null;
}

const samples = fc.array(
  fc.record({ step: fc.integer({ min: 0, max: 5 }), v: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 5 }) }),
  { maxLength: 80 },
);

test('gives back what a plain list would', () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (given, from, at) => {
      const list = sampleList();
      const plain: Plain[] = [];
      let t = 0;
      for (const [index, { step, v }] of given.entries()) {
        t += step;
        list.append(t, v);
        if ((plain.at(-1)?.t ?? -1) < t) plain.push({ t, v });
        if (index % 30 !== 29) continue;
        const before = t - 40;
        list.forget(before);
        plain.splice(0, plain.filter((one) => one.t < before).length);
      }

      const last = plain.findLast((one) => one.t <= at);
      expect(list.latest(at)).toEqual(last?.v === null ? undefined : last);
      expect(list.within(from, at)).toEqual(plain.filter((one) => one.v !== null && one.t >= from && one.t <= at));
      expect(list.forget(0)).toBe(plain.length);
    }),
  );
});
