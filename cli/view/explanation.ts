/** `explain`: where a Rollout is, what it waits for, what it measured, how Git stands, and which command moves it on. Pure. */

import type { CommandVerb } from '../../crds/schema/keys.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import { gitSentences } from './git-sentences.ts';
import { type Reading, readingsOf } from './readings.ts';
import { defined, phaseOf, stepOf, weightOf } from './rollout-view.ts';
import { type Decisions, decisionsOf, revisionOf, type Scene, statusOf } from './scene.ts';
import { isStuck, legalVerbs, situationOf } from './situation.ts';
import { weightText } from './rollout-text.ts';

export interface NextCommand {
  readonly command: string;
  readonly effect: string;
}

export interface Explanation {
  readonly apiVersion: 'view.tidegate.io/v1';
  readonly kind: 'Explanation';
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly situation: string;
  /** Where it is, in whole sentences. */
  readonly where: readonly string[];
  readonly waiting?: NonNullable<Decisions['waiting']>;
  readonly verdict?: NonNullable<Decisions['verdict']>;
  readonly lastCommand?: NonNullable<Decisions['lastCommand']>;
  readonly readings: readonly Reading[];
  /** How Git stands, in whole sentences. */
  readonly git: readonly string[];
  readonly revert?: { readonly name: string; readonly phase: string; readonly commit?: string };
  readonly next: readonly NextCommand[];
  readonly notes: readonly string[];
}

/** `program` is how the tool was called, so that the commands can be pasted. */
export function explanation(scene: Scene, program: string): Explanation {
  const { rollout } = scene;
  const decisions = decisionsOf(scene);
  const revert = revertOf(scene);
  return {
    apiVersion: 'view.tidegate.io/v1',
    kind: 'Explanation',
    namespace: rollout.metadata.namespace ?? '',
    name: rollout.metadata.name,
    phase: phaseOf(scene).phase,
    situation: situationOf(scene),
    where: whereSentences(scene),
    ...defined({ waiting: decisions.waiting, verdict: decisions.verdict, lastCommand: decisions.lastCommand }),
    readings: currentReadings(scene),
    git: gitSentences(scene, revert),
    ...defined({ revert: revert && revertView(revert) }),
    next: nextCommands(scene, program),
    notes: scene.notes,
  };
}

function whereSentences(scene: Scene): readonly string[] {
  const { rollout } = scene;
  const status = statusOf(rollout);
  const revision = `revision ${revisionOf(scene) ?? '?'} (${status.currentPodHash ?? 'not hashed yet'})`;
  const step = stepOf(scene);
  const weight = weightOf(scene);
  switch (situationOf(scene)) {
    case 'unobserved':
      return ['The controller has not looked at the newest spec yet.'];
    case 'invalid':
      return [`The spec cannot be used, so nothing is changed: ${phaseOf(scene).message}`];
    case 'settled':
      return [`Nothing is in progress: ${revision} is stable and gets all traffic.`, ...unhealthy(scene)];
    case 'aborted':
      return [
        abortedSentence(scene, revision),
        `Revision ${status.stableRS || 'none'} is stable. ${drainSentence(scene)}`.trim(),
      ];
    case 'paused':
    case 'waiting':
    case 'progressing': {
      const at =
        step === undefined ? '' : ` at step ${Math.min(step.index + 1, step.total)} of ${step.total} (${step.text})`;
      const traffic = weight === undefined ? '' : ` It gets ${weightText(weight)} of the traffic.`;
      return [`${revision} is being released and is${at || ' on its way'}.${traffic}`, ...heldSentences(scene)];
    }
  }
}

function unhealthy(scene: Scene): readonly string[] {
  const { phase, message } = phaseOf(scene);
  return phase === 'Healthy' || message === '' ? [] : [`It is ${phase}: ${message}.`];
}

function abortedSentence(scene: Scene, revision: string): string {
  const { verdict } = decisionsOf(scene);
  if (verdict === undefined) return `${revision} was aborted: ${phaseOf(scene).message || 'no reason is recorded'}`;
  const by = verdict.actor === undefined ? '' : ` by ${verdict.actor}`;
  return `${revision} was given up${by} (${verdict.cause}): ${verdict.message}`;
}

