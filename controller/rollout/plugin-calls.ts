/** One call of a step plugin after the other: when the next is due, what it is told, and what its answer makes of its state. Pure. */

import { z } from 'zod';
import { durationText, parseDurationMs } from '../../crds/schema/duration.ts';
import type { Instant, Json, JsonObject } from '../../kube/api.ts';
import { answerTo, type Answered, callKey, objectIn, type PluginOperation, shortText } from './calls.ts';
import type { RolloutEffect } from './effects.ts';
import type { PluginStatus } from './plugin-owed.ts';
import { currentRevision } from './replica-sets.ts';
import type { Scene } from './scene.ts';
import { instantOf, timeText } from './time-text.ts';

/** Which plugin is told what, and for which step of which revision and attempt. */
export interface PluginPlace {
  readonly podHash: string;
  readonly attempt: number;
  readonly index: number;
  readonly name: string;
  readonly operation: PluginOperation;
}

const defaultAgainMs = 30_000;
const firstErrorMs = 30_000;
const maxErrorMs = 600_000;
const maxAgainSeconds = 86_400;
/** Longest state that a plugin may keep in status, as JSON. */
const maxStateLength = 16_384;

const PluginAnswer = z.object({
  phase: z.enum(['Running', 'Successful', 'Failed', 'Error']),
  message: z.string().nullish(),
  requeueAfterSeconds: z.number().min(0).max(maxAgainSeconds).nullish(),
  status: z.unknown().optional(),
});

export type PluginProgress =
  | { readonly kind: 'call'; readonly effect: RolloutEffect }
  | { readonly kind: 'open' }
  | { readonly kind: 'wait'; readonly until: Instant }
  | { readonly kind: 'answered'; readonly status: PluginStatus };

/** What comes next for a call that has not ended. */
export function pluginProgress(scene: Scene, place: PluginPlace, known: PluginStatus): PluginProgress {
  const { executions = 0 } = known;
  const due = dueAt(scene.now, known);
  if (due > scene.now) return { kind: 'wait', until: due };
  const { podHash, attempt, index, name, operation } = place;
  const key = callKey(scene, { podHash, attempt, step: index, name, operation }, executions + 1);
  const answer = answerTo(scene, key);
  if (answer === undefined) {
    const call = { key, target: { kind: 'plugin', name, operation }, request: told(scene, place, known) } as const;
    return { kind: 'call', effect: { kind: 'Call', call, tells: [] } };
  }
  return answer.kind === 'open'
    ? { kind: 'open' }
    : { kind: 'answered', status: afterAnswer(scene.now, known, answer) };
}

/** At once for the first call, and where status does not say when and how long to wait. */
function dueAt(now: Instant, { executions, updatedAt, backoff = '' }: PluginStatus): Instant {
  const [since, pauseMs] = [instantOf(updatedAt), parseDurationMs(backoff)];
  return executions === 0 || since === undefined || pauseMs === undefined ? now : since + pauseMs;
}

function told(scene: Scene, place: PluginPlace, { status }: PluginStatus): JsonObject {
  const { namespace, name, uid } = scene.observed.rollout.metadata;
  const { podHash, attempt, index, operation } = place;
  const step = scene.steps[index]?.plugin;
  const config = step?.name === place.name ? step.config : undefined;
  return {
    rollout: { namespace, name, uid },
    revision: currentRevision(scene.observed, podHash),
    podHash,
    stablePodHash: scene.stableHash,
    attempt,
    stepIndex: index,
    plugin: place.name,
    operation,
    ...(config === undefined ? {} : { config }),
    ...(status === undefined ? {} : { status }),
  };
}

/** What the plugin says ends a call; whatever can't be understood is an error, tried again with growing pauses. */
function afterAnswer(now: Instant, known: PluginStatus, answer: Answered): PluginStatus {
  const said = readAnswer(answer);
  const at = timeText(now);
  const {
    backoff: before = '',
    executions = 0,
    message: _message,
    finishedAt: _finishedAt,
    phase: _phase,
    ...rest
  } = known;
  const base = { ...rest, executions: executions + 1, updatedAt: at };
  if (said === undefined || said.phase === 'Error') {
    const lastMs = known.phase === 'Error' ? parseDurationMs(before) : undefined;
    const backoff = durationText(Math.min(maxErrorMs, lastMs ? lastMs * 2 : firstErrorMs));
    const message = said === undefined ? unreadText(answer) : shortText(said.message ?? 'it ended with an error');
    return { ...base, ...stateOf(said?.status), phase: 'Error', message, backoff };
  }
  const next = { ...base, ...stateOf(said.status), ...(said.message ? { message: shortText(said.message) } : {}) };
  if (said.phase !== 'Running') return { ...next, phase: said.phase, finishedAt: at };
  const { requeueAfterSeconds } = said;
  const againMs = requeueAfterSeconds == null ? defaultAgainMs : Math.max(1, Math.round(requeueAfterSeconds)) * 1000;
  return { ...next, phase: 'Running', backoff: durationText(againMs) };
}

function readAnswer(answer: Answered): z.infer<typeof PluginAnswer> | undefined {
  if (answer.kind === 'none' || answer.status < 200 || answer.status > 299) return undefined;
  const read = PluginAnswer.safeParse(objectIn(answer.body));
  const isBig = read.success && JSON.stringify(read.data.status ?? null).length > maxStateLength;
  return read.success && !isBig ? read.data : undefined;
}

function stateOf(status: unknown): { readonly status?: Json } {
  return status === undefined || status === null ? {} : { status: status as Json };
}

function unreadText(answer: Answered): string {
  if (answer.kind === 'none') return answer.why;
  if (answer.status < 200 || answer.status > 299) return `it answered ${answer.status}`;
  return `its answer is not a JSON object with phase Running, Successful, Failed or Error and at most ${maxStateLength} bytes of status`;
}
