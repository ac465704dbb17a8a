/** One scenario in the timeline: moments, traffic, steps, checks, verdict, time axis, and the same as a table of text. Pure. */

import { limitText, valueText } from './check-picture.ts';
import { bandHeight, namesAboveHeight, type Scale, stepBands } from './step-bands.ts';
import { element, letterWidth, number, textElement } from './svg.ts';
import type { CheckStrip, Pin, TimelineRun } from './timeline.ts';

export const width = 1200;
const left = 150;
const right = width - 40;
const titleHeight = 52;
const pinRowHeight = 15;
const trafficHeight = 84;
const stripHeight = 52;
const ribbonHeight = 20;
const axisHeight = 24;
const rowHeight = 16;
const space = 10;
const bottom = 22;

interface Frame {
  readonly run: TimelineRun;
  readonly x: Scale;
}

export function panelHeight(run: TimelineRun): number {
  const strips = run.checks.length * stripHeight;
  const fixed = titleHeight + trafficHeight + stepsHeight(run) + ribbonHeight + axisHeight + 3 * space + bottom;
  return fixed + pinLaneHeight(run) + strips + (tableRows(run).length + 1) * rowHeight;
}

function stepsHeight(run: TimelineRun): number {
  return namesAboveHeight(run.steps, scaleOf(run)) + bandHeight;
}

function scaleOf({ from, to }: TimelineRun): Scale {
  const spanMs = Math.max(1, to - from);
  return (at) => left + Math.min(1, Math.max(0, (at - from) / spanMs)) * (right - left);
}

export function panel(run: TimelineRun, top: number): string {
  const frame: Frame = { run, x: scaleOf(run) };
  let y = top + titleHeight;
  const take = (height: number, gapAfter = 0): number => {
    const at = y;
    y += height + gapAfter;
    return at;
  };
  const pinTop = take(pinLaneHeight(run));
  const pictures = [
    traffic(frame, take(trafficHeight, space)),
    steps(frame, take(stepsHeight(run), space)),
    ...run.checks.map((check) => strip(frame, check, take(stripHeight))),
    ribbon(frame, take(ribbonHeight)),
    axis(frame, take(axisHeight, space)),
  ];
  const plotEnd = y - axisHeight - space - ribbonHeight - 2;
  return element(
    'g',
    { 'aria-label': run.scenario },
    title(run, top),
    element('g', { 'aria-hidden': 'true' }, ...pictures, pins(frame, pinTop, plotEnd)),
    table(run, y),
  );
}

function title({ scenario, story, verdict }: TimelineRun, top: number): string {
  return [
    element('path', { class: 'rule', d: `M24 ${number(top + 2)}H${width - 24}` }),
    textElement({ class: 'name', x: 24, y: top + 24 }, `${scenario}: ${verdict.word}`),
    textElement({ class: 'soft', x: 24, y: top + 42 }, story),
  ].join('');
}

/** Row of each pin, so that their texts do not lie over each other. */
function pinRows({ pins: all, from, to }: TimelineRun): readonly number[] {
  const scale = (right - left) / Math.max(1, to - from);
  const ends: number[] = [];
  return all.map((pin) => {
    const start = pinTextStart(left + (pin.at - from) * scale, pin);
    const free = ends.findIndex((end) => end < start);
    const row = free < 0 ? ends.length : free;
    ends[row] = start + pin.text.length * letterWidth + 14;
    return row;
  });
}

/** Texts that would leave the picture on the right stand on the left of their line. */
function isFlipped(x: number, { text }: Pin): boolean {
  return x + 5 + text.length * letterWidth > width - 12;
}

function pinTextStart(x: number, pin: Pin): number {
  return isFlipped(x, pin) ? x - 5 - pin.text.length * letterWidth : x + 5;
}

function pinLaneHeight(run: TimelineRun): number {
  return (Math.max(0, ...pinRows(run)) + 1) * pinRowHeight + 6;
}

function pins({ run, x }: Frame, top: number, end: number): string {
  const rows = pinRows(run);
  return run.pins
    .map((pin, index) => {
      const y = top + (rows[index] ?? 0) * pinRowHeight + 11;
      const isBad = pin.kind === 'breach';
      const tone = isBad ? 'bad' : pin.kind === 'person' ? 'person' : pin.kind === 'commit' ? 'soft' : 'good';
      return [
        element('path', {
          class: isBad ? 'pin pin-bad' : 'pin',
          d: `M${number(x(pin.at))} ${number(y - 8)}V${number(end)}`,
        }),
        isFlipped(x(pin.at), pin)
          ? textElement({ class: `small end ${tone}`, x: x(pin.at) - 5, y }, pin.text)
          : textElement({ class: `small ${tone}`, x: x(pin.at) + 5, y }, pin.text),
      ].join('');
    })
    .join('');
}

