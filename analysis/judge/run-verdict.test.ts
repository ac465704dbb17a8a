import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MetricResult } from '../../crds/schema/analysis-run.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import { type Limits, readLimits } from './limits.ts';
import { recordMeasurement, type Taken } from './metric-result.ts';
import type { Outcome } from './reading.ts';
import type { JudgeRule } from './rule.ts';
import { judgeRun, type JudgedMetric } from './run-verdict.ts';
import { nextMeasurementAt, retryDelayMs } from './schedule.ts';

const start = Date.UTC(2026, 0, 1);
const pass: Outcome = { kind: 'judged', phase: 'Successful', value: '1' };
const fail: Outcome = { kind: 'judged', phase: 'Failed', value: '0' };
const unsure: Outcome = { kind: 'judged', phase: 'Inconclusive' };
const error: Outcome = { kind: 'judged', phase: 'Error', message: 'boom' };
const held: Outcome = { kind: 'held', reason: 'no-evidence', why: 'no series' };
const absent: Outcome = { kind: 'held', reason: 'unavailable', why: 'Prometheus is down' };
const wrong: Outcome = { kind: 'held', reason: 'misconfigured', why: 'bad query' };

function limitsOf(changes: Partial<Metric>): Limits {
  const read = readLimits({ name: 'm', provider: {}, ...changes });
  if (read.kind === 'wrong') throw new Error(JSON.stringify(read.problems));
  return read.limits;
}

function taken(outcome: Outcome, index: number, metric = 'm'): Taken {
  return { metric, outcome, startedAt: start + index * 10_000, finishedAt: start + index * 10_000 + 500 };
}

function resultAfter(
  outcomes: readonly Outcome[],
  limits: Limits,
  name = 'm',
  retention = 10,
): MetricResult | undefined {
  let result: MetricResult | undefined;
  for (const [index, outcome] of outcomes.entries()) {
    const options = { dryRun: false, retention, intervalMs: limits.intervalMs, lastReading: true };
    result = recordMeasurement(result, taken(outcome, index, name), options);
  }
  return result;
}

function verdict(
  outcomes: readonly Outcome[],
  changes: Partial<Metric>,
  rule: JudgeRule = 'tidegate',
  terminate = false,
) {
  const limits = limitsOf(changes);
  const result = resultAfter(outcomes, limits);
  const metrics: JudgedMetric[] = [{ name: 'm', limits, dryRun: false }];
  return judgeRun({ metrics, results: result === undefined ? [] : [result], rule, terminate });
}

const many = { interval: '10s', count: 5 };

