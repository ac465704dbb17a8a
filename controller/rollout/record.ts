/** RolloutRun: the durable record of one release, as a projection of facts and status. Pure; who writes it is elsewhere. */

import { ownApiVersion } from '../../crds/schema/dialect.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import type { RolloutRun, RolloutRunPhase, RunEntry } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { type Json, type JsonObject, objectIn, textAt } from '../../crds/schema/json.ts';
import type { Fact } from '../decision.ts';
import { attemptOf } from './attempt.ts';
import { stepText } from './canary-steps.ts';
import { stateOf } from './lifecycle-status.ts';
import type { Observed } from './observed.ts';
import { currentRevision, instanceLabel } from './replica-sets.ts';
import { takeBackOf } from './take-back.ts';
import { timeText } from './time-text.ts';

const maxEntries = 200;
/** Of at most 64 KiB for the whole object; the rest is spec and metadata. */
const maxEntryBytes = 56 * 1024;
const keptAtStart = 20;
/** Newest runs that are kept per Rollout. */
export const keptRuns = 20;

/** `<rollout>-<revision>-<hash>`, from the second attempt on with its number. */
export function recordName(rollout: string, revision: number, podHash: string, attempt: number): string {
  return `${rollout}-${revision}-${podHash}${attempt > 1 ? `-${attempt}` : ''}`;
}

/** Name of the record that a status belongs to; undefined when nothing is released: going back to stable has no record. */
export function recordFor(observed: Observed, status: RolloutStatus): string | undefined {
  const { currentPodHash, attempt = 1 } = status;
  if (currentPodHash === undefined) return undefined;
  const before = observed.rollout.status;
  const isKnown = before?.currentPodHash === currentPodHash && attemptOf(before) === attempt;
  if (isKnown) return before.runName;
  const state = stateOf(status);
  if (state === 'returning' || state === 'stable' || status.verdict !== undefined) return undefined;
  return recordName(observed.rollout.metadata.name, currentRevision(observed, currentPodHash), currentPodHash, attempt);
}

export function recordObject(observed: Observed, status: RolloutStatus, name: string): JsonObject {
  const { rollout } = observed;
  const { metadata } = rollout;
  const { currentPodHash: podHash = '' } = status;
  const note = (key: string) => metadata.annotations?.[key];
  const optional = {
    stablePodHash: status.stableRS || undefined,
    gitSync: note(ownKeys.gitSyncName),
    commit: note(ownKeys.commit),
    release: note(ownKeys.release),
  };
  const known = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    apiVersion: ownApiVersion,
    kind: 'RolloutRun',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { [ownKeys.rollout]: metadata.name, ...instanceLabel(rollout, observed.keys) },
    },
    spec: {
      rollout: { name: metadata.name, uid: metadata.uid },
      revision: currentRevision(observed, podHash),
      podHash,
      attempt: attemptOf(status),
      ...presetOf(status),
      steps: (rollout.spec.strategy?.canary?.steps ?? []).map(stepText),
      takeBack: takeBackOf(rollout) as unknown as JsonObject,
      images: imagesOf(objectIn(rollout.spec.template)),
      ...Object.fromEntries(known),
    },
  };
}

function presetOf({ preset }: RolloutStatus): JsonObject {
  if (preset === undefined) return {};
  const { name, clusterScope, generation, digest } = preset;
  return { preset: { name, generation, digest, clusterScope } };
}

function imagesOf(template: JsonObject): Json[] {
  const { initContainers, containers } = objectIn(template.spec);
  return [initContainers, containers]
    .flat()
    .map((one) => textAt(objectIn(one), 'image'))
    .filter((image) => image !== '');
}

/** Where a release stands, for the record of the revision that `status` speaks of. */
export function recordPhase(status: RolloutStatus): RolloutRunPhase {
  if (status.verdict !== undefined)
    return status.transition?.kind === 'promote' || wasPromoted(status) ? 'RolledBack' : 'Aborted';
  return stateOf(status) === 'stable' ? 'Promoted' : 'Running';
}

