/**
 * Which AnalysisRuns must run now, and what they say. A run counts only when it belongs to this Rollout, this revision, this
 * step and this attempt; nothing but its own success is success.
 */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import { isReason } from '../reasons.ts';
import { analysisRunDraft, type RunPlace } from './analysis-draft.ts';
import { isOfAttempt } from './argo-runs.ts';
import { holdWithoutEvidence, lackOfEvidence } from './background-evidence.ts';
import { postPromotionPlace, prePromotionPlace } from './blue-green-places.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import type { AnalysisRunView } from './observed.ts';
import { enterPause, pauseCondition } from './pause.ts';
import { available, isHeld, refTo, type Scene } from './scene.ts';
import { isFastRollback } from './rollback-window.ts';
import { instantOf } from './time-text.ts';

export type StepAnalysis =
  | { readonly kind: 'none' | 'passed'; readonly moves: Moves }
  /** Not started, running, or without a verdict: `moves` start it, pause, or say what it waits for. */
  | { readonly kind: 'pending' | 'undecided'; readonly moves: Moves };

/** Phases of an AnalysisRun or an Experiment that is over. */
export const finalPhases: ReadonlySet<string> = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);
/** Wait before an analysis without evidence is tried again; doubles with each try up to the cap. */
const firstRetryMs = 10_000;
const maxRetryMs = 300_000;

export function isFinished(run: AnalysisRunView): boolean {
  return finalPhases.has(run.status?.phase ?? '');
}

/** The analysis of the step that the rollout stands at. */
export function stepPlace(scene: Scene): RunPlace | undefined {
  if (scene.state !== 'stepping' || isHeld(scene)) return undefined;
  const analysis = scene.steps[scene.stepIndex]?.analysis;
  return analysis === undefined ? undefined : { type: 'Step', step: scene.stepIndex, analysis };
}

/** The analysis beside the steps: from its first step on, until the promotion is complete. Skipped by a full promotion. */
export function backgroundPlace(scene: Scene): RunPlace | undefined {
  const analysis = scene.canary.analysis;
  if (!analysis?.templates?.length || scene.status.promoteFull || isFastRollback(scene)) return undefined;
  const isForward = scene.state === 'promoting' && scene.status.transition?.to === scene.currentHash;
  if (scene.state !== 'stepping' && !isForward) return undefined;
  return scene.stepIndex < (analysis.startingStep ?? 0) ? undefined : { type: 'Background', analysis };
}

/** Runs of a place, newest last. Names end in a number only after a clash, so the number tells the order. */
export function runsOf(scene: Scene, place: RunPlace): readonly AnalysisRunView[] {
  return [...labelled(scene, place.type, place.step)].sort((one, other) => suffix(one) - suffix(other));
}

/** Runs of the current revision and attempt with these labels. */
function labelled(scene: Scene, type: RunPlace['type'], step: number | undefined): readonly AnalysisRunView[] {
  const { keys, analysisRuns } = scene.observed;
  return analysisRuns.filter((run) => {
    const { labels } = run.metadata;
    return (
      labels?.[keys.podTemplateHash] === scene.currentHash &&
      labels[keys.rolloutType] === type &&
      labels[keys.stepIndex] === (step === undefined ? undefined : String(step)) &&
      isOfAttempt(scene.status, run, !isFinished(run) && run.spec.terminate !== true)
    );
  });
}

function suffix(run: AnalysisRunView): number {
  return Number(/\.(\d+)$/.exec(run.metadata.name)?.[1] ?? 0);
}

/**
 * Runs of this attempt that may decide on it, by their labels alone, so that a plan which can't be read hides none: of the
 * step that it stands at, or beside the steps unless a full promotion skips those.
 */
