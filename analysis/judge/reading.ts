/**
 * Turns one reading into the outcome of a measurement. Under Argo's rules everything that is no value is an Error; under
 * Tidegate's it is held: no evidence, a wrong configuration and an absent backend neither pass nor fail anything.
 */
import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import { type ConditionOutcome, evaluateCondition } from '../expr/condition.ts';
import type { Instant, Missing, Reading, Resume } from '../provider.ts';
import type { JudgeRule } from './rule.ts';

export type Outcome =
  | {
      readonly kind: 'judged';
      readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
      readonly value?: string;
      readonly message?: string;
      /** Put beside the measurement in status. */
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'held';
      readonly reason: Missing['kind'];
      readonly why: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'running'; readonly resume: Resume; readonly lookAgainAt?: Instant };

export interface Conditions {
  readonly successCondition?: string | undefined;
  readonly failureCondition?: string | undefined;
}

export const maxValueLength = 1024;

/**
 * Judges a reading. An empty list or NaN is a value only for a condition that asks about it (`len(result) == 0`, `isNaN(...)`);
 * for all others it is no evidence, also where the language would answer (`all` of nothing is true). `now` is what `now()` gives.
 */
export function judgeReading(reading: Reading, conditions: Conditions, rule: JudgeRule, now?: Instant): Outcome {
  if (reading.kind === 'running') return reading;
  if (reading.kind === 'verdict') {
    return { ...judged(reading.phase, reading.why), ...(reading.text === undefined ? {} : { value: reading.text }) };
  }
  if (reading.kind !== 'value') return missing(reading, rule);
  const value = bounded(reading.text);
  if (rule === 'argo') return { ...judgeAsArgo(reading.value, conditions, now), value, ...besides(reading) };
  const [doubt] = reading.warnings ?? [];
  if (doubt !== undefined) return held('no-evidence', `the backend doubts its own answer: ${doubt}`);
  const outcome = judgeStrictly(reading.value, conditions, now);
  return outcome.kind === 'judged' ? { ...outcome, value, ...besides(reading) } : outcome;
}

/** Argo Rollouts judges by a doubtful answer all the same, and says so beside it. */
function besides({ warnings = [], metadata }: Extract<Reading, { kind: 'value' }>): Pick<Judged, 'metadata'> {
  const all: Record<string, string> = { ...metadata };
  if (warnings.length > 0) all['warnings'] = bounded(JSON.stringify(warnings));
  return Object.keys(all).length === 0 ? {} : { metadata: all };
}

/** Cuts long text; what people need of a value stands at its beginning. */
export function bounded(text: string): string {
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength - 1)}…`;
}

function missing(reading: Missing, rule: JudgeRule): Outcome {
  if (rule === 'argo') return { kind: 'judged', phase: 'Error', message: bounded(reading.why) };
  return { kind: 'held', reason: reading.kind, why: bounded(reading.why), ...retry(reading.retryAfterMs) };
}

function retry(retryAfterMs: number | undefined): { readonly retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function held(reason: Missing['kind'], why: string): Extract<Outcome, { kind: 'held' }> {
  return { kind: 'held', reason, why: bounded(why) };
}

type Judged = Extract<Outcome, { kind: 'judged' }>;

function judged(phase: Judged['phase'], message?: string): Judged {
  return { kind: 'judged', phase, ...(message === undefined ? {} : { message: bounded(message) }) };
}

/** argo-rollouts.md 5.5: no condition passes, one condition decides both ways, of two the failure wins. */
function verdict(success: boolean | undefined, failure: boolean | undefined): Judged {
  if (success === undefined && failure === undefined) return judged('Successful');
  if (failure ?? success === false) return judged('Failed');
  return judged((success ?? failure === false) ? 'Successful' : 'Inconclusive');
}

function judgeAsArgo(value: Json, conditions: Conditions, now: Instant | undefined): Judged {
  const answers: (boolean | undefined)[] = [];
  for (const field of ['successCondition', 'failureCondition'] as const) {
    const source = conditions[field];
    if (!source) {
      answers.push(undefined);
      continue;
    }
    const outcome = evaluateCondition(source, value, 'as-argo', now);
    if (outcome.kind !== 'holds') return judged('Error', errorText(field, source, outcome));
    answers.push(outcome.value);
  }
  return verdict(answers[0], answers[1]);
}

function errorText(field: string, source: string, outcome: Exclude<ConditionOutcome, { kind: 'holds' }>): string {
  const why = outcome.kind === 'error' ? outcome.message : outcome.why;
  const nothing = outcome.kind === 'error' && outcome.onNothing ? 'the result is nil or empty: ' : '';
  return `${nothing}${field} ${JSON.stringify(source)}: ${why}`;
}

function judgeStrictly(value: Json, conditions: Conditions, now: Instant | undefined): Outcome {
  const { successCondition, failureCondition } = conditions;
  const failure = failureCondition ? evaluateCondition(failureCondition, value, 'strict', now) : undefined;
  // A failure condition that answers yes has its evidence, whatever the other one lacks.
  if (failure?.kind === 'holds' && failure.value) return judged('Failed');
  const success = successCondition ? evaluateCondition(successCondition, value, 'strict', now) : undefined;
  for (const [field, source, outcome] of [
    ['failureCondition', failureCondition, failure],
    ['successCondition', successCondition, success],
  ] as const) {
    if (outcome !== undefined && outcome.kind !== 'holds') return withheld(field, source ?? '', outcome);
  }
  if (success === undefined && failure === undefined && saysNothing(value)) {
    return held('no-evidence', 'the result is empty or NaN, and the metric has no condition that asks about that');
  }
  return verdict(answer(success), answer(failure));
}

function answer(outcome: ConditionOutcome | undefined): boolean | undefined {
  return outcome?.kind === 'holds' ? outcome.value : undefined;
}

function withheld(field: string, source: string, outcome: Exclude<ConditionOutcome, { kind: 'holds' }>): Outcome {
  if (outcome.kind === 'no-evidence')
    return held('no-evidence', `${outcome.why}, so ${field} ${JSON.stringify(source)} can't be answered`);
  if (outcome.onNothing)
    return held('no-evidence', `the result is empty, so ${field} ${JSON.stringify(source)} can't be answered`);
  return held('misconfigured', errorText(field, source, outcome));
}

/** Nothing at all, NaN, and lists and objects of nothing else; an empty object is an answer. */
function saysNothing(value: Json): boolean {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) return true;
  if (Array.isArray(value)) return value.every(saysNothing);
  if (!isJsonObject(value)) return false;
  const items = Object.values(value).filter((item) => item !== undefined);
  return items.length > 0 && items.every(saysNothing);
}
