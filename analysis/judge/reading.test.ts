import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../crds/schema/json.ts';
import type { Reading } from '../provider.ts';
import { type Conditions, judgeReading, type Outcome } from './reading.ts';

const nan = Number.NaN;

function aValue(value: Json, warnings: readonly string[] = []): Reading {
  return { kind: 'value', value, text: JSON.stringify(value), ...(warnings.length === 0 ? {} : { warnings }) };
}

function short(outcome: Outcome): string {
  if (outcome.kind === 'judged') return outcome.phase;
  return outcome.kind === 'held' ? outcome.reason : outcome.kind;
}

const success = { successCondition: 'result[0] >= 0.95' };
const failure = { failureCondition: 'result[0] < 0.9' };

/** Conditions, value, outcome under Argo's rules, outcome under Tidegate's. */
const rows: readonly (readonly [string, Conditions, Json, string, string])[] = [
  ['no condition passes', {}, [1], 'Successful', 'Successful'],
  ['success only, true', success, [0.99], 'Successful', 'Successful'],
  ['success only, false', success, [0.5], 'Failed', 'Failed'],
  ['failure only, true', failure, [0.5], 'Failed', 'Failed'],
  ['failure only, false', failure, [0.99], 'Successful', 'Successful'],
  ['both, success', { ...success, ...failure }, [0.99], 'Successful', 'Successful'],
  ['both, failure', { ...success, ...failure }, [0.5], 'Failed', 'Failed'],
  ['both, neither', { ...success, ...failure }, [0.92], 'Inconclusive', 'Inconclusive'],
  ['both true: the failure wins', { successCondition: 'true', failureCondition: 'true' }, [1], 'Failed', 'Failed'],
  ['an empty condition counts as none', { successCondition: '' }, [1], 'Successful', 'Successful'],
  ['an empty list', success, [], 'Error', 'no-evidence'],
  ['an empty list, no condition', {}, [], 'Successful', 'no-evidence'],
  [
    'an empty list, condition that copes',
    { successCondition: 'len(result) == 0 || result[0] > 1' },
    [],
    'Successful',
    'Successful',
  ],
  ['an empty list, condition that fails on it', { successCondition: 'len(result) > 0' }, [], 'Failed', 'Failed'],
  ['an empty list, all of nothing', { successCondition: 'all(result, # < 1)' }, [], 'Successful', 'no-evidence'],
  ['an empty list, any of nothing', { failureCondition: 'any(result, # > 1)' }, [], 'Successful', 'no-evidence'],
  ['NaN', success, [nan], 'Failed', 'no-evidence'],
  ['NaN against a failure condition', failure, [nan], 'Successful', 'no-evidence'],
  ['NaN, both', { ...success, ...failure }, [nan], 'Inconclusive', 'no-evidence'],
  ['NaN, no condition', {}, nan, 'Successful', 'no-evidence'],
  ['NaN, condition that copes', { successCondition: 'isNaN(result) || result < 1' }, nan, 'Successful', 'Successful'],
  ['null', { successCondition: 'result < 1' }, null, 'Error', 'no-evidence'],
  [
    'a failure condition that knows decides alone',
    { ...success, failureCondition: 'len(result) == 0' },
    [],
    'Error',
    'Failed',
  ],
  ['a condition that does not parse', { successCondition: 'result[0' }, [1], 'Error', 'misconfigured'],
  ['a condition that is no bool', { successCondition: 'result[0]' }, [1], 'Error', 'misconfigured'],
  ['a condition of the wrong type', { successCondition: 'result < 1' }, [1], 'Error', 'misconfigured'],
  ['a missing key', { successCondition: 'result.rate < 1' }, { other: 1 }, 'Error', 'misconfigured'],
];