export function attemptRuns(scene: Scene, type: RunPlace['type']): readonly AnalysisRunView[] {
  const { currentStepIndex = 0, promoteFull } = scene.status;
  if (type === 'Step') return scene.state === 'stepping' ? labelled(scene, type, currentStepIndex) : [];
  if (type === 'PrePromotion') return scene.state === 'stepping' ? labelled(scene, type, undefined) : [];
  return promoteFull === true ? [] : labelled(scene, type, undefined);
}

export function latestRun(scene: Scene, place: RunPlace | undefined): AnalysisRunView | undefined {
  return place === undefined ? undefined : runsOf(scene, place).at(-1);
}

/** True when this run makes the revision a failed one. An error is only one in argoproj.io; elsewhere it is no evidence. */
export function isFailure(scene: Scene, run: AnalysisRunView | undefined): run is AnalysisRunView {
  const phase = run?.status?.phase;
  return phase === 'Failed' || (phase === 'Error' && isArgo(scene.observed.dialect));
}

export function judgeStep(scene: Scene): StepAnalysis {
  return judgeRun(scene, stepPlace(scene));
}

/** What the analysis of a place says; without a place there is none. */
export function judgeRun(scene: Scene, place: RunPlace | undefined): StepAnalysis {
  if (place === undefined) return { kind: 'none', moves: noMoves };
  const run = latestRun(scene, place);
  if (run === undefined) return { kind: 'pending', moves: start(scene, place) };
  if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return { kind: 'passed', moves: noMoves };
  return { kind: 'undecided', moves: withoutVerdict(scene, place, run) };
}

/** Starts and repeats the analysis beside the steps; pauses when it is inconclusive. */
export function runBackground(scene: Scene): Moves {
  const place = backgroundPlace(scene);
  if (place === undefined || isHeld(scene)) return noMoves;
  const run = latestRun(scene, place);
  if (run === undefined) return available(scene.current) > 0 ? start(scene, place) : noMoves;
  if (!isFinished(run)) return holdWithoutEvidence(scene, run);
  if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return noMoves;
  return withoutVerdict(scene, place, run);
}

/** What the analysis beside the steps still lacks for a promotion to begin; undefined when nothing, or when there is none. */
export function promotionHold(scene: Scene): Moves | undefined {
  const place = backgroundPlace(scene);
  return place === undefined ? undefined : lackOfEvidence(scene, runsOf(scene, place));
}

function start(scene: Scene, place: RunPlace): Moves {
  const draft = analysisRunDraft(scene, place);
  return draft === undefined ? noMoves : effects({ kind: 'StartAnalysis', draft, tells: [] });
}

function withoutVerdict(scene: Scene, place: RunPlace, run: AnalysisRunView): Moves {
  if (!isFinished(run)) return running(run);
  if (run.status?.phase === 'Inconclusive') return inconclusive(scene, place, run);
  return tryAgain(scene, place, run);
}

function running(run: AnalysisRunView): Moves {
  const waiting = run.status?.waiting;
  return waitFor({
    reason: isReason(waiting?.reason) ? waiting.reason : 'AnalysisRunning',
    on: `AnalysisRun/${run.metadata.name}`,
    ...(waiting?.value === undefined ? {} : { value: waiting.value }),
    ...(waiting?.limit === undefined ? {} : { limit: waiting.limit }),
    moves: waiting?.moves ?? `The step passes when AnalysisRun ${run.metadata.name} is successful.`,
  });
}

/** Pauses once per run. A resume lets a step pass; beside the steps it starts a new run. */
function inconclusive(scene: Scene, place: RunPlace, run: AnalysisRunView): Moves {
  const isPaused = pauseCondition(scene, 'InconclusiveAnalysisRun') !== undefined;
  const moves = `AnalysisRun ${run.metadata.name} has no verdict: promote to go on all the same, or abort.`;
  const waiting = waitFor({ reason: 'AnalysisInconclusive', on: 'user', moves });
  if (isPaused) return waiting;
  const known = place.type === 'Background' ? scene.status.canary?.currentBackgroundAnalysisRunStatus : undefined;
  if (known?.name === run.metadata.name && known.status === 'Inconclusive') return start(scene, place);
  return together({ ...noMoves, ...enterPause(scene, 'InconclusiveAnalysisRun') }, waiting);
}

