/**
 * Gates that hold: confirm-rollout before the first step, pre-rollout before the first weight, confirm-promotion before the
 * promotion. Those that merely open are asked by the clock, and only changes are recorded; pre-rollout is counted. Pure.
 */

import type { Gate, GateStatus } from '../../crds/schema/gates.ts';
import { durationText } from '../../crds/schema/duration.ts';
import { hostOf } from '../../crds/schema/validate-gates.ts';
import type { Waiting } from '../decision.ts';
import { weightAt } from './canary-steps.ts';
import {
  askGate,
  closedGates,
  failureLimit,
  gateEntry,
  gatePatch,
  gateText,
  intervalMs,
  passedFact,
  refusedFact,
} from './gates.ts';
import { type Moves, noMoves, together } from './moves.ts';
import type { Scene } from './scene.ts';
import { instantOf, timeText } from './time-text.ts';

/**
 * True while nothing of the new revision may start. Without a router pods are traffic, so pre-rollout comes first, too; without
 * steps the promotion is the start.
 */
export function isHeldAtStart(scene: Scene): boolean {
  if (scene.state !== 'stepping') return false;
  if (closedGates(scene, 'confirm-rollout').length > 0) return true;
  if (scene.blueGreen !== undefined) return false;
  if (scene.steps.length === 0) return endGates(scene).length > 0;
  return !scene.routed && closedGates(scene, 'pre-rollout').length > 0;
}

/** True while the new revision may have pods but no weight. */
export function isHeldAtWeight(scene: Scene): boolean {
  if (scene.state !== 'stepping' || weightAt(scene.steps, scene.stepIndex, scene.total) === 0) return false;
  return closedGates(scene, 'pre-rollout').length > 0;
}

/** True while all steps are done and the promotion is held. */
export function isHeldAtEnd(scene: Scene): boolean {
  const isOver = scene.blueGreen === undefined && scene.stepIndex >= scene.steps.length;
  return scene.state === 'stepping' && isOver && endGates(scene).length > 0;
}

/** What still has to open for the promotion. */
export function endGates(scene: Scene): readonly Gate[] {
  return [...closedGates(scene, 'pre-rollout'), ...closedGates(scene, 'confirm-promotion')];
}

/** Asks the first gate that is closed at the start. */
export function waitAtStart(scene: Scene): Moves {
  return waitAt(scene, [...closedGates(scene, 'confirm-rollout'), ...endGates(scene)][0]);
}

export function waitAtWeight(scene: Scene): Moves {
  return waitAt(scene, closedGates(scene, 'pre-rollout')[0]);
}

/** Undefined when nothing holds the promotion. */
export function promotionGate(scene: Scene): Moves | undefined {
  const gate = endGates(scene)[0];
  return gate === undefined ? undefined : waitAt(scene, gate);
}

function waitAt(scene: Scene, gate: Gate | undefined): Moves {
  if (gate === undefined) return noMoves;
  const entry = gateEntry(scene, gate);
  if (entry === undefined || entry.outcome === 'Pending')
    return { ...noMoves, patch: gatePatch(scene, gate, { outcome: 'Waiting', since: timeText(scene.now) }) };
  return gate.type === 'pre-rollout' ? counted(scene, gate, entry) : polled(scene, gate, entry);
}

/** Each interval of the clock has one question, so that a restart repeats it and nothing has to be counted. */
function polled(scene: Scene, gate: Gate, entry: GateStatus): Moves {
  const slot = Math.floor(scene.now / intervalMs(gate));
  const asked = askGate(scene, gate, slot, phaseText(gate));
  const wait = waitOn(scene, gate, entry, (slot + 1) * intervalMs(gate));
  if (asked.kind === 'ask') return together(asked.moves, wait);
  if (asked.kind === 'open') return wait;
  const { said } = asked;
  if (said.kind === 'yes') return passed(scene, gate, said.message);
  return said.message === entry.message ? wait : noted(scene, gate, said);
}

function noted(scene: Scene, gate: Gate, said: Parameters<typeof refusedFact>[2]): Moves {
  const facts = said.kind === 'other' ? [refusedFact(scene, gate, said)] : [];
  return { effects: [], facts, patch: gatePatch(scene, gate, { message: said.message }) };
}

function passed(scene: Scene, gate: Gate, message: string): Moves {
  const patch = gatePatch(scene, gate, { outcome: 'Passed', message });
  return { effects: [], facts: [passedFact(scene, gate)], patch };
}

/** One pass is enough; every other answer counts against the limit. */
function counted(scene: Scene, gate: Gate, entry: GateStatus): Moves {
  const { calls = 0 } = entry;
  const due = calls === 0 ? scene.now : (instantOf(entry.at) ?? scene.now) + intervalMs(gate);
  if (due > scene.now) return waitOn(scene, gate, entry, due);
  const asked = askGate(scene, gate, calls + 1, phaseText(gate));
  if (asked.kind === 'ask') return together(asked.moves, waitOn(scene, gate, entry));
  if (asked.kind === 'open') return waitOn(scene, gate, entry);
  const { said } = asked;
  if (said.kind === 'yes') return passed(scene, gate, said.message);
  const outcome = calls + 1 > failureLimit(gate) ? 'Failed' : 'Waiting';
  const facts = said.kind === 'other' ? [refusedFact(scene, gate, said)] : [];
  return { effects: [], facts, patch: gatePatch(scene, gate, { outcome, calls: calls + 1, message: said.message }) };
}

function phaseText(gate: Gate): string {
  return gate.type === 'confirm-promotion'
    ? 'WaitingPromotion'
    : gate.type === 'pre-rollout'
      ? 'Progressing'
      : 'Waiting';
}

/** When a gate that stays closed aborts the rollout; undefined when it may stay so. */
export function gateDeadline(gate: Gate, entry: GateStatus): number | undefined {
  const since = instantOf(entry.since);
  const isPolled = gate.type === 'confirm-rollout' || gate.type === 'confirm-promotion';
  if (!isPolled || gate.deadlineSeconds === undefined || since === undefined) return undefined;
  return since + gate.deadlineSeconds * 1000;
}

function waitOn(scene: Scene, gate: Gate, entry: GateStatus, next?: number): Moves {
  const until = gateDeadline(gate, entry);
  const every = `it is asked every ${durationText(intervalMs(gate))}`;
  const left = `${failureLimit(gate) + 1 - (entry.calls ?? 0)} more failures abort the rollout`;
  const end = until === undefined ? '' : ', and the rollout is aborted at the end of this wait';
  const how = gate.type === 'pre-rollout' ? left : `${every}${end}`;
  const waiting: Waiting = {
    reason: 'GateClosed',
    on: `Gate/${gate.name}`,
    value: entry.message ?? 'no answer yet',
    limit: `a yes of ${hostOf(gate.url)} to revision ${scene.currentHash}`,
    ...(until === undefined ? {} : { until }),
    moves: `It goes on when the ${gate.type} ${gateText(gate)} lets it pass (${how}), or with promote-full.`,
  };
  const times = [next, until].filter((at) => at !== undefined);
  return { effects: [], facts: [], waiting, ...(times.length === 0 ? {} : { lookAgainAt: Math.min(...times) }) };
}
