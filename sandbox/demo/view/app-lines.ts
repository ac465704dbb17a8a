/** The lines of the live view that show the application: traffic, pods, checks, steps, countdown, why. Pure. */

import { mark, paint, type Style } from '../../../cli/view/style.ts';
import { valueText } from './check-picture.ts';
import { columnsOf, cut, fit, wrapped } from './columns.ts';
import type { AppPicture, CheckPicture, RevisionPicture, StepPicture } from './demo-scene.ts';
import { bar, gauge, plainText, sign, sparkline } from './glyphs.ts';

const labelWidth = 9;
const roleWidth = 8;
const mostSparks = 12;
const fewestSparks = 5;
const passedWidth = 7;
const mostPodSigns = 20;
const mostBarWidth = 44;

export function headLine(app: AppPicture, columns: number, style: Style): string {
  const { canary, stable, steps } = app;
  const versions = [stable?.version, canary?.version].filter(Boolean).join(' → ');
  const left = [app.name, `namespace ${app.namespace}`, versions].filter(Boolean).join(` ${sign('dot', style)} `);
  const current = steps.findIndex(({ state }) => state === 'current');
  const step = current < 0 ? '' : `  step ${current + 1}/${steps.length}`;
  const right = `${mark(app.phase, style)}${step}`;
  const room = columns - columnsOf(right) - 2;
  return `${fit(plainText(left, style), room, plainText('…', style))}  ${right}`;
}

export function trafficLines(
  { traffic, canary, situation }: AppPicture,
  columns: number,
  style: Style,
): readonly string[] {
  const { canarySharePct, wantedPct, confirmed, requestsPerSecond } = traffic;
  const width = Math.min(mostBarWidth, columns - labelWidth - roleWidth - 8);
  const rows = [
    { role: 'stable', pct: canarySharePct === undefined ? undefined : 100 - canarySharePct, tone: 'good' as const },
    { role: 'canary', pct: canarySharePct, tone: canary?.isFailed === true ? ('bad' as const) : ('held' as const) },
  ];
  const lines = rows.map(({ role, pct, tone }, index) => {
    const drawn = paint(bar((pct ?? 0) / 100, width, style), tone, style);
    const share = pct === undefined ? '   -' : `${String(Math.round(pct)).padStart(3)} %`;
    return `${label(index === 0 ? 'traffic' : '')}${fit(role, roleWidth)}${fit(drawn, width)} ${share}`;
  });
  const said = { yes: 'confirmed by the router', no: 'not confirmed yet', unknown: '' }[confirmed];
  // Before the controller has seen a new release its status speaks of the one before.
  const asked =
    situation === 'unobserved' ? ['the new release is not looked at yet'] : [`asked for ${wantedPct} % canary`, said];
  return [
    ...lines,
    `${label('')}${paint([...asked, `${Math.round(requestsPerSecond)} requests/s`].filter(Boolean).join(', '), 'faint', style)}`,
  ];
}

export function podsLine({ stable, canary }: AppPicture, style: Style): string {
  const parts = [revisionPods('stable', stable, style), revisionPods('canary', canary, style)].filter(Boolean);
  return `${label('pods')}${parts.join('    ')}`;
}

function revisionPods(role: string, revision: RevisionPicture | undefined, style: Style): string {
  if (revision === undefined) return '';
  const { podsReady, podsWanted, trouble } = revision;
  const missing = Math.max(0, podsWanted - podsReady);
  const many = podsReady + missing > mostPodSigns;
  const signs = many ? '' : sign('pod', style).repeat(podsReady) + sign('noPod', style).repeat(missing);
  const words = trouble.length === 0 ? '' : ` ${trouble.join(', ')}`;
  return `${role} ${[signs, `${podsReady}/${podsWanted}`].filter(Boolean).join(' ')}${words}`;
}