/** No evidence (an error, or a run that was stopped): hold at the step, and measure again with growing pauses. */
function tryAgain(scene: Scene, place: RunPlace, run: AnalysisRunView): Moves {
  const tries = runsOf(scene, place).length;
  const ended = instantOf(run.status?.completedAt) ?? instantOf(run.metadata.creationTimestamp) ?? scene.now;
  const until = ended + Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(tries - 1, 10));
  if (until <= scene.now) return start(scene, place);
  return waitFor({
    reason: 'NoEvidence',
    on: `AnalysisRun/${run.metadata.name}`,
    value: run.status?.message ?? String(run.status?.phase),
    until,
    moves: 'The analysis is tried again; promote to go on without it, or abort.',
  });
}

/** Stops runs that nothing waits for any more. */
export function stopUnwanted(scene: Scene): Moves {
  const places = [stepPlace(scene), backgroundPlace(scene), prePromotionPlace(scene), postPromotionPlace(scene)];
  const held = isHeld(scene) && scene.state === 'stepping';
  const wanted = new Set(places.map((place) => latestRun(scene, place)?.metadata.name));
  const stop = scene.observed.analysisRuns.filter(
    (run) => !held && !isFinished(run) && run.spec.terminate !== true && !wanted.has(run.metadata.name),
  );
  return effects(...stop.map((run) => ({ kind: 'StopAnalysis', target: refTo(run), tells: [] }) as const));
}

type CanaryStatus = NonNullable<RolloutStatus['canary']>;

/** What status says of the runs, and what there is to tell when a phase changed. */
export function analysisStatus(scene: Scene): {
  readonly status: Partial<CanaryStatus>;
  readonly facts: Moves['facts'];
} {
  const before = scene.status.canary ?? {};
  const step = runEntry(latestRun(scene, stepPlace(scene)));
  const background = runEntry(latestRun(scene, backgroundPlace(scene)));
  const facts = [
    ...endFacts(scene, before.currentStepAnalysisRunStatus, step, 'Step'),
    ...analysisPhaseFacts(scene, before.currentStepAnalysisRunStatus, step, 'Step'),
    ...endFacts(scene, before.currentBackgroundAnalysisRunStatus, background, 'Background'),
    ...analysisPhaseFacts(scene, before.currentBackgroundAnalysisRunStatus, background, 'Background'),
  ];
  return { status: { currentStepAnalysisRunStatus: step, currentBackgroundAnalysisRunStatus: background }, facts };
}

type Entry = CanaryStatus['currentStepAnalysisRunStatus'];

/** How the run ended that status is about to name no more: the verdict that ends it also ends its place. */
function endFacts(scene: Scene, before: Entry, after: Entry, type: string): Moves['facts'] {
  if (before === undefined || before.name === after?.name) return [];
  const run = scene.observed.analysisRuns.find(({ metadata }) => metadata.name === before.name);
  return run !== undefined && isFinished(run) ? analysisPhaseFacts(scene, before, runEntry(run), type) : [];
}

/** A run as status names it. */
export function runEntry(run: AnalysisRunView | undefined): Entry {
  if (run === undefined) return undefined;
  const message = run.status?.message;
  const base = { name: run.metadata.name, status: run.status?.phase ?? 'Pending' } as const;
  return message ? { ...base, message } : base;
}

/** What there is to tell when the run, or its phase, is another one than before. */
export function analysisPhaseFacts(scene: Scene, before: Entry, after: Entry, type: string): Moves['facts'] {
  if (after === undefined || (before?.name === after.name && before.status === after.status)) return [];
  const text = after.message ? `: ${after.message}` : '';
  return [fact(scene.now, `AnalysisRun${after.status}`, `${type} analysis ${after.name} is ${after.status}${text}`)];
}
