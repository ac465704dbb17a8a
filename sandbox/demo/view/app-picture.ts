/** The application as it is drawn, from the Scene that the CLI reads and what gateway and Prometheus say. Pure. */

import { explanation, revertOf } from '../../../cli/view/explanation.ts';
import { short } from '../../../cli/view/git-sentences.ts';
import { type Revision, revisionsOf } from '../../../cli/view/revisions.ts';
import { phaseOf, stepOf, weightOf, type WeightView } from '../../../cli/view/rollout-view.ts';
import { decisionsOf, revisionOf, type Scene, statusOf } from '../../../cli/view/scene.ts';
import { needsPerson, situationOf } from '../../../cli/view/situation.ts';
import { isGate } from '../../../cli/view/step-text.ts';
import type { CanaryStep } from '../../../crds/schema/canary-steps.ts';
import { pauseDurationMs } from '../../../crds/schema/duration.ts';
import { keys } from '../../../crds/schema/keys.ts';
import { checkPictures, numberIn, valueText } from './check-picture.ts';
import type {
  AppPicture,
  CheckPicture,
  Countdown,
  RevisionPicture,
  StepPicture,
  TrafficPicture,
  VerdictPicture,
} from './demo-scene.ts';

/** What gateway and Prometheus say in the same moment. */
export interface Measured {
  readonly canarySharePct?: number;
  readonly requestsPerSecond: number;
  /** By metric name, of the stable revision. */
  readonly stable: Readonly<Record<string, number>>;
}

export function appPicture(scene: Scene, measured: Measured): AppPicture {
  const revisions = revisionsOf(scene);
  const checks = checksOf(scene, measured);
  const countdown = countdownOf(scene, checks);
  const verdict = verdictOf(scene, checks);
  return {
    namespace: scene.rollout.metadata.namespace ?? '',
    name: scene.rollout.metadata.name,
    phase: phaseOf(scene).phase,
    situation: situationOf(scene),
    ...found('revision', revisionOf(scene)),
    ...found('stable', revisionPicture(revisions.find(({ roles }) => roles.includes('stable')))),
    ...found('canary', revisionPicture(revisions.find(isCanary))),
    traffic: trafficOf(scene, measured),
    checks,
    steps: stepsOf(scene),
    ...found('countdown', countdown),
    why: whyOf(scene, verdict),
    ...found('verdict', verdict),
  };
}

function found<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

/** The new revision, or a failed one as long as it has pods. */
function isCanary({ roles, replicaSet }: Revision): boolean {
  return roles.includes('canary') && (replicaSet.wanted > 0 || replicaSet.ready > 0 || !roles.includes('failed'));
}

function revisionPicture(revision: Revision | undefined): RevisionPicture | undefined {
  if (revision === undefined) return undefined;
  const { replicaSet, pods, roles, podHash } = revision;
  return {
    podHash,
    version: replicaSet.images[0]?.split(':').at(-1) ?? '?',
    podsReady: replicaSet.ready,
    podsWanted: replicaSet.wanted,
    trouble: [...new Set(pods.map(({ status }) => status).filter((status) => status !== 'Ready'))],
    isFailed: roles.includes('failed'),
  };
}

function trafficOf(scene: Scene, { canarySharePct, requestsPerSecond }: Measured): TrafficPicture {
  const weight = weightOf(scene);
  const isSettled = situationOf(scene) === 'settled';
  return {
    ...found('canarySharePct', canarySharePct),
    requestsPerSecond,
    // Of a settled Rollout all traffic is the stable revision's, whatever its number.
    wantedPct: isSettled ? 0 : (weight?.set ?? 0),
    confirmed: isSettled ? 'yes' : confirmedOf(weight),
  };
}

/** What the router confirmed may be the weight before the one that is asked for now. */
function confirmedOf(weight: WeightView | undefined): TrafficPicture['confirmed'] {
  if (weight === undefined) return 'unknown';
  return weight.confirmed === 'yes' && weight.actual !== weight.set ? 'no' : weight.confirmed;
}

function checksOf(scene: Scene, { stable }: Measured): readonly CheckPicture[] {
  const { currentPodHash } = statusOf(scene.rollout);
  const hashKey = keys(scene.dialect).podTemplateHash;
  const own = scene.analysisRuns.filter((run) => run.metadata.labels?.[hashKey] === currentPodHash);
  return checkPictures(own, stable);
}

function stepsOf(scene: Scene): readonly StepPicture[] {
  const steps = scene.rollout.spec.strategy.canary?.steps ?? [];
  const index = stepOf(scene)?.index ?? 0;
  const situation = situationOf(scene);
  const failedAt = failedStep(scene);
  const state = (at: number): StepPicture['state'] => {
    if (situation === 'settled' || at < (failedAt ?? index)) return 'done';
    if (situation === 'aborted' || situation === 'unobserved') return at === failedAt ? 'failed' : 'todo';
    return at === index ? 'current' : 'todo';
  };
  return [...steps.map(stepLabel), '100 %'].map((label, at) => ({ label, state: state(at) }));
}