describe('a run of one metric', () => {
  const rows: readonly (readonly [string, readonly Outcome[], Partial<Metric>, string, string])[] = [
    ['nothing measured yet', [], {}, 'Running', 'Running'],
    ['one success', [pass], {}, 'Successful', 'Successful'],
    ['one failure', [fail], {}, 'Failed', 'Failed'],
    ['one inconclusive', [unsure], {}, 'Inconclusive', 'Inconclusive'],
    ['one error is retried', [error], {}, 'Running', 'Running'],
    ['some of several', [pass, pass], many, 'Running', 'Running'],
    ['all of several', [pass, pass, pass, pass, pass], many, 'Successful', 'Successful'],
    ['a tolerated failure', [fail, pass, pass, pass, pass], { ...many, failureLimit: 1 }, 'Successful', 'Successful'],
    ['one failure too many', [fail, pass, fail], { ...many, failureLimit: 1 }, 'Failed', 'Failed'],
    [
      'a tolerated inconclusive',
      [unsure, pass, pass, pass, pass],
      { ...many, inconclusiveLimit: 1 },
      'Successful',
      'Successful',
    ],
    ['one inconclusive too many', [unsure, unsure], { ...many, inconclusiveLimit: 1 }, 'Inconclusive', 'Inconclusive'],
    ['errors up to the limit', [error, error, error, error], many, 'Running', 'Running'],
    ['the fifth error in a row', [error, error, error, error, error], many, 'Error', 'Running'],
    ['errors that were interrupted', [error, error, error, error, pass, error], many, 'Running', 'Running'],
    ['a limit of no errors', [error], { ...many, consecutiveErrorLimit: 0 }, 'Error', 'Running'],
    ['endless', [pass, pass, pass, pass, pass, pass], { interval: '10s' }, 'Running', 'Running'],
    ['endless with a failure', [pass, fail], { interval: '10s' }, 'Failed', 'Failed'],
    [
      'enough successes in a row',
      [fail, pass, pass],
      { interval: '10s', failureLimit: -1, consecutiveSuccessLimit: 2 },
      'Successful',
      'Successful',
    ],
    [
      'not enough in a row by the end',
      [pass, fail, pass, fail, pass],
      { ...many, failureLimit: -1, consecutiveSuccessLimit: 2 },
      'Inconclusive',
      'Inconclusive',
    ],
    [
      'failures that are switched off',
      [fail, fail],
      { interval: '10s', failureLimit: -1, consecutiveSuccessLimit: 3 },
      'Running',
      'Running',
    ],
    ['a count as text', [pass, pass], { interval: '10s', count: '2' }, 'Successful', 'Successful'],
  ];

  test.each(rows)('%s, as Argo', (_, outcomes, changes, argo) => {
    expect(verdict(outcomes, changes, 'argo').phase).toBe(argo);
  });

  test.each(rows)('%s, as Tidegate', (_, outcomes, changes, _argo, tidegate) => {
    expect(verdict(outcomes, changes, 'tidegate').phase).toBe(tidegate);
  });

  test('held readings use up nothing, and the run goes on when evidence comes', () => {
    const outage = [pass, held, absent, wrong, held, held, held, held];

    expect(verdict(outage, many)).toMatchObject({
      phase: 'Running',
      message: 'waiting for evidence: metric "m": no series',
    });
    expect(verdict([...outage, pass, pass, pass, pass], many)).toMatchObject({
      phase: 'Successful',
      message: undefined,
    });
    expect(verdict([...outage, fail], many).phase).toBe('Failed');
  });

  test('a wrong configuration is named as such', () => {
    expect(verdict([wrong], {})).toMatchObject({ phase: 'Running', message: 'misconfigured: metric "m": bad query' });
  });

  test('messages have the form of Argo Rollouts', () => {
    expect(verdict([fail], {}).message).toBe('Metric "m" assessed Failed due to failed (1) > failureLimit (0)');
    expect(verdict([unsure], {}).message).toBe(
      'Metric "m" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)',
    );
    expect(verdict([error, error, error, error, error], {}, 'argo').message).toBe(
      'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: boom"',
    );
  });

  test.each<readonly [string, readonly Outcome[], string, string]>([
    ['before any measurement', [], 'Successful', 'Inconclusive'],
    ['while it waits for evidence', [pass, held], 'Successful', 'Inconclusive'],
    ['after successes', [pass], 'Successful', 'Successful'],
    ['after errors only', [error], 'Successful', 'Inconclusive'],
  ])('terminated %s', (_, outcomes, argo, tidegate) => {
    expect(verdict(outcomes, { interval: '10s' }, 'argo', true).phase).toBe(argo);
    expect(verdict(outcomes, { interval: '10s' }, 'tidegate', true).phase).toBe(tidegate);
  });

  test('a verdict that was reached stays, whatever is asked later', () => {
    const limits = limitsOf({});
    const done = { ...resultAfter([fail], limits), name: 'm', phase: 'Failed' as const };
    const again = judgeRun({
      metrics: [{ name: 'm', limits, dryRun: false }],
      results: [done],
      rule: 'tidegate',
      terminate: true,
    });

    expect(again).toMatchObject({
      phase: 'Failed',
      message: 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)',
    });
  });
});

describe('the result of a metric', () => {
  test('counts, keeps the newest measurements, and tells the last value', () => {
    const result = resultAfter([pass, fail, unsure, error, held, pass], limitsOf({ interval: '10s' }), 'm', 3);

    expect(result).toMatchObject({
      count: 4,
      successful: 2,
      failed: 1,
      inconclusive: 1,
      error: 2,
      consecutiveError: 0,
      consecutiveSuccess: 1,
    });
    expect(result?.measurements?.map(({ phase }) => phase)).toEqual(['Inconclusive', 'Error', 'Successful']);
    expect(result?.measurements?.at(-1)).toEqual({
      phase: 'Successful',
      value: '1',
      startedAt: '2026-01-01T00:00:50Z',
      finishedAt: '2026-01-01T00:00:50Z',
    });
    expect(result?.lastReading).toEqual({ kind: 'value', at: '2026-01-01T00:00:50Z' });
    expect(result).not.toHaveProperty('message');
  });

  test('an outage leaves the history alone and says when it asks again', () => {
    const result = resultAfter([pass, absent], limitsOf({ interval: '10s' }));

    expect(result?.measurements).toHaveLength(1);
    expect(result).toMatchObject({
      message: 'waiting for evidence: Prometheus is down',
      lastReading: {
        kind: 'unavailable',
        why: 'Prometheus is down',
        at: '2026-01-01T00:00:10Z',
        nextAt: '2026-01-01T00:00:15Z',
      },
    });
  });

  test('an unfinished measurement is taken up again', () => {
    const limits = limitsOf({});
    const running: Outcome = { kind: 'running', resume: { id: '7' }, lookAgainAt: start + 60_000 };

    const first = resultAfter([running], limits);
    expect(first?.measurements).toMatchObject([
      { phase: 'Running', resumeAt: '2026-01-01T00:01:00Z', metadata: { id: '7' } },
    ]);
    expect(nextMeasurementAt({ result: first, limits, runStartedAt: start })).toBe(start + 60_000);

    const second = resultAfter([running, pass], limits);
    expect(second?.measurements).toMatchObject([{ phase: 'Successful', startedAt: '2026-01-01T00:00:00Z' }]);
    expect(second?.count).toBe(1);
  });
});

