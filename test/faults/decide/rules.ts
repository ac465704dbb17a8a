/** Rules that concern steps, verdicts and commands, checked after every status write: S09, S11, S17, and no writing in circles. */

import type { RolloutStatus } from '../../../crds/schema/rollout-status.ts';
import { hasFailed, stateOf } from '../../../controller/rollout/lifecycle-status.ts';
import { shopKeys } from '../../../controller/rollout/testing/builders.ts';
import type { World, Write } from '../../../controller/rollout/testing/world.ts';

/** So many writes in one moment are writing in circles. */
const mostWritesAtOnce = 80;

export function watchRules(world: World, say: (text: string) => void): void {
  let writesNow = 0;
  let at = world.now;
  const check = world.check;
  world.check = (now, write) => {
    check(now, write);
    writesNow = now.now === at ? writesNow + 1 : 1;
    at = now.now;
    if (writesNow === mostWritesAtOnce) say(`L01: ${mostWritesAtOnce} writes in one moment`);
    if (write.effect.kind === 'Status') checkStatus(now, write.effect, say);
  };
}

type StatusWrite = Extract<Write['effect'], { readonly kind: 'Status' }>;

function checkStatus(world: World, { before, after }: StatusWrite, say: (text: string) => void): void {
  const isSameTry = before.currentPodHash === after.currentPodHash && before.attempt === after.attempt;
  if (isSameTry && before.currentStepHash === after.currentStepHash) checkVerdict(world, before, after, say);
  checkAbort(before, after, say);
  checkCommand(before, after, say);
  checkFailed(before, after, say);
}

/** S09: a step with an analysis or an experiment passes by its own success, or by somebody's word. */
function checkVerdict(world: World, before: RolloutStatus, after: RolloutStatus, say: (text: string) => void): void {
  const from = before.currentStepIndex ?? 0;
  const step = world.given.canary?.steps?.[from];
  if (stateOf(before) !== 'stepping' || after.currentStepIndex !== from + 1) return;
  if (isSomebodysWord(before, after)) return;
  const attempt = String(before.attempt ?? 1);
  if (step?.analysis !== undefined) {
    const isProved = world.runs.some(
      ({ metadata, status }) =>
        metadata.labels?.[shopKeys.podTemplateHash] === before.currentPodHash &&
        metadata.labels?.[shopKeys.stepIndex] === String(from) &&
        metadata.annotations?.[shopKeys.attempt] === attempt &&
        status?.phase === 'Successful',
    );
    if (!isProved) say(`S09: step ${from} passed without a success of its analysis`);
  }
  if (step?.experiment === undefined) return;
  const isProved = world.experiments.some(
    ({ metadata, status }) =>
      metadata.labels?.[shopKeys.podTemplateHash] === before.currentPodHash &&
      metadata.labels?.[shopKeys.stepIndex] === String(from) &&
      metadata.annotations?.[shopKeys.attempt] === attempt &&
      status?.phase === 'Successful',
  );
  if (!isProved) say(`S09: step ${from} passed without a success of its experiment`);
}

function isSomebodysWord(before: RolloutStatus, after: RolloutStatus): boolean {
  const isResumed = before.controllerPause === true && (before.pauseConditions ?? []).length === 0;
  const isCommanded = before.lastCommand?.id !== after.lastCommand?.id && after.lastCommand?.verb === 'promote';
  return isResumed || isCommanded || after.promoteFull === true;
}

/** S11: an abort that was asked for before the promotion is written wins over everything. */
function checkAbort(before: RolloutStatus, after: RolloutStatus, say: (text: string) => void): void {
  const isAsked = before.abort === true && before.abortedAt === undefined;
  if (isAsked && before.stableRS && after.stableRS !== before.stableRS)
    say('S11: promoted although an abort was asked for');
}

/** S11: one outcome per command. A retry by status keeps the id of the command before. */
function checkCommand(
  { lastCommand: old }: RolloutStatus,
  { lastCommand: now }: RolloutStatus,
  say: (text: string) => void,
) {
  if (old !== undefined && now === undefined) say(`S11: the outcome of ${old.id} was forgotten`);
  if (old === undefined || now === undefined || old.id !== now.id || now.verb === 'retry') return;
  if (old.outcome !== now.outcome) say(`S11: ${old.id} was ${old.outcome} and then ${now.outcome}`);
}

/** S17: what failed is never promoted; a retry, a promotion in full or being stable again takes the mark away first. */
function checkFailed(before: RolloutStatus, after: RolloutStatus, say: (text: string) => void): void {
  const { stableRS } = after;
  if (!before.stableRS || stableRS === before.stableRS) return;
  if (hasFailed(before, stableRS)) say(`S17: ${stableRS} failed and became stable`);
}
