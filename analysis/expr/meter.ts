/** Keeps one evaluation within bounds, and in strict mode watches that no answer rests on NaN or on an empty measurement. */
import { ExprError, isList, isMap, NoEvidence, type Value } from './value.ts';

const maxSteps = 1_000_000;
/** Text is copied and searched far faster than values are walked. */
const charactersPerStep = 100;
const maxTextLength = 1_048_576;
export const maxListLength = 100_000;

/**
 * `as-argo`: NaN compares false and an empty list passes `all`, as in Argo Rollouts.
 * `strict`: both mean that there is no evidence, unless the condition asks first (`isNaN(...)`, `len(result) == 0`).
 */
export type EvidenceRule = 'as-argo' | 'strict';

export class Meter {
  private steps = 0;
  private numeric: boolean | undefined;
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

  /** Counts the size of a value that is about to be walked or copied, so that a loop over large values ends in time. */
  charge(value: Value): void {
    if (typeof value === 'string') this.step(1 + Math.floor(value.length / charactersPerStep));
    else if (isList(value) || isMap(value)) {
      this.step(1 + (isList(value) ? value.length : value.size));
      for (const item of value.values()) if (typeof item === 'object' || typeof item === 'string') this.charge(item);
    }
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
    this.charge(left);
    this.charge(right);
    this.converted(left);
    this.converted(right);
    if ((left === null) !== (right === null)) this.readNil();
  }

  /**
   * True when the measured value consists of numbers alone, as Prometheus delivers it. The language then knows the types, so a
   * comparison of a number with a text is a mistake in the condition; for JSON of unknown shape it is just false.
   */
  get isNumeric(): boolean {
    const { measured } = this;
    this.numeric ??=
      typeof measured === 'number' || (isList(measured) && measured.every((item) => typeof item === 'number'));
    return this.numeric;
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