describe('judging a value', () => {
  test.each(rows)('%s, as Argo', (_, conditions, value, argo) => {
    expect(short(judgeReading(aValue(value), conditions, 'argo'))).toBe(argo);
  });

  test.each(rows)('%s, as Tidegate', (_, conditions, value, _argo, tidegate) => {
    expect(short(judgeReading(aValue(value), conditions, 'tidegate'))).toBe(tidegate);
  });

  test('a doubtful answer decides as Argo and is held as Tidegate', () => {
    expect(short(judgeReading(aValue([0.99], ['partial']), success, 'argo'))).toBe('Successful');
    expect(judgeReading(aValue([0.1], ['a store is down']), success, 'tidegate')).toEqual({
      kind: 'held',
      reason: 'no-evidence',
      why: 'the backend doubts its own answer: a store is down',
    });
  });

  test('the error on an empty result says so', () => {
    expect(judgeReading(aValue([]), success, 'argo')).toMatchObject({
      message: expect.stringContaining('the result is nil or empty'),
    });
    expect(judgeReading(aValue([]), success, 'tidegate')).toMatchObject({
      why: 'the result is empty, so successCondition "result[0] >= 0.95" can\'t be answered',
    });
  });

  test('long values are cut', () => {
    const outcome = judgeReading({ kind: 'value', value: 1, text: 'x'.repeat(5000) }, {}, 'tidegate');

    expect(outcome.kind === 'judged' && outcome.value?.length).toBe(1024);
  });
});

describe('what is no value', () => {
  test.each(['no-evidence', 'misconfigured', 'unavailable'] as const)(
    '%s is an Error as Argo and held as Tidegate',
    (kind) => {
      const reading: Reading = { kind, why: 'because', retryAfterMs: 7000 };

      expect(judgeReading(reading, success, 'argo')).toEqual({ kind: 'judged', phase: 'Error', message: 'because' });
      expect(judgeReading(reading, success, 'tidegate')).toEqual({
        kind: 'held',
        reason: kind,
        why: 'because',
        retryAfterMs: 7000,
      });
    },
  );

  test('never passes and never fails as Tidegate, whatever the conditions', () => {
    const condition = fc.constantFrom(
      undefined,
      'true',
      'false',
      'result[0] < 1',
      'all(result, # < 1)',
      'none(result, # > 1)',
      'sum(result) < 1',
      'not (result[0] > 1)',
      'max(result) < 1',
      'result[0] != 1',
      '1 not in result',
    );
    const blind = fc.constantFrom<Json>([], [nan], [nan, nan], nan, null);
    const careless = condition.filter((source) => source !== 'true' && source !== 'false');
    const found = fc.check(
      fc.property(careless, careless, blind, (successCondition, failureCondition, value) => {
        expect(short(judgeReading(aValue(value), { successCondition, failureCondition }, 'tidegate'))).toMatch(
          /^(no-evidence|misconfigured)$/,
        );
      }),
      { numRuns: 500 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });
});

describe('what stands beside a value', () => {
  const value: Reading = { kind: 'value', value: 1, text: '1', metadata: { groups: '[]' }, warnings: ['slow'] };

  test('is kept, with the warnings in the group of Argo Rollouts', () => {
    const { warnings: _none, ...sure } = value;

    expect(judgeReading(value, {}, 'argo')).toMatchObject({ metadata: { groups: '[]', warnings: '["slow"]' } });
    expect(judgeReading(sure, {}, 'tidegate')).toMatchObject({ kind: 'judged', metadata: { groups: '[]' } });
  });

  test.each(['argo', 'tidegate'] as const)("a backend's own verdict has its value (%s)", (rule) => {
    const verdict: Reading = { kind: 'verdict', phase: 'Failed', text: '42' };

    expect(judgeReading(verdict, { successCondition: 'true' }, rule)).toEqual({
      kind: 'judged',
      phase: 'Failed',
      value: '42',
    });
  });
});

test.each<readonly [Json, string]>([
  [{ rate: null }, 'no-evidence'],
  [{ a: nan, b: [null] }, 'no-evidence'],
  [[[], null], 'no-evidence'],
  [{}, 'Successful'],
  [{ rate: null, count: 0 }, 'Successful'],
  ['', 'Successful'],
])('without a condition %j is %s for Tidegate', (value, outcome) => {
  expect(short(judgeReading(aValue(value), {}, 'tidegate'))).toBe(outcome);
});

test.each(['argo', 'tidegate'] as const)('now() is the moment of the measurement (%s)', (rule) => {
  const conditions = { successCondition: 'now() - date(result.builtAt) < duration("24h")' };
  const judge = (now?: string) => {
    const moment = now === undefined ? undefined : Date.parse(now);
    return short(judgeReading(aValue({ builtAt: '2026-03-01T00:00:00Z' }), conditions, rule, moment));
  };

  expect([judge('2026-03-01T12:00:00Z'), judge('2026-03-03T00:00:00Z')]).toEqual(['Successful', 'Failed']);
  expect(judge()).toBe(rule === 'argo' ? 'Error' : 'misconfigured');
});