describe('when to measure', () => {
  const next = (outcomes: readonly Outcome[], changes: Partial<Metric>): number | undefined => {
    const limits = limitsOf(changes);
    const at = nextMeasurementAt({ result: resultAfter(outcomes, limits), limits, runStartedAt: start });
    return at === undefined ? undefined : (at - start) / 1000;
  };

  test.each<readonly [string, readonly Outcome[], Partial<Metric>, number | undefined]>([
    ['at once', [], {}, 0],
    ['after the initial delay', [], { initialDelay: '90s' }, 90],
    ['after the interval', [pass], { interval: '30s' }, 30],
    ['not at once again, however short the interval', [pass], { interval: '0s' }, 0.25],
    ['never after the count', [pass, pass], { interval: '30s', count: 2 }, undefined],
    ['ten seconds after an error, whatever the interval', [error], { interval: '5m' }, 10],
    ['five seconds after the first reading without evidence', [held], { interval: '5m' }, 5],
    ['later after each further one', [held, held, held], { interval: '5m' }, 20 + 20],
    ['never later than the interval', [held, held, held, held], { interval: '10s' }, 30 + 10],
  ])('%s', (_, outcomes, changes, expected) => {
    expect(next(outcomes, changes)).toBe(expected);
  });

  test('an exact time in memory beats the whole second in status', () => {
    const limits = limitsOf({ interval: '1s' });
    const result = resultAfter([pass], limits);

    expect(nextMeasurementAt({ result, limits, runStartedAt: start, finishedAt: start + 500 })).toBe(start + 1500);
  });

  test.each([
    [1, undefined, undefined, 5000],
    [4, undefined, undefined, 40_000],
    [9, undefined, undefined, 60_000],
    [1000, undefined, undefined, 60_000],
    [5, 2000, undefined, 2000],
    [5, 100, undefined, 1000],
    [1, 2000, 30_000, 30_000],
    [1, 2000, 9e9, 300_000],
  ])(
    'reading %i without evidence, interval %s, Retry-After %s: %i ms',
    (inARow, intervalMs, retryAfterMs, expected) => {
      expect(retryDelayMs(inARow, intervalMs, retryAfterMs)).toBe(expected);
    },
  );
});

describe('limits', () => {
  test.each<readonly [Partial<Metric>, string]>([
    [{ count: 'three' }, 'count is "three", but must be a whole number'],
    [{ count: -1 }, 'count is -1'],
    [{ count: 3 }, 'interval is missing, but is required when count is 3'],
    [{ interval: 'soon' }, 'interval is "soon", but must be a duration'],
    [{ initialDelay: '-1m' }, 'initialDelay is "-1m"'],
    [{ failureLimit: -2 }, 'failureLimit is -2'],
    [{ inconclusiveLimit: -1 }, 'inconclusiveLimit is -1'],
    [{ failureLimit: -1 }, 'failureLimit is -1, which needs a consecutiveSuccessLimit'],
    [
      { interval: '1s', count: 2, failureLimit: 2, consecutiveSuccessLimit: 1 },
      'must not be below failureLimit plus consecutiveSuccessLimit (3)',
    ],
    [{ interval: '1s', count: 2, inconclusiveLimit: 3 }, 'must not be below inconclusiveLimit (3)'],
  ])('%j', (changes, expected) => {
    const read = readLimits({ name: 'm', provider: {}, ...changes });

    expect(
      read.kind === 'wrong' ? read.problems.map(({ field, message }) => `${field} ${message}`).join('; ') : '',
    ).toContain(expected);
  });
});