function drainSentence(scene: Scene): string {
  const { verdict, drainUntil } = decisionsOf(scene);
  if (verdict === undefined) return '';
  if (verdict.confirmedStableAt === undefined) return 'The router has not confirmed yet that all traffic is back.';
  const drain =
    drainUntil !== undefined && Date.parse(drainUntil) > scene.now ? ` Its pods live on until ${drainUntil}.` : '';
  return `All traffic is back since ${verdict.confirmedStableAt}.${drain}`;
}

function heldSentences(scene: Scene): readonly string[] {
  const status = statusOf(scene.rollout);
  const sentences: string[] = [];
  if (scene.rollout.spec.paused === true) sentences.push('Its manifest pauses it (spec.paused is true).');
  if (status.manualPauseStartedAt !== undefined)
    sentences.push(`A person paused it at ${status.manualPauseStartedAt}.`);
  const reasons = (status.pauseConditions ?? []).map(({ reason, startTime }) => `${reason} since ${startTime}`);
  if (reasons.length > 0) sentences.push(`It is paused: ${reasons.join(', ')}.`);
  if (isStuck(scene)) sentences.push('Its progress deadline has passed.');
  const troubled = scene.pods.filter((pod) => pod.message !== undefined);
  for (const pod of troubled.slice(0, 3)) sentences.push(`Pod ${pod.name} is ${pod.status}: ${pod.message}`);
  return sentences;
}

/** Readings of the analyses that decide now; after an abort those that decided. */
function currentReadings(scene: Scene): readonly Reading[] {
  const { canary, blueGreen } = statusOf(scene.rollout);
  const names = new Set(
    [
      canary?.currentStepAnalysisRunStatus,
      canary?.currentBackgroundAnalysisRunStatus,
      blueGreen?.prePromotionAnalysisRunStatus,
      blueGreen?.postPromotionAnalysisRunStatus,
    ].map((run) => run?.name),
  );
  names.add(decisionsOf(scene).verdict?.analysisRun);
  return scene.analysisRuns.filter((run) => names.has(run.metadata.name)).flatMap(readingsOf);
}

/** The revert of this Rollout's failed revision, or the sync's newest that names the Rollout. */
export function revertOf(scene: Scene): GitRevert | undefined {
  const { name } = scene.rollout.metadata;
  const named = scene.reverts.filter(({ spec }) => spec.failed.some((failed) => failed.rollout === name));
  const newest = named.toSorted((a, b) =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  );
  return newest.find((revert) => revert.metadata.name === scene.gitSync?.status?.revertName) ?? newest[0];
}

function revertView(revert: GitRevert): NonNullable<Explanation['revert']> {
  return {
    name: revert.metadata.name,
    phase: revert.status?.phase ?? 'Pending',
    ...defined({ commit: revert.status?.commit }),
  };
}

const effects: Readonly<Record<CommandVerb, string>> = {
  promote: 'goes on to the next step',
  'promote-full': 'skips all steps and analyses that are left',
  pause: 'stops at the next safe point',
  resume: 'goes on where it was paused',
  abort: 'gives all traffic back to stable, and Git back to the last good commit (--keep-git leaves Git alone)',
  retry: 'starts the same revision again from the first step',
};

/** Blue-green has one step: the switch. */
function effectOf(verb: CommandVerb, { rollout }: Scene): string {
  if (rollout.spec.strategy.blueGreen === undefined) return effects[verb];
  switch (verb) {
    case 'promote':
      return 'switches live traffic to the new revision';
    case 'promote-full':
      return 'switches live traffic to the new revision without pause and analyses';
    case 'retry':
      return 'starts the same revision again, behind the preview Service';
    case 'pause':
    case 'resume':
    case 'abort':
      return effects[verb];
  }
}

export function nextCommands(scene: Scene, program: string): readonly NextCommand[] {
  const { name, namespace } = scene.rollout.metadata;
  return legalVerbs(scene).map((verb) => ({
    command: `${program} ${verb === 'promote-full' ? 'promote --full' : verb} ${name} -n ${namespace ?? 'default'}`,
    effect: effectOf(verb, scene),
  }));
}
