/**
 * Gates of the rollout under way: which have a say now, what status records of them, and the questions. What a gate said
 * counts for one revision and attempt only, and only once it stands in status. Pure.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { Gate, GateStatus, GateType } from '../../crds/schema/gates.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { hostOf } from '../../crds/schema/validate-gates.ts';
import type { JsonObject } from '../../kube/api.ts';
import { attemptOf } from './attempt.ts';
import { answerTo, type Call, callKey, type CallPlace } from './calls.ts';
import { fact } from './facts.ts';
import { type Bound, type GateSaid, readGate } from './gate-answer.ts';
import { effects, type Moves, noMoves } from './moves.ts';
import { currentRevision } from './replica-sets.ts';
import { isFastRollback } from './rollback-window.ts';
import type { Scene } from './scene.ts';
import { timeText } from './time-text.ts';

const defaultTimeoutSeconds = 10;
const defaultIntervalSeconds = 30;
const defaultFailureLimit = 2;

/** None in argoproj.io, whose Rollouts have no such field. */
export function gatesOf(scene: Scene, type?: GateType): readonly Gate[] {
  if (isArgo(scene.observed.dialect)) return [];
  return (scene.observed.rollout.spec.gates ?? []).filter((gate) => type === undefined || gate.type === type);
}

export function intervalMs(gate: Gate): number {
  return (gate.intervalSeconds ?? defaultIntervalSeconds) * 1000;
}

export function failureLimit(gate: Gate): number {
  return gate.failureLimit ?? defaultFailureLimit;
}

/** What status records of this gate for the revision and attempt at hand; what it says of others never counts. */
export function gateEntry(scene: Scene, gate: Gate): GateStatus | undefined {
  const attempt = attemptOf(scene.status);
  return scene.status.gates?.find(
    (one) =>
      one.name === gate.name && one.type === gate.type && one.podHash === scene.currentHash && one.attempt === attempt,
  );
}

/** Promoted in full by a person, or back within the rollback window: gates do not hold, as analyses do not. */
export function areSkipped(scene: Scene): boolean {
  return scene.status.promoteFull === true || isFastRollback(scene);
}

/** Gates of a type that have not let this revision and attempt pass. */
export function closedGates(scene: Scene, type: GateType): readonly Gate[] {
  return areSkipped(scene) ? [] : gatesOf(scene, type).filter((gate) => gateEntry(scene, gate)?.outcome !== 'Passed');
}

/** Notes at the start of a release who will be asked: a gate that is added to a settled Rollout is not told of its past. */
export function enrolGates(scene: Scene): Moves {
  const gates = gatesOf(scene);
  const known = gates.flatMap((gate) => gateEntry(scene, gate) ?? []);
  const isSame = known.length === gates.length && known.length === (scene.status.gates ?? []).length;
  if (scene.state !== 'stepping' || isSame) return noMoves;
  const entries = gates.map((gate) => gateEntry(scene, gate) ?? pending(scene, gate));
  return { ...noMoves, patch: { gates: entries.length === 0 ? undefined : entries } };
}

function pending({ status, currentHash, now }: Scene, { name, type }: Gate): GateStatus {
  const attempt = attemptOf(status);
  return { name, type, podHash: currentHash, attempt, outcome: 'Pending', at: timeText(now) };
}

/** The same entries with that of one gate, which was enrolled, changed. */
export function gatePatch(scene: Scene, gate: Gate, change: Partial<GateStatus>): Partial<RolloutStatus> {
  const own = gateEntry(scene, gate);
  const at = timeText(scene.now);
  return { gates: scene.status.gates?.map((one) => (one === own ? { ...one, ...change, at } : one)) };
}

export type GateAsked =
  | { readonly kind: 'said'; readonly said: GateSaid }
  | { readonly kind: 'open' }
  | { readonly kind: 'ask'; readonly moves: Moves };

/** The n-th question to a gate: its answer, or that it is under way, or the call. */
export function askGate(scene: Scene, gate: Gate, execution: number, phase: string): GateAsked {
  const place = placeOf(scene, gate);
  const key = callKey(scene, place, execution);
  const answer = answerTo(scene, key);
  if (answer === undefined) {
    const call: Call = { key, target: targetOf(gate), request: question(scene, gate, phase) };
    return { kind: 'ask', moves: effects({ kind: 'Call', call, tells: [] }) };
  }
  return answer.kind === 'open' ? { kind: 'open' } : { kind: 'said', said: readGate(answer, boundOf(scene)) };
}

function placeOf(scene: Scene, gate: Gate): CallPlace {
  const attempt = attemptOf(scene.status);
  return { podHash: scene.currentHash, attempt, step: 'gate', name: gate.name, operation: gate.type };
}

function targetOf(gate: Gate): Call['target'] {
  const timeoutMs = (gate.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
  const base = { kind: 'gate', name: gate.name, url: gate.url, timeoutMs } as const;
  return gate.secretRef === undefined ? base : { ...base, secret: gate.secretRef };
}

function boundOf(scene: Scene): Bound {
  return {
    rolloutUid: scene.observed.rollout.metadata.uid,
    podHash: scene.currentHash,
    checksum: scene.currentHash,
    revision: currentRevision(scene.observed, scene.currentHash),
    attempt: attemptOf(scene.status),
  };
}

/** `name`, `namespace`, `phase`, `checksum` and `metadata` are what services written for Flagger read. */
function question(scene: Scene, gate: Gate, phase: string): JsonObject {
  const { namespace, name, uid } = scene.observed.rollout.metadata;
  const { podHash, revision, attempt } = boundOf(scene);
  const { stableHash: stablePodHash = '' } = scene;
  return {
    name,
    namespace,
    phase,
    checksum: podHash,
    metadata: { ...gate.metadata },
    rollout: { namespace, name, uid },
    revision,
    podHash,
    attempt,
    stablePodHash,
    step: scene.stepIndex,
    gate: { name: gate.name, type: gate.type },
  };
}

/** `gate approve at gates.example`, for sentences. */
export function gateText(gate: Gate): string {
  return `gate ${gate.name} at ${hostOf(gate.url)}`;
}

export function passedFact(scene: Scene, gate: Gate) {
  const text = `The ${gate.type} ${gateText(gate)} let revision ${scene.currentHash} pass`;
  return fact(scene.now, 'GatePassed', text, { gate: gate.name, podHash: scene.currentHash });
}

/** Told once per answer that is another one than before. */
export function refusedFact(scene: Scene, gate: Gate, said: GateSaid) {
  const text = `The ${gate.type} ${gateText(gate)}: ${said.message}`;
  return fact(scene.now, 'GateAnswerRefused', text, { gate: gate.name, podHash: scene.currentHash });
}