describe('a run of several metrics', () => {
  const limits = limitsOf(many);

  function run(
    outcomes: Readonly<Record<string, readonly Outcome[]>>,
    dry: readonly string[] = [],
    rule: JudgeRule = 'tidegate',
  ) {
    const metrics = Object.keys(outcomes).map((name) => ({ name, limits, dryRun: dry.includes(name) }));
    const results = Object.entries(outcomes).flatMap(([name, list]) => resultAfter(list, limits, name) ?? []);
    return judgeRun({ metrics, results, rule, terminate: false });
  }

  test('one failure ends it, and the others count as what they were', () => {
    const found = run({ a: [pass], b: [fail], c: [held] });

    expect(found).toMatchObject({
      phase: 'Failed',
      message: 'Metric "b" assessed Failed due to failed (1) > failureLimit (0)',
      runSummary: { count: 3, successful: 1, failed: 1, inconclusive: 1 },
    });
  });

  test('the worst wins: failed before error before inconclusive', () => {
    expect(run({ a: [unsure], b: [error, error, error, error, error], c: [fail] }, [], 'argo').phase).toBe('Failed');
    expect(run({ a: [unsure], b: [error, error, error, error, error] }, [], 'argo').phase).toBe('Error');
    expect(run({ a: [unsure], b: [pass] }).phase).toBe('Inconclusive');
  });

  test('a dry-run metric never decides, and never holds anybody up', () => {
    const done = [pass, pass, pass, pass, pass];

    expect(run({ a: done, b: [fail] }, ['b'])).toMatchObject({
      phase: 'Successful',
      dryRunSummary: { count: 1, failed: 1 },
    });
    expect(run({ a: done, b: [held] }, ['b'])).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 1, successful: 1 },
    });
    expect(run({ a: done, b: [pass] }, ['b']).phase).toBe('Running');
    expect(run({ b: [held] }, ['b']).phase).toBe('Running');
  });

  test('several that wait are counted in the message', () => {
    expect(run({ a: [held], b: [absent], c: [pass] }).message).toBe(
      'waiting for evidence: metric "a": no series (and 1 more)',
    );
  });

  const outcome = fc.constantFrom(pass, fail, unsure, error, held, absent, wrong);
  const histories = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), list: fc.array(outcome, { maxLength: 6 }) }),
    {
      selector: ({ name }) => name,
      minLength: 1,
    },
  );

  test('the order of the metrics does not change phase and summary', () => {
    const found = fc.check(
      fc.property(histories, fc.constantFrom<JudgeRule>('argo', 'tidegate'), (all, rule) => {
        const straight = run(Object.fromEntries(all.map(({ name, list }) => [name, list])), [], rule);
        const back = run(Object.fromEntries(all.toReversed().map(({ name, list }) => [name, list])), [], rule);
        expect(back.phase).toBe(straight.phase);
        expect(back.runSummary).toEqual(straight.runSummary);
      }),
      { numRuns: 500 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });

  test('as Tidegate a run is Successful only if every metric was measured successful to its end', () => {
    const found = fc.check(
      fc.property(histories, fc.boolean(), (all, terminate) => {
        const metrics = all.map(({ name }) => ({ name, limits, dryRun: false }));
        const results = all.flatMap(({ name, list }) => resultAfter(list, limits, name) ?? []);
        const { phase } = judgeRun({ metrics, results, rule: 'tidegate', terminate });
        if (phase !== 'Successful') return;
        for (const { name } of all)
          expect(results.find((one) => one.name === name)?.successful ?? 0).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });

  test('as Tidegate a run without a single failure is never Failed, and never ends in Error', () => {
    const noFailure = fc.constantFrom(pass, error, held, absent, wrong);
    const found = fc.check(
      fc.property(fc.array(noFailure, { maxLength: 20 }), (list) => {
        expect(run({ a: list }).phase).toMatch(/^(Running|Successful)$/);
      }),
      { numRuns: 500 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });
});

test('ten thousand measurements do not grow a result past its retention', () => {
  const limits = limitsOf({ interval: '1s' });
  const outcomes = Array.from({ length: 10_000 }, (_, index): Outcome => (index % 3 === 0 ? error : pass));
  const result = resultAfter(outcomes, limits, 'm', 10);

  expect(result?.measurements).toHaveLength(10);
  expect([result?.successful, result?.error]).toEqual([6666, 3334]);
  expect(JSON.stringify(result).length).toBeLessThan(3_000);
});
