/** The sandbox's queries against a real Prometheus: the same samples, the same answers to the last digit. */

import { beforeAll, describe, expect, it } from 'vitest';
import { prometheusMissing } from '../../bed/prometheus.ts';
import { promqlCases } from './cases.ts';
import type { Seen } from './compare.ts';
import { askCase } from './compare.ts';
import { caseName, realAnswers, recordedAnswers, runPromqlConformance } from './run.ts';
import { givenSeries } from './samples.ts';
import { sandboxServer } from './sandbox-server.ts';

const missing = prometheusMissing();

describe('queries', () => {
  const recorded = recordedAnswers();
  const server = sandboxServer(givenSeries());

  it('are asked once each', () => {
    const names = promqlCases.map(caseName);

    expect(new Set(names).size).toBe(names.length);
    expect([...recorded.keys()].toSorted()).toEqual(names.toSorted());
  });

  it.each(promqlCases.map((one) => [caseName(one), one] as const))('%s', async (name, one) => {
    expect(await askCase(server, one)).toEqual(recorded.get(name));
  });
});

describe.skipIf(missing !== undefined)(
  `a real Prometheus${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let real: ReadonlyMap<string, Seen>;
    beforeAll(async () => {
      real = await realAnswers();
    });

    it('gives the answers that are recorded', () => {
      expect(Object.fromEntries(real)).toEqual(Object.fromEntries(recordedAnswers()));
    });

    it('agrees with the sandbox on every query', async () => {
      const { total, identical, differences, against } = await runPromqlConformance();

      expect(differences).toEqual([]);
      expect(identical).toBe(total);
      expect(against).toBe('a real Prometheus');
      expect(total).toBeGreaterThanOrEqual(200);
    });
  },
);
