/** Keeps one evaluation within bounds, and in strict mode watches that no answer rests on NaN or on an empty measurement. */
import { ExprError, isList, NoEvidence, type Value } from './value.ts';

const maxSteps = 500_000;
const maxTextLength = 1_048_576;
export const maxListLength = 100_000;

/**
 * `as-argo`: NaN compares false and an empty list passes `all`, as in Argo Rollouts.
 * `strict`: both mean that there is no evidence, unless the condition asks first (`isNaN(...)`, `len(result) == 0`).
 */
export type EvidenceRule = 'as-argo' | 'strict';

export class Meter {
  private steps = 0;
  private readonly rule: EvidenceRule;
  private readonly measured: Value;

  constructor(rule: EvidenceRule, measured: Value) {
    this.rule = rule;
    this.measured = measured;
  }

  step(count = 1): void {
    this.steps += count;
    if (this.steps > maxSteps) throw new ExprError(`the expression takes more than ${maxSteps} steps`);
  }

  text(value: string): string {
    if (value.length > maxTextLength) throw new ExprError(`a text may have ${maxTextLength} characters at most`);
    return value;
  }

  list(value: readonly Value[]): readonly Value[] {
    if (value.length > maxListLength) throw new ExprError(`a list may have ${maxListLength} items at most`);
    this.step(value.length);
    return value;
  }

  /** Every comparison reports here: what NaN answers is not known, nor what a missing result does (`== nil` asks about it). */
  compared(left: Value, right: Value): void {
    this.converted(left);
    this.converted(right);
    if ((left === null) !== (right === null)) this.readNil();
  }

  /** NaN turned into something that no longer shows it. */
  converted(value: Value): void {
    if (this.rule === 'strict' && isNaNValue(value)) throw new NoEvidence('the value is NaN');
  }

  /** An operator that has an answer for nil was given one. */
  readNil(): void {
    if (this.rule === 'strict' && this.measured === null) throw new NoEvidence('the result is nil');
  }

  /** A statement about all items of the measured list says nothing when there are none. */
  iterated(list: readonly Value[]): void {
    this.step(list.length);
    if (this.rule === 'strict' && list.length === 0 && list === this.measured) {
      throw new NoEvidence('the result is empty');
    }
  }
}

function isNaNValue(value: Value): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  return isList(value) && value.some(isNaNValue);
}
