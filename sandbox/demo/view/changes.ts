/** What happened since the look before, as events: readings once each, weights when the router has confirmed them. */

import type { AppEvent } from '../events.ts';
import { valueText } from './check-picture.ts';
import type { AppPicture, CheckPicture, ReadingPicture } from './demo-scene.ts';

interface Told {
  before: AppPicture | undefined;
  confirmedPct: number | undefined;
  step: number | undefined;
  readonly readings: Set<string>;
}

/** Takes one look after the other, and gives what is new in each. */
export function changeTeller(): (after: AppPicture) => readonly AppEvent[] {
  const told: Told = { before: undefined, confirmedPct: undefined, step: undefined, readings: new Set() };
  return (after) => {
    const { before } = told;
    const events = [
      ...after.checks.flatMap((check) => checkEvents(told, after, check)),
      ...rollbackEvents(before, after),
      ...weightEvents(told, after),
      ...stepEvents(told, after),
      ...phaseEvents(before, after),
    ];
    told.before = after;
    return events;
  };
}

function stepOf({ steps }: AppPicture): { readonly step: number; readonly steps: number } {
  const current = steps.findIndex(({ state }) => state === 'current');
  const done = steps.filter(({ state }) => state === 'done').length;
  return { step: current < 0 ? done : current + 1, steps: steps.length };
}

/** Before the controller has seen a new release its status speaks of the one before. */
function isLookedAt({ situation }: AppPicture): boolean {
  return situation !== 'unobserved';
}

function weightEvents(told: Told, after: AppPicture): readonly AppEvent[] {
  const { wantedPct: to, confirmed } = after.traffic;
  const from = told.confirmedPct;
  if (!isLookedAt(after) || confirmed !== 'yes' || from === to) return [];
  told.confirmedPct = to;
  // A new stable revision has all traffic and no canary beside it: no weight was taken from anybody.
  return from === undefined || after.situation === 'settled'
    ? []
    : [{ type: 'weight', app: after.name, from, to, ...stepOf(after) }];
}

function stepEvents(told: Told, after: AppPicture): readonly AppEvent[] {
  // The first release has nothing to be measured against, and takes no steps.
  if (!isLookedAt(after) || after.stable === undefined) return [];
  const { step, steps } = stepOf(after);
  const current = after.steps[step - 1];
  const isKnown = told.step === step;
  told.step = current?.state === 'current' ? step : undefined;
  if (current?.state !== 'current' || isKnown) return [];
  return [{ type: 'step', app: after.name, step, steps, label: current.label }];
}

function checkEvents({ readings }: Told, after: AppPicture, check: CheckPicture): readonly AppEvent[] {
  const keyOf = ({ at }: ReadingPicture): string => `${check.name}/${at}`;
  const fresh = check.readings.filter((reading) => !readings.has(keyOf(reading)));
  for (const reading of fresh) readings.add(keyOf(reading));
  return fresh.map((reading) => ({
    type: 'check',
    app: after.name,
    metric: check.name,
    ...(reading.value === undefined ? {} : { value: reading.value }),
    text: valueText(reading.value, check.unit),
    limit: check.limitText,
    verdict: verdictWord(reading),
  }));
}

function verdictWord({ value, passed }: ReadingPicture): 'pass' | 'fail' | 'no-data' {
  if (value === undefined) return 'no-data';
  return passed ? 'pass' : 'fail';
}

function rollbackEvents(before: AppPicture | undefined, after: AppPicture): readonly AppEvent[] {
  const { verdict, canary, name } = after;
  if (verdict === undefined || before?.verdict?.at === verdict.at) return [];
  const { metric, got, want, breach: why } = verdict;
  const measured = metric === undefined ? {} : { metric, got: got ?? '', want: want ?? '' };
  return [{ type: 'rolled-back', app: name, version: canary?.version ?? '?', ...measured, why }];
}

function phaseEvents(before: AppPicture | undefined, after: AppPicture): readonly AppEvent[] {
  if (before?.phase === after.phase) return [];
  return [{ type: 'phase', app: after.name, phase: after.phase, message: after.why }];
}
