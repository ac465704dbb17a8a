/** Gates that do not hold: rollback is asked all the time while a revision is on trial, post-rollout is told of the end. Pure. */

import type { GateStatus } from '../../crds/schema/gates.ts';
import { fact } from './facts.ts';
import { askGate, failureLimit, gateEntry, gatePatch, gatesOf, gateText, intervalMs, refusedFact } from './gates.ts';
import { type Moves, noMoves, together } from './moves.ts';
import { isHeldAtEnd, isHeldAtStart, isHeldAtWeight } from './gate-waits.ts';
import type { Scene } from './scene.ts';
import { instantOf, timeText } from './time-text.ts';

/** True while a revision is on trial by steps or on its way to being stable. */
function isOnTrial(scene: Scene): boolean {
  if (scene.stableHash === undefined) return false;
  if (scene.state === 'promoting') return scene.status.transition?.to === scene.currentHash;
  return scene.state === 'stepping';
}

/** Also while a person or another gate holds it: that is when somebody wants to go back. Full promotion does not skip it. */
export function watchRollback(scene: Scene): Moves {
  if (!isOnTrial(scene)) return noMoves;
  return together(...gatesOf(scene, 'rollback').map((gate) => pollRollback(scene, gate)));
}

function pollRollback(scene: Scene, gate: Parameters<typeof askGate>[1]): Moves {
  const entry = gateEntry(scene, gate);
  if (entry === undefined || entry.outcome === 'RollBack') return noMoves;
  const slot = Math.floor(scene.now / intervalMs(gate));
  const asked = askGate(scene, gate, slot, 'Progressing');
  const again: Moves = { ...noMoves, lookAgainAt: (slot + 1) * intervalMs(gate) };
  if (asked.kind === 'ask') return together(asked.moves, again);
  if (asked.kind === 'open') return again;
  const { said } = asked;
  if (said.kind === 'yes')
    return { ...noMoves, patch: gatePatch(scene, gate, { outcome: 'RollBack', message: said.message }) };
  // A plain no is the rule and told to nobody.
  if (said.kind === 'no' || said.message === entry.message) return again;
  const facts = said.kind === 'other' ? [refusedFact(scene, gate, said)] : [];
  return { effects: [], facts, patch: gatePatch(scene, gate, { outcome: 'Waiting', message: said.message }) };
}

/** Asked a few times at most, and what it says is only recorded. */
export function tellEnd(scene: Scene, moves: Moves): Moves {
  const isOver = scene.state === 'stable' || scene.state === 'aborted';
  if (!isOver || moves.effects.length > 0 || moves.event !== undefined || moves.patch !== undefined) return moves;
  for (const gate of gatesOf(scene, 'post-rollout')) {
    const entry = gateEntry(scene, gate);
    if (entry?.outcome === 'Pending' || entry?.outcome === 'Waiting') return together(moves, tell(scene, gate, entry));
  }
  return moves;
}

function tell(scene: Scene, gate: Parameters<typeof askGate>[1], { calls = 0, at }: GateStatus): Moves {
  const due = calls === 0 ? scene.now : (instantOf(at) ?? scene.now) + intervalMs(gate);
  if (due > scene.now) return { ...noMoves, lookAgainAt: due };
  const asked = askGate(scene, gate, calls + 1, scene.state === 'stable' ? 'Succeeded' : 'Failed');
  if (asked.kind !== 'said') return asked.kind === 'ask' ? asked.moves : noMoves;
  const { said } = asked;
  const isLast = said.kind === 'yes' || calls + 1 > failureLimit(gate);
  const outcome = said.kind === 'yes' ? 'Passed' : isLast ? 'Failed' : 'Waiting';
  const text = `The post-rollout ${gateText(gate)}: ${said.message}`;
  const facts = isLast ? [fact(scene.now, 'GateTold', text, { gate: gate.name, outcome })] : [];
  const since = timeText(scene.now);
  return {
    effects: [],
    facts,
    patch: gatePatch(scene, gate, { outcome, since, calls: calls + 1, message: said.message }),
  };
}

/** Why a person's promote does nothing now; undefined when no gate holds. */
export function heldByGate(scene: Scene, next: number): string | undefined {
  const ahead = { ...scene, stepIndex: next };
  if (!isHeldAtStart(scene) && !isHeldAtWeight(scene) && !isHeldAtEnd(ahead)) return undefined;
  return 'a gate holds it: wait until the gate lets it pass, or skip gates, steps and analyses by promote-full';
}