/** The step whose analysis gave the verdict: the status itself is back at the first one by then. */
function failedStep(scene: Scene): number | undefined {
  const { verdict } = decisionsOf(scene);
  const run = scene.analysisRuns.find(({ metadata }) => metadata.name === verdict?.analysisRun);
  const text = run?.metadata.labels?.[keys(scene.dialect).stepIndex];
  return text === undefined ? undefined : Number(text);
}

function stepLabel(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `${step.setWeight} %`;
  if (isGate(step)) return 'gate';
  if (step.pause?.duration !== undefined) return 'hold';
  return step.analysis === undefined ? 'step' : 'check';
}

function countdownOf(scene: Scene, checks: readonly CheckPicture[]): Countdown | undefined {
  const situation = situationOf(scene);
  if (situation === 'aborted') return drainCountdown(scene);
  if (situation !== 'waiting' && situation !== 'progressing') return undefined;
  if (needsPerson(scene)) return { label: 'gate', share: 0, left: 'until somebody promotes it' };
  const step = scene.rollout.spec.strategy.canary?.steps?.[statusOf(scene.rollout).currentStepIndex ?? 0];
  const { duration } = step?.pause ?? {};
  if (duration !== undefined) return pauseCountdown(scene, pauseDurationMs(duration) ?? 0);
  return step?.analysis === undefined ? undefined : analysisCountdown(checks);
}

function pauseCountdown(scene: Scene, lengthMs: number): Countdown | undefined {
  const start = statusOf(scene.rollout).pauseConditions?.[0]?.startTime;
  if (start === undefined) return undefined;
  const goneMs = scene.now - Date.parse(start);
  return timeCountdown('hold', goneMs, lengthMs);
}

function drainCountdown(scene: Scene): Countdown | undefined {
  const { verdict, drainUntil } = decisionsOf(scene);
  if (verdict?.confirmedStableAt === undefined || drainUntil === undefined) return undefined;
  const start = Date.parse(verdict.confirmedStableAt);
  const lengthMs = Date.parse(drainUntil) - start;
  return scene.now >= start + lengthMs ? undefined : timeCountdown('drain', scene.now - start, lengthMs);
}

function timeCountdown(label: string, goneMs: number, lengthMs: number): Countdown {
  const share = lengthMs <= 0 ? 1 : Math.min(1, Math.max(0, goneMs / lengthMs));
  return { label, share, left: `${Math.max(0, Math.ceil((lengthMs - goneMs) / 1000))} s left` };
}

function analysisCountdown(checks: readonly CheckPicture[]): Countdown | undefined {
  // The steps wait for the checks that decide.
  const counted = checks.filter(({ needed, isWatched }) => needed !== undefined && !isWatched);
  if (counted.length === 0) return undefined;
  const done = Math.min(...counted.map((check) => check.done));
  const needed = Math.max(...counted.map((check) => check.needed ?? 0));
  return { label: 'check', share: needed === 0 ? 1 : done / needed, left: `${done} of ${needed} readings` };
}

function verdictOf(scene: Scene, checks: readonly CheckPicture[]): VerdictPicture | undefined {
  const { verdict } = decisionsOf(scene);
  if (verdict === undefined) return undefined;
  const { message, metric, value } = verdict;
  const at = Date.parse(verdict.at);
  const check = checks.find(({ name }) => name === metric);
  if (metric === undefined || check === undefined) return { at, breach: message };
  const got = valueText(numberIn(value), check.unit);
  return { at, breach: `${metric} ${got}, needs ${check.limitText}`, metric, got, want: check.limitText };
}

/** The first sentence of `kubectl tidegate explain`, and what moves it on; after a rollback what became of it in Git. */
function whyOf(scene: Scene, verdict: VerdictPicture | undefined): string {
  const { where, waiting } = explanation(scene, 'kubectl tidegate');
  const [first = '', ...rest] = where;
  switch (situationOf(scene)) {
    case 'aborted':
      return [givenUp(first, verdict), revertSentence(scene), ...rest].filter(Boolean).join(' ');
    case 'paused':
    case 'waiting':
    case 'progressing':
      return waiting?.moves ?? first;
    case 'settled':
    case 'unobserved':
    case 'invalid':
      return first;
  }
}

/** The reading that broke its limit says more than the analysis' own words. */
function givenUp(sentence: string, verdict: VerdictPicture | undefined): string {
  if (verdict?.metric === undefined) return sentence;
  return `${sentence.split(':')[0] ?? ''}: ${verdict.breach}.`;
}

function revertSentence(scene: Scene): string {
  const commit = revertOf(scene)?.status?.commit;
  return commit === undefined ? '' : `Git is back by commit ${short(commit)}.`;
}