/** A rollback command gives the verdict to a revision that had been promoted: it says so in its actor or message. */
function wasPromoted(status: RolloutStatus): boolean {
  return status.lastCommand?.verb === 'rollback' && status.lastCommand.at === status.verdict?.at;
}

export interface RecordInput {
  readonly facts: readonly Fact[];
  readonly phase: RolloutRunPhase;
  readonly status: RolloutStatus;
  readonly now: number;
}

/** Status of the run after these facts. Numbers go on from the newest entry, so writing the same again changes nothing. */
export function recordStatus(run: RolloutRun | undefined, input: RecordInput): NonNullable<RolloutRun['status']> {
  const before = run?.status ?? {};
  const old = before.entries ?? [];
  const first = (old.at(-1)?.seq ?? -1) + 1;
  const entries = trimmed([...old, ...input.facts.map((one, index) => entryOf(one, first + index, input.status))]);
  return {
    ...before,
    phase: input.phase,
    startedAt: before.startedAt ?? timeText(input.facts[0]?.at ?? input.now),
    entries,
    ...(input.phase === 'Running' ? {} : { outcome: outcomeOf(input) }),
    ...(isOver(input) ? { finishedAt: before.finishedAt ?? timeText(input.now) } : {}),
  };
}

const ended = {
  Promoted: 'All traffic is on it',
  Superseded: 'Another revision took its place',
  Aborted: 'It failed',
} as const;

/** The end of a record that was left open when its revision was over: by what `status` keeps of every revision. */
export function closedLate(run: RolloutRun, status: RolloutStatus, now: number): NonNullable<RolloutRun['status']> {
  const { podHash } = run.spec;
  const { phase = 'Running' } = { ...run.status };
  const hasFailed = status.failedPodHash === podHash || status.failedPodHashes?.includes(podHash) === true;
  const found = hasFailed ? 'Aborted' : status.stableRS === podHash ? 'Promoted' : 'Superseded';
  return {
    ...run.status,
    phase: phase === 'Running' ? found : phase,
    outcome: run.status?.outcome ?? { message: ended[found] },
    finishedAt: timeText(now),
  };
}

/** Finished once nothing moves for it any more; an aborted one is only after its drain. Then no entry is added. */
function isOver({ phase, status }: RecordInput): boolean {
  const state = stateOf(status);
  return phase === 'Superseded' || phase === 'Promoted' || (phase !== 'Running' && state === 'aborted');
}

function entryOf(fact: Fact, seq: number, status: RolloutStatus): RunEntry {
  const { actor, step, ...values } = fact.values ?? {};
  const index = step === undefined ? status.currentStepIndex : Number(step);
  return {
    seq,
    at: timeText(fact.at),
    reason: fact.reason,
    message: fact.message.slice(0, 1000),
    ...(index === undefined ? {} : { step: index }),
    ...(actor === undefined ? {} : { actor }),
    ...(Object.keys(values).length === 0 ? {} : { values }),
  };
}

function outcomeOf({ phase, status }: RecordInput): NonNullable<RolloutRun['status']>['outcome'] {
  const { verdict } = status;
  if (verdict === undefined) return { message: phase === 'Superseded' ? ended.Superseded : ended.Promoted };
  const { cause, message, actor, analysisRun, metric, value, limit } = verdict;
  const optional = Object.entries({ actor, analysisRun, metric, value, limit }).filter(([, one]) => one !== undefined);
  return { cause, message, ...Object.fromEntries(optional) };
}

/** Keeps the beginning and the newest when there are too many. */
function trimmed(entries: readonly RunEntry[]): RunEntry[] {
  let kept = [...entries];
  while (kept.length > maxEntries || (kept.length > keptAtStart && bytesOf(kept) > maxEntryBytes))
    kept = [...kept.slice(0, keptAtStart - 1), ...kept.slice(Math.max(keptAtStart, kept.length - maxEntries + 20))];
  return kept;
}

function bytesOf(entries: readonly RunEntry[]): number {
  return new TextEncoder().encode(JSON.stringify(entries)).length;
}
