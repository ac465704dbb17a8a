/**
 * The picture of a finished run: one self-contained SVG without scripts or fonts, one panel per scenario. Follows the
 * light or dark setting of whoever looks at it; the same record gives the same bytes. Pure.
 */

import { element, escaped, textElement } from './svg.ts';
import { panelHeight, panel, width } from './timeline-panel.ts';
import type { Timeline } from './timeline.ts';

const headHeight = 74;
const footHeight = 14;

const style = `
  svg { --ink: #1f2933; --soft: #5b6875; --line: #d5dbe1; --paper: #ffffff; --stable: #2f7d5b; --canary: #e0a021;
        --bad: #c62f2f; --good: #2f7d5b; --step: #eef2f5; --step-bad: #fbe3e3; --person: #3867c7; --on: #ffffff; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6ebf0; --soft: #9aa7b4; --line: #3a444e; --paper: #14191e; --stable: #3f9c74; --canary: #d99b2b;
          --bad: #f0625f; --good: #4fb58a; --step: #222a31; --step-bad: #4a2426; --person: #7ea6f5; --on: #10161b; }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 18px; font-weight: 600; } .name { font-size: 15px; font-weight: 600; }
  .soft { fill: var(--soft); } .small { font-size: 11px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
  .paper { fill: var(--paper); } .rule { stroke: var(--line); fill: none; } .limit { stroke: var(--bad); stroke-dasharray: 5 4; }
  .stable { fill: var(--stable); } .canary { fill: var(--canary); } .step { fill: var(--step); } .step-bad { fill: var(--step-bad); }
  .good { fill: var(--good); } .bad { fill: var(--bad); } .person { fill: var(--person); } .dot { fill: var(--good); }
  .cross { stroke: var(--bad); stroke-width: 2.4; fill: none; } .pin { stroke: var(--soft); stroke-width: 1; }
  .pin-bad { stroke: var(--bad); } .gap { fill: var(--line); opacity: 0.6; } .ribbon { fill: var(--on); font-weight: 600; }
`;

export function timelineSvg(timeline: Timeline): string {
  const heights = timeline.runs.map(panelHeight);
  const height = headHeight + heights.reduce((sum, one) => sum + one, 0) + footHeight;
  const tops = heights.map((_, index) => headHeight + heights.slice(0, index).reduce((sum, one) => sum + one, 0));
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'graphics-document document',
      'aria-labelledby': 'title desc',
    },
    `\n<title id="title">${escaped(titleOf(timeline))}</title>`,
    `\n<desc id="desc">${escaped(description(timeline))}</desc>`,
    `\n<style>${style}</style>\n`,
    element('rect', { class: 'paper', width, height }),
    head(timeline),
    ...timeline.runs.map((run, index) => `\n${panel(run, tops[index] ?? 0)}`),
    '\n',
  )}\n`;
}

function titleOf({ runs }: Timeline): string {
  return `Tidegate demo: ${runs.map(({ scenario, verdict }) => `${scenario} ${verdict.word}`).join(', ')}`;
}

function description({ runs }: Timeline): string {
  return runs.map((run) => `${run.scenario}: ${run.story} ${run.verdict.sentence}`).join(' ');
}

function head(timeline: Timeline): string {
  const { speed, seed } = timeline;
  const note = `Only the cluster is simulated; controller, source process and Git are real. Simulated time, ${speed} times as fast as real time, seed ${seed}.`;
  const legend = [
    element('rect', { class: 'stable', x: 24, y: 56, width: 12, height: 12 }),
    textElement({ x: 42, y: 66 }, 'stable revision'),
    element('rect', { class: 'canary', x: 150, y: 56, width: 12, height: 12 }),
    textElement({ x: 168, y: 66 }, 'canary'),
    element('circle', { class: 'dot', cx: 236, cy: 62, r: 4 }),
    textElement({ x: 246, y: 66 }, 'reading within its limit'),
    element('path', { class: 'cross', d: 'M398 57l10 10m0 -10l-10 10' }),
    textElement({ x: 416, y: 66 }, 'reading beyond it'),
    element('path', { class: 'limit', d: 'M534 62h28' }),
    textElement({ x: 570, y: 66 }, 'limit'),
  ];
  return [
    '\n',
    textElement({ class: 'title', x: 24, y: 28 }, 'Tidegate demo'),
    textElement({ class: 'soft', x: 24, y: 46 }, note),
    element('g', { 'aria-hidden': 'true' }, ...legend),
  ].join('');
}
