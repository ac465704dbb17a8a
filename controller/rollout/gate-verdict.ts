/** When a gate has made the current revision a failed one, and the verdict that says so. */

import type { Verdict } from '../../crds/schema/rollout-decisions.ts';
import { durationText } from '../../crds/schema/duration.ts';
import { verdictOf } from './failure.ts';
import { gateDeadline } from './gate-waits.ts';
import { areSkipped, gateEntry, gatesOf, gateText } from './gates.ts';
import type { Scene } from './scene.ts';

/** By what status records, never by an answer alone. */
export function failedGate(scene: Scene): Verdict | undefined {
  const isForward = scene.state === 'promoting' && scene.status.transition?.to === scene.currentHash;
  if (scene.stableHash === undefined || (scene.state !== 'stepping' && !isForward)) return undefined;
  for (const gate of gatesOf(scene)) {
    const message = failureText(scene, gate);
    if (message !== undefined) return verdictOf(scene, 'GateFailed', message);
  }
  return undefined;
}

function failureText(scene: Scene, gate: Parameters<typeof gateText>[0]): string | undefined {
  const entry = gateEntry(scene, gate);
  if (entry === undefined) return undefined;
  const { calls = 0 } = entry;
  const { deadlineSeconds = 0 } = gate;
  const said = entry.message === undefined ? '' : `: ${entry.message}`;
  if (entry.outcome === 'RollBack') return `The rollback ${gateText(gate)} asked to go back${said}`;
  if (areSkipped(scene) || scene.state !== 'stepping') return undefined;
  if (entry.outcome === 'Failed' && gate.type === 'pre-rollout')
    return `The pre-rollout ${gateText(gate)} failed ${calls} times${said}`;
  const deadline = gateDeadline(gate, entry);
  if (entry.outcome !== 'Waiting' || deadline === undefined || deadline > scene.now) return undefined;
  return `The ${gate.type} ${gateText(gate)} stayed closed for ${durationText(deadlineSeconds * 1000)}${said}`;
}
