/** What happened between two looks at the application, as events. Pure. */

import type { AppEvent } from '../events.ts';
import { valueText } from './check-picture.ts';
import type { AppPicture, CheckPicture, ReadingPicture } from './demo-scene.ts';

export function changesBetween(before: AppPicture | undefined, after: AppPicture): readonly AppEvent[] {
  const isSameRelease = before?.canary?.podHash === after.canary?.podHash;
  return [
    ...weightEvents(before, after),
    ...stepEvents(before, after),
    ...after.checks.flatMap((check) => checkEvents(isSameRelease ? before : undefined, after, check)),
    ...rollbackEvents(before, after),
    ...phaseEvents(before, after),
  ];
}

function stepOf({ steps }: AppPicture): { readonly step: number; readonly steps: number } {
  const current = steps.findIndex(({ state }) => state === 'current');
  const done = steps.filter(({ state }) => state === 'done').length;
  return { step: current < 0 ? done : current + 1, steps: steps.length };
}

/** A weight is told once the router confirmed it. */
function weightEvents(before: AppPicture | undefined, after: AppPicture): readonly AppEvent[] {
  const to = confirmedPct(after);
  const from = before === undefined ? 0 : confirmedPct(before);
  if (to === undefined || from === to || before === undefined) return [];
  return [{ type: 'weight', app: after.name, from: from ?? before.traffic.wantedPct, to, ...stepOf(after) }];
}

function confirmedPct({ traffic }: AppPicture): number | undefined {
  return traffic.confirmed === 'no' ? undefined : traffic.wantedPct;
}

function stepEvents(before: AppPicture | undefined, after: AppPicture): readonly AppEvent[] {
  const { step, steps } = stepOf(after);
  const current = after.steps[step - 1];
  if (current?.state !== 'current' || (before !== undefined && stepOf(before).step === step)) return [];
  return [{ type: 'step', app: after.name, step, steps, label: current.label }];
}

function checkEvents(before: AppPicture | undefined, after: AppPicture, check: CheckPicture): readonly AppEvent[] {
  const told = before?.checks.find(({ name }) => name === check.name)?.readings.length ?? 0;
  return check.readings.slice(told).map((reading) => ({
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
  const { metric, value, limit, message } = verdict;
  const measured = Object.fromEntries(
    Object.entries({ metric, value, limit }).filter(([, text]) => text !== undefined),
  );
  return [{ type: 'rolled-back', app: name, version: canary?.version ?? '?', ...measured, message }];
}

function phaseEvents(before: AppPicture | undefined, after: AppPicture): readonly AppEvent[] {
  if (before?.phase === after.phase) return [];
  return [{ type: 'phase', app: after.name, phase: after.phase, message: after.why }];
}
