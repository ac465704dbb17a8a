/** `explain` as text for people. Pure. */

import type { Instant } from '../../kube/api.ts';
import type { Explanation } from './explanation.ts';
import type { Reading } from './readings.ts';
import { waitedFor } from './rollout-text.ts';
import { mark, padEnd, type Style, table } from './style.ts';
import { ageOf, momentText } from './times.ts';

export function explanationText(view: Explanation, now: Instant, style: Style): string {
  return [
    `${view.namespace}/${view.name}  ${mark(view.phase, style)}\n${lines(view.where)}`,
    section('Waits for', waitingLines(view, now)),
    section('Why it failed', verdictLines(view, now)),
    section('Last readings', readingLines(view.readings, now, style)),
    section('Git', lines(view.git)),
    section('Last command', commandLines(view, now, style)),
    section('To move it', table(view.next.map(({ command, effect }) => [`  ${command}`, effect]))),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function section(title: string, body: string): string {
  return body === '' ? '' : `${title}\n${body}`;
}

function lines(sentences: readonly string[]): string {
  return sentences.map((sentence) => `  ${sentence}\n`).join('');
}

function pairs(rows: readonly (readonly [string, string | undefined])[]): string {
  return rows
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => `  ${padEnd(label, 12)}${value}\n`)
    .join('');
}

function waitingLines({ waiting }: Explanation, now: Instant): string {
  if (waiting === undefined) return '';
  return pairs([
    ['object', waitedFor(waiting.on)],
    ['reason', waiting.reason],
    ['value', waiting.value],
    ['limit', waiting.limit],
    ['until', waiting.until === undefined ? 'no deadline' : momentText(waiting.until, now)],
    ['moved by', waiting.moves],
  ]);
}

function verdictLines({ verdict }: Explanation, now: Instant): string {
  if (verdict === undefined) return '';
  return pairs([
    ['cause', verdict.cause],
    ['what', verdict.message],
    ['by', verdict.actor],
    ['analysis', verdict.analysisRun],
    ['metric', verdict.metric],
    ['value', verdict.value],
    ['limit', verdict.limit],
    ['decided', momentText(verdict.at, now)],
    ['Git', verdict.keepGit === true ? 'left alone, as asked' : undefined],
  ]);
}

function readingLines(readings: readonly Reading[], now: Instant, style: Style): string {
  return table(
    readings.map((reading) => [
      `  ${mark(reading.phase, style)}`,
      reading.metric,
      reading.value ?? 'no value',
      limitsText(reading),
      [...reading.spent, reading.dryRun ? 'only watched' : ''].filter(Boolean).join('; '),
      reading.at === undefined ? '' : `${ageOf(reading.at, now)} ago`,
      reading.value === undefined ? (reading.why ?? '') : '',
    ]),
  );
}

function limitsText({ successCondition, failureCondition }: Reading): string {
  const needs = successCondition === undefined ? '' : `needs ${successCondition}`;
  const fails = failureCondition === undefined ? '' : `fails if ${failureCondition}`;
  return [needs, fails].filter(Boolean).join(', ');
}

function commandLines({ lastCommand }: Explanation, now: Instant, style: Style): string {
  if (lastCommand === undefined) return '';
  const { verb, outcome, message, at, actor } = lastCommand;
  return `  ${mark(outcome, style)}  ${verb}${actor === undefined ? '' : ` by ${actor}`}, ${momentText(at, now)}: ${message}\n`;
}
