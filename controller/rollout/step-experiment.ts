/**
 * The experiment step: starts the Experiment of this revision, step and attempt, and passes on nothing but its success. What
 * nobody waits for any more is ended.
 */

import type { StepAnalysis } from './analysis.ts';
import { experimentDraft, experimentName } from './experiment-draft.ts';
import {
  experimentOf,
  type ExperimentPlace,
  experimentPlace,
  type ExperimentView,
  isOver,
  wantsWeights,
} from './experiments.ts';
import { fact } from './facts.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import { enterPause, pauseCondition } from './pause.ts';
import { isHeld, refTo, type Scene } from './scene.ts';

export function judgeExperiment(scene: Scene): StepAnalysis {
  const place = experimentPlace(scene);
  if (place === undefined) return { kind: 'none', moves: noMoves };
  const experiment = experimentOf(scene, place);
  if (experiment === undefined) return { kind: 'pending', moves: start(scene, place) };
  if (experiment.status?.phase === 'Successful' && experiment.spec.terminate !== true)
    return { kind: 'passed', moves: noMoves };
  if (!isOver(experiment)) return { kind: 'undecided', moves: running(scene, place, experiment) };
  return { kind: 'undecided', moves: withoutVerdict(scene, experiment) };
}

/** Its name is recorded first: from then on it counts as the one of this step, and keeps its pods until it is let go. */
function start(scene: Scene, place: ExperimentPlace): Moves {
  const name = experimentName(scene, place.step);
  if (scene.status.canary?.currentExperiment !== name)
    return { ...noMoves, patch: { canary: { ...scene.status.canary, currentExperiment: name } } };
  const draft = experimentDraft(scene, place, name);
  const tells = [fact(scene.now, 'ExperimentCreated', `Created Experiment ${name}`)];
  return draft === undefined ? noMoves : effects({ kind: 'StartExperiment', draft, tells });
}

function running(scene: Scene, place: ExperimentPlace, experiment: ExperimentView): Moves {
  const { name } = experiment.metadata;
  const waiting = experiment.status?.waiting;
  const isSplitOpen = wantsWeights(place) && experiment.status?.phase === 'Running' && scene.extras.length === 0;
  if (isSplitOpen && scene.routed) {
    const moves = `Its Services get their weight when each has a ready endpoint.`;
    return waitFor({ reason: 'EndpointsNotReady', on: `Experiment/${name}`, moves });
  }
  return waitFor({
    reason: 'ExperimentRunning',
    on: `Experiment/${name}`,
    ...(waiting && { value: `${waiting.reason} (${waiting.on})` }),
    moves: `The step passes when Experiment ${name} is successful.`,
  });
}

/** Inconclusive, ended by somebody, or an error that is no proof of anything: pauses once; a resume lets the step pass. */
function withoutVerdict(scene: Scene, { metadata }: ExperimentView): Moves {
  const moves = `Experiment ${metadata.name} has no verdict: promote to go on all the same, or abort.`;
  const waiting = waitFor({ reason: 'ExperimentInconclusive', on: 'user', moves });
  if (pauseCondition(scene, 'InconclusiveExperiment') !== undefined) return waiting;
  return together({ ...noMoves, ...enterPause(scene, 'InconclusiveExperiment') }, waiting);
}

/** Ends experiments that nothing waits for any more: after an abort, a newer revision, a full promotion or a skipped step. */
export function stopExperiments(scene: Scene): Moves {
  const place = experimentPlace(scene);
  const wanted = place && experimentOf(scene, place);
  if (isHeld(scene) && scene.state === 'stepping') return noMoves;
  const unwanted = (scene.observed.experiments ?? []).filter(
    (one) =>
      one !== wanted && !isOver(one) && one.spec.terminate !== true && one.metadata.deletionTimestamp === undefined,
  );
  return effects(...unwanted.map((one) => ({ kind: 'StopAnalysis', target: refTo(one), tells: [] }) as const));
}