function traffic({ run, x }: Frame, top: number): string {
  const base = top + trafficHeight;
  const most = Math.max(1, ...run.traffic.map((one) => one.stablePerSecond + one.canaryPerSecond));
  const y = (value: number) => base - (value / most) * (trafficHeight - 8);
  const area = (lower: (index: number) => number, upper: (index: number) => number): string => {
    if (run.traffic.length === 0) return '';
    const points = run.traffic.map((one, index) => `${number(x(one.at))} ${number(y(upper(index)))}`);
    const back = run.traffic.map((one, index) => `${number(x(one.at))} ${number(y(lower(index)))}`).toReversed();
    return `M${[...points, ...back].join('L')}Z`;
  };
  const stable = (index: number) => run.traffic[index]?.stablePerSecond ?? 0;
  const all = (index: number) => stable(index) + (run.traffic[index]?.canaryPerSecond ?? 0);
  return [
    laneLabel('requests', `up to ${Math.round(most)}/s`, top + 20),
    element('path', { class: 'stable', d: area(() => 0, stable) }),
    element('path', { class: 'canary', d: area(stable, all) }),
    element('path', { class: 'rule', d: `M${left} ${number(base)}H${right}` }),
  ].join('');
}

function steps({ run, x }: Frame, top: number): string {
  const bandTop = top + stepsHeight(run) - bandHeight;
  return laneLabel('steps', '', bandTop + 15) + stepBands(run.steps, x, bandTop, width - 12);
}

function strip({ x }: Frame, check: CheckStrip, top: number): string {
  const base = top + stripHeight - 6;
  const values = check.readings.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const most = Math.max(...values, check.limit?.value ?? 0, 0.000_001) * 1.08;
  const y = (value: number) => base - (value / most) * (stripHeight - 14);
  const limit =
    check.limit === undefined
      ? ''
      : element('path', { class: 'limit', d: `M${left} ${number(y(check.limit.value))}H${right}` });
  return [
    laneLabel(check.name, check.limit === undefined ? check.limitText : limitText(check.limit, check.unit), top + 20),
    element('path', { class: 'rule', d: `M${left} ${number(base)}H${right}` }),
    limit,
    ...check.readings.map(({ at, value, passed }) =>
      value === undefined ? gap(x(at), top) : reading(x(at), y(value), passed),
    ),
  ].join('');
}

/** A dot, or a cross beyond the limit. */
function reading(x: number, y: number, passed: boolean): string {
  if (passed) return element('circle', { class: 'dot', cx: x, cy: y, r: 3.2 });
  return element('path', { class: 'cross', d: `M${number(x - 5)} ${number(y - 5)}l10 10m0 -10l-10 10` });
}

/** A moment in which there was no value. */
function gap(x: number, top: number): string {
  return element('rect', { class: 'gap', x: x - 4, y: top + 4, width: 8, height: stripHeight - 10 });
}

function ribbon({ run }: Frame, top: number): string {
  const { word, isGood, sentence } = run.verdict;
  return [
    laneLabel('verdict', '', top + 14),
    element('rect', {
      class: isGood ? 'good' : 'bad',
      x: left,
      y: top,
      width: right - left,
      height: ribbonHeight,
      rx: 3,
    }),
    textElement({ class: 'ribbon small', x: left + 8, y: top + 14 }, fitted(`${word}: ${sentence}`, right - left - 16)),
  ].join('');
}

function fitted(text: string, room: number): string {
  const most = Math.floor(room / letterWidth);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function axis({ run, x }: Frame, top: number): string {
  const spanS = (run.to - run.from) / 1000;
  const everyS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((step) => spanS / step <= 14) ?? 1200;
  const ticks = Array.from({ length: Math.floor(spanS / everyS) + 1 }, (_, index) => index * everyS);
  return ticks
    .map((seconds) => {
      const at = x(run.from + seconds * 1000);
      const line = element('path', { class: 'rule', d: `M${number(at)} ${number(top + 2)}v5` });
      return line + textElement({ class: 'small soft middle', x: at, y: top + 19 }, `${seconds} s`);
    })
    .join('');
}

function laneLabel(name: string, below: string, y: number): string {
  const second = below === '' ? '' : textElement({ class: 'small soft end', x: left - 12, y: y + 14 }, below);
  return textElement({ class: 'end', x: left - 12, y }, name) + second;
}

type Row = readonly [when: string, what: string];

/** The picture in words: every moment, and each check's readings in one row. */
function tableRows(run: TimelineRun): readonly Row[] {
  const moments = run.pins.map((pin): Row => [`${((pin.at - run.from) / 1000).toFixed(0)} s`, pin.text]);
  return [...moments, ...run.checks.map((check): Row => [check.name, readingsText(check)])];
}

function readingsText({ readings, unit, limitText: limit }: CheckStrip): string {
  if (readings.length === 0) return `needs ${limit}, no readings`;
  const beyond = readings.filter(({ passed, value }) => !passed && value !== undefined).length;
  const values = readings.map(({ value }) => valueText(value, unit));
  const shown = values.length > 8 ? [...values.slice(0, 4), '...', ...values.slice(-3)] : values;
  return `needs ${limit}; ${readings.length} readings, ${beyond} beyond the limit: ${shown.join(', ')}`;
}

function table(run: TimelineRun, top: number): string {
  const rows = tableRows(run).map(([when, what], index) => {
    const y = top + (index + 1) * rowHeight;
    return element(
      'g',
      { role: 'row' },
      textElement({ role: 'rowheader', class: 'small soft end', x: left - 12, y }, when),
      textElement({ role: 'cell', class: 'small', x: left, y }, what),
    );
  });
  return element('g', { role: 'table', 'aria-label': `What happened in ${run.scenario}` }, ...rows);
}