/** The sparkline has what room is left. */
export function checkLines({ checks }: AppPicture, columns: number, style: Style): readonly string[] {
  if (checks.length === 0)
    return [`${label('checks')}${paint('none yet: they begin with the first check step', 'faint', style)}`];
  const name = Math.max(6, ...checks.map((check) => columnsOf(check.name) + 2));
  // The name's column is one wider than its text, and a blank stands before the sparkline's and the last one.
  const others = labelWidth + name + 2 + valueWidths.reduce((sum, one) => sum + one + 1, 0) + passedWidth + 1;
  const sparks = Math.min(mostSparks, Math.max(fewestSparks, columns - others));
  const widths = [name + 1, ...valueWidths, sparks, passedWidth];
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => fit(cell, widths[index] ?? 0, plainText('…', style)))
      .join(' ')
      .trimEnd();
  const head = label('checks') + row(['', 'canary', 'stable', 'limit', `last ${sparks}`, 'passed']);
  return [paint(head, 'faint', style), ...checks.map((check) => label('') + row(checkCells(check, sparks, style)))];
}

/** Canary, stable, limit. */
const valueWidths = [8, 8, 9];

function checkCells(check: CheckPicture, sparks: number, style: Style): readonly string[] {
  const last = check.readings.at(-1);
  const passed = last === undefined || last.passed;
  const glyph = last === undefined ? sign('todo', style) : sign(passed ? 'done' : 'bad', style);
  const tone = last === undefined ? 'faint' : passed ? 'good' : 'bad';
  const reading = last === undefined ? '-' : valueText(last.value, check.unit);
  const good = check.readings.slice(-check.done || undefined).filter((one) => one.passed).length;
  return [
    `${paint(glyph, tone, style)} ${check.name}`,
    paint(reading, tone, style),
    check.stableValue === undefined ? '-' : valueText(check.stableValue, check.unit),
    plainText(check.limitText, style),
    sparkline(check, sparks, style),
    [passedText(check, good), check.isWatched ? 'dry' : ''].filter(Boolean).join(' '),
  ];
}

function passedText({ done, needed }: CheckPicture, good: number): string {
  return done === 0 ? '-' : `${good}/${needed ?? done}`;
}

/** One line where it fits, else two or more. */
export function stepLines({ steps }: AppPicture, columns: number, style: Style): readonly string[] {
  const link = ` ${sign('link', style)} `;
  const lines: string[] = [];
  let line = '';
  for (const step of steps) {
    const text = stepText(step, style);
    const longer = line === '' ? text : `${line}${link}${text}`;
    if (line !== '' && columnsOf(longer) > columns - labelWidth) {
      lines.push(line);
      line = text;
    } else line = longer;
  }
  return [...lines, line].filter(Boolean).map((one, index) => label(index === 0 ? 'steps' : '') + one);
}

function stepText({ label: text, state }: StepPicture, style: Style): string {
  const tone = { done: 'good', current: 'busy', todo: 'faint', failed: 'bad' } as const;
  const glyph = sign(state === 'failed' ? 'bad' : state, style);
  return paint(`${glyph} ${text}`, tone[state], style);
}

export function countdownLine({ countdown }: AppPicture, style: Style): string {
  if (countdown === undefined) return '';
  const { label: text, share, left } = countdown;
  const drawn = text === 'gate' ? '' : `${gauge(share, 20, style)} `;
  return `${label('')}${paint(`${text} ${drawn}${left}`, text === 'gate' ? 'held' : 'busy', style)}`;
}

export function whyLines(
  { why, verdict }: AppPicture,
  columns: number,
  mostLines: number,
  style: Style,
): readonly string[] {
  const lines = wrapped(plainText(why, style), columns - labelWidth, mostLines, plainText('…', style));
  const tone = verdict === undefined ? 'plain' : 'bad';
  return lines.map((line, index) => label(index === 0 ? 'why' : '') + paint(line, tone, style));
}

export function label(text: string): string {
  return ` ${text.padEnd(labelWidth - 1)}`;
}

/** Cuts every line to the columns that are there. */
export function cutAll(lines: readonly string[], columns: number, style: Style): readonly string[] {
  return lines.map((line) => cut(line, columns, plainText('…', style)));
}
