/** `get` as text: a header that answers "how far is it", then the tree of revisions. Pure. */

import type { Instant } from '../../kube/api.ts';
import type { AnalysisNode, Revision } from './revisions.ts';
import type { RolloutView, WeightView } from './rollout-view.ts';
import { mark, padEnd, paint, type Style, table, type Tone } from './style.ts';
import { ageOf, momentText } from './times.ts';

const labelWidth = 14;

export function rolloutText(view: RolloutView, now: Instant, style: Style): string {
  return `${header(view, now, style)}\n${tree(view, now, style)}`;
}

function header(view: RolloutView, now: Instant, style: Style): string {
  const lines: [string, string][] = [
    ['Rollout', `${view.namespace}/${view.name}`],
    ['Phase', [mark(view.phase, style), view.message].filter(Boolean).join('  ')],
    ['Strategy', view.strategy],
  ];
  if (view.preset !== undefined) lines.push(['Preset', presetText(view.preset)]);
  if (view.step !== undefined) lines.push(['Step', `${stepCount(view.step)}  ${view.step.text}`]);
  if (view.weight !== undefined) lines.push(['Weight', weightText(view.weight)]);
  if (view.waiting !== undefined)
    lines.push(['Waits for', waitingText(view.waiting, now)], ['Moved on by', view.waiting.moves]);
  if (view.verdict !== undefined)
    lines.push(['Verdict', `${mark('Failed', style)}  ${view.verdict.cause}: ${view.verdict.message}`]);
  if (view.git !== undefined) lines.push(['Git', gitText(view.git)]);
  const { desired, current, updated, ready, available } = view.replicas;
  lines.push([
    'Pods',
    `${desired} wanted, ${current} there, ${updated} of the new revision, ${ready} ready, ${available} available`,
  ]);
  view.images.forEach((image, i) => lines.push([i === 0 ? 'Images' : '', image.image + bracketed(image.roles)]));
  return lines.map(([label, value]) => `${padEnd(label === '' ? '' : `${label}:`, labelWidth)}${value}\n`).join('');
}

/** The generation tells whether a preset that was changed since is the one in use. */
function presetText({ name, clusterScope, generation }: NonNullable<RolloutView['preset']>): string {
  return `${name}@${generation}${clusterScope ? ' (of the cluster)' : ''}`;
}

export function stepCount(step: { readonly index: number; readonly total: number }): string {
  return `${Math.min(step.index + 1, step.total)}/${step.total}`;
}

export function weightText(weight: WeightView): string {
  const confirmed = { yes: ' (confirmed by the router)', no: ' (not confirmed by the router yet)', unknown: '' };
  const asked = weight.set === weight.actual ? '' : `, ${weight.set} % asked for`;
  return `${weight.actual} %${asked}${confirmed[weight.confirmed]}`;
}

/** "AnalysisRun/web-1: 0.93, needs >= 0.95, until 14:32:05 UTC (in 2m10s)". */
export function waitingText(waiting: NonNullable<RolloutView['waiting']>, now: Instant): string {
  const parts = [
    waiting.value === undefined ? '' : `is ${waiting.value}`,
    waiting.limit === undefined ? '' : `needs ${waiting.limit}`,
    waiting.until === undefined ? '' : `until ${momentText(waiting.until, now)}`,
  ].filter(Boolean);
  return `${waitedFor(waiting.on)}${parts.length === 0 ? '' : `: ${parts.join(', ')}`} [${waiting.reason}]`;
}

/** `on` is Kind/name, or one of the words user and time. */
export function waitedFor(on: string): string {
  if (on === 'user') return 'a person';
  return on === 'time' ? 'time to pass' : on;
}

function gitText(git: NonNullable<RolloutView['git']>): string {
  const commit = git.commit === undefined ? '' : ` at commit ${git.commit.slice(0, 7)}`;
  return `GitSync ${git.gitSync}${git.phase === undefined ? '' : ` (${git.phase})`}${commit}`;
}

function bracketed(words: readonly string[]): string {
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function tree(view: RolloutView, now: Instant, style: Style): string {
  const rows: string[][] = [['NAME', 'KIND', 'STATUS', 'AGE', 'INFO']];
  rows.push([view.name, 'Rollout', mark(view.phase, style), ageOf(view.createdAt, now), '']);
  view.revisions.forEach((revision, i) =>
    rows.push(...revisionRows(revision, i === view.revisions.length - 1, now, style)),
  );
  return table(rows);
}

interface Node {
  readonly cells: readonly [kind: string, status: string, age: string, info: string];
  readonly name: string;
  readonly children: readonly Node[];
}

function revisionRows(revision: Revision, last: boolean, now: Instant, style: Style): string[][] {
  const set = revision.replicaSet;
  const word = set.wanted === 0 ? 'ScaledDown' : set.available >= set.wanted ? 'Healthy' : 'Progressing';
  const node: Node = {
    name: `revision ${revision.revision}`,
    cells: ['', '', '', revision.roles.join(', ')],
    children: [
      {
        name: set.name,
        cells: ['ReplicaSet', mark(word, style), ageOf(set.createdAt, now), `${set.ready}/${set.wanted} ready`],
        children: revision.pods.map((pod) => ({
          name: pod.name,
          cells: ['Pod', mark(pod.status, style, podTone(pod.status)), ageOf(pod.createdAt, now), podInfo(pod)],
          children: [],
        })),
      },
      ...revision.analysisRuns.map((run) => analysisNode(run, now, style)),
    ],
  };
  return rowsOf(node, '', last, style);
}

function podTone(status: string): Tone {
  if (status === 'Ready') return 'good';
  return ['Pending', 'NotReady', 'Terminating'].includes(status) ? 'busy' : 'bad';
}

function podInfo(pod: Revision['pods'][number]): string {
  const restarts = pod.restarts === 0 ? '' : `, ${pod.restarts} restarts`;
  return `${pod.ready}/${pod.containers} ready${restarts}`;
}

function analysisNode(run: AnalysisNode, now: Instant, style: Style): Node {
  const counts = [
    [run.successful, 'good'],
    [run.failed, 'bad'],
    [run.inconclusive, 'inconclusive'],
    [run.errors, 'errors'],
  ] as const;
  const where =
    run.type === 'Step' && run.stepIndex !== undefined ? `step ${run.stepIndex + 1}` : (run.type ?? '').toLowerCase();
  const info = [where, ...counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)]
    .filter(Boolean)
    .join(', ');
  return {
    name: run.name,
    cells: ['AnalysisRun', mark(run.phase, style), ageOf(run.createdAt, now), info],
    children: [],
  };
}

function rowsOf(node: Node, indent: string, last: boolean, style: Style): string[][] {
  const branch = style.ascii ? (last ? '`-- ' : '|-- ') : last ? '└── ' : '├── ';
  const below = indent + (last ? '    ' : style.ascii ? '|   ' : '│   ');
  const children = node.children.flatMap((child, i) => rowsOf(child, below, i === node.children.length - 1, style));
  return [[`${paint(indent + branch, 'faint', style)}${node.name}`, ...node.cells], ...children];
}
