/** `get` without a name: one line per Rollout. Pure. */

import type { Instant } from '../../kube/api.ts';
import { decisionsOf, revisionOf, type Scene } from './scene.ts';
import { defined, phaseOf, phaseWord, stepOf, weightOf } from './rollout-view.ts';
import { stepCount, waitingText } from './rollout-text.ts';
import { statusOf } from './scene.ts';
import { mark, type Style, table, type Tone } from './style.ts';
import { ageOf } from './times.ts';

export interface RolloutLine {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly message: string;
  readonly step?: string;
  readonly weight?: number;
  readonly ready: string;
  readonly revision?: number;
  readonly waiting?: NonNullable<ReturnType<typeof decisionsOf>['waiting']>;
  readonly createdAt?: string;
}

export interface RolloutList {
  readonly apiVersion: 'view.tidegate.io/v1';
  readonly kind: 'RolloutList';
  readonly items: readonly RolloutLine[];
  readonly notes: readonly string[];
}

/** Needs attention first: degraded, then waiting for somebody, then moving, then healthy. */
const order: Readonly<Record<string, number>> = { InvalidSpec: 0, Degraded: 0, Paused: 1, Progressing: 2 };

export function rolloutLine(scene: Scene): RolloutLine {
  const { rollout } = scene;
  const step = stepOf(scene);
  const { metadata, spec } = rollout;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    phase: phaseWord(scene),
    message: phaseOf(scene).message,
    ...defined({ step: step && stepCount(step), weight: routerWeight(scene), revision: revisionOf(scene) }),
    ready: `${statusOf(rollout).readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    ...defined({ waiting: decisionsOf(scene).waiting, createdAt: metadata.creationTimestamp }),
  };
}

/** Lists don't read ReplicaSets, so without a router the weight asked for is shown. */
function routerWeight(scene: Scene): number | undefined {
  const weight = weightOf(scene);
  return scene.rollout.spec.strategy.canary?.trafficRouting === undefined ? weight?.set : weight?.actual;
}

export function rolloutList(scenes: readonly Scene[], notes: readonly string[]): RolloutList {
  const items = scenes.map(rolloutLine).toSorted((a, b) => rank(a) - rank(b) || keyOf(a).localeCompare(keyOf(b)));
  return { apiVersion: 'view.tidegate.io/v1', kind: 'RolloutList', items, notes };
}

function rank(line: RolloutLine): number {
  return order[line.phase] ?? 3;
}

function keyOf(line: RolloutLine): string {
  return `${line.namespace}/${line.name}`;
}

export function listText(
  list: RolloutList,
  now: Instant,
  style: Style,
  withNamespace: boolean,
  withHeaders = true,
): string {
  const titles = ['NAMESPACE', 'NAME', 'PHASE', 'STEP', 'WEIGHT', 'READY', 'REVISION', 'AGE', 'WAITS FOR'];
  const rows = list.items.map((line) => lineCells(line, now, style));
  const all = withHeaders ? [titles, ...rows] : rows;
  return table(withNamespace ? all : all.map((row) => row.slice(1)));
}

/** One Rollout in one line of a log, without columns that only age. */
export function lineText(line: RolloutLine, now: Instant, style: Style): string {
  const [, , phase = '', step = '', weight = '', ready = '', revision = '', , waits = ''] = lineCells(line, now, style);
  return [
    `${line.namespace}/${line.name}`,
    phase,
    `step ${step}`,
    `weight ${weight}`,
    `ready ${ready}`,
    `revision ${revision}`,
    waits,
  ]
    .filter(Boolean)
    .join('  ');
}

function lineCells(line: RolloutLine, now: Instant, style: Style): string[] {
  const tone: { tone?: Tone } = line.phase === 'InvalidSpec' ? { tone: 'bad' } : {};
  return [
    line.namespace,
    line.name,
    mark(line.phase, style, tone.tone),
    line.step ?? '-',
    line.weight === undefined ? '-' : `${line.weight} %`,
    line.ready,
    line.revision === undefined ? '-' : String(line.revision),
    ageOf(line.createdAt, now),
    line.waiting === undefined ? line.message : waitingText(line.waiting, now),
  ];
}
