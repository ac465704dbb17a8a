/** Writes RolloutRuns: creates one at the start of a release, collects what happened, and writes it on decisions. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Clock, JsonObject, KubeClient, KubeObject, ObjectKey } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';
import { fieldManager } from './act.ts';
import type { Observed } from './observed.ts';
import { closedLate, keptRuns, recordObject, recordPhase, recordStatus } from './record.ts';
import { refTo } from './scene.ts';
import { mergePatch } from './status-diff.ts';
import type { RolloutRunObject, RolloutStores } from './stores.ts';
import { timeText } from './time-text.ts';

/** How long plain progress may wait, so that a quick rollout does not cost a write per step. */
const delayMs = 5_000;
const maxPending = 20;
const retryMs = 1_000;

/** Facts that are written at once. */
const urgentReasons: ReadonlySet<string> = new Set([
  'RolloutPaused',
  'RolloutAborted',
  'RolloutCompleted',
  'CommandApplied',
  'CommandRejected',
  'AnalysisRunFailed',
  'AnalysisRunError',
  'AnalysisRunInconclusive',
  'StableConfirmed',
]);

export interface RecordWriterOptions {
  readonly client: KubeClient;
  readonly stores: RolloutStores;
  readonly clock: Clock;
  readonly wrote: (ownerUid: string, object: KubeObject) => void;
  /** A record that can't be written stops nothing; it is told and tried again. */
  readonly trouble: (rollout: string, why: string) => void;
}

export interface RecordWriter {
  /** After a pass: `before` and `after` are the statuses around it. Gives the time to be called again, if any. */
  follow(observed: Observed, after: RolloutStatus, facts: readonly Fact[]): Promise<number | undefined>;
  forget(uid: string): void;
}

interface Pending {
  readonly name: string;
  readonly facts: Fact[];
  sinceMs: number;
}

export function recordWriter(options: RecordWriterOptions): RecordWriter {
  const pending = new Map<string, Pending>();
  return {
    forget: (uid) => void pending.delete(uid),
    async follow(observed, after, facts) {
      const uid = observed.rollout.metadata.uid;
      const before = observed.rollout.status;
      let areClosed = await closeLeft(options, observed, after);
      if (before.runName !== undefined && before.runName !== after.runName)
        areClosed = (await close(options, observed, before, before.runName, pending.get(uid))) && areClosed;
      const againAt = areClosed ? undefined : observed.now + retryMs;
      if (after.runName === undefined) {
        pending.delete(uid);
        return againAt;
      }
      const mine = noted(pending, uid, after.runName, facts, options.clock);
      return (await write(options, observed, after, mine, () => pending.delete(uid))) ?? againAt;
    },
  };
}

function noted(all: Map<string, Pending>, uid: string, name: string, facts: readonly Fact[], clock: Clock): Pending {
  const known = all.get(uid);
  const mine = known?.name === name ? known : { name, facts: [], sinceMs: clock.monotonicMs() };
  if (mine.facts.length === 0) mine.sinceMs = clock.monotonicMs();
  mine.facts.push(...facts);
  all.set(uid, mine);
  return mine;
}

async function write(
  options: RecordWriterOptions,
  observed: Observed,
  status: RolloutStatus,
  mine: Pending,
  forget: () => void,
): Promise<number | undefined> {
  const run = options.stores.rolloutRuns.get(observed.rollout.metadata.namespace, mine.name);
  if (run === undefined) {
    if (mine.facts.length > 0) await create(options, observed, status, mine.name);
    return mine.facts.length > 0 ? observed.now + delayMs : undefined;
  }
  if (run.status?.finishedAt !== undefined) {
    forget();
    return undefined;
  }
  const phase = recordPhase(status);
  const { phase: known } = { ...run.status };
  const isDue =
    mine.facts.some((one) => urgentReasons.has(one.reason)) ||
    mine.facts.length >= maxPending ||
    (mine.facts.length > 0 && options.clock.monotonicMs() - mine.sinceMs >= delayMs) ||
    (phase !== 'Running' && phase !== known) ||
    isEnding(run, status, observed, mine);
  if (!isDue) return mine.facts.length > 0 ? observed.now + delayMs : undefined;
  const isWritten = await patch(
    options,
    observed,
    run,
    recordStatus(run, { facts: mine.facts, phase, status, now: observed.now }),
  );
  if (isWritten) forget();
  return isWritten ? undefined : observed.now + retryMs;
}

/** Aborted and settled: the record gets its end. */
function isEnding(run: RolloutRunObject, status: RolloutStatus, observed: Observed, mine: Pending): boolean {
  if (recordPhase(status) === 'Running') return false;
  const next = recordStatus(run, { facts: mine.facts, phase: recordPhase(status), status, now: observed.now });
  return next.finishedAt !== undefined && run.status?.finishedAt === undefined;
}

/**
 * Records of revisions that are over and that nobody ended: the write was lost, or the process died before it. The status knows
 * of them no more, so how they ended is read from what it keeps of every revision. False when one could not be written.
 */
async function closeLeft(options: RecordWriterOptions, observed: Observed, after: RolloutStatus): Promise<boolean> {
  const names = [after.runName, observed.rollout.status?.runName];
  const left = observed.runs.filter(
    (run) => run.status?.finishedAt === undefined && !names.includes(run.metadata.name),
  ) as readonly RolloutRunObject[];
  let areWritten = true;
  for (const run of left) {
    const next = closedLate(run, after, observed.now);
    areWritten = (await patch(options, observed, run, next)) && areWritten;
  }
  return areWritten;
}

/** Another revision takes over: the record of the one before ends, unless it has ended already. False when it could not. */
async function close(
  options: RecordWriterOptions,
  observed: Observed,
  status: RolloutStatus,
  name: string,
  pending: Pending | undefined,
): Promise<boolean> {
  const run = options.stores.rolloutRuns.get(observed.rollout.metadata.namespace, name);
  if (run === undefined || run.status?.finishedAt !== undefined) return true;
  const facts = pending?.name === name ? pending.facts : [];
  const phase = recordPhase(status) === 'Running' ? 'Superseded' : recordPhase(status);
  const next = recordStatus(run, { facts, phase, status, now: observed.now });
  return patch(options, observed, run, { ...next, finishedAt: next.finishedAt ?? timeText(observed.now) });
}

async function create(
  options: RecordWriterOptions,
  observed: Observed,
  status: RolloutStatus,
  name: string,
): Promise<void> {
  const object = recordObject(observed, status, name) as unknown as KubeObject;
  const result = await options.client.create(object, { fieldManager });
  if (result.kind === 'ok') options.wrote(observed.rollout.metadata.uid, result.object);
  else if (result.kind !== 'conflict')
    options.trouble(observed.rollout.metadata.name, `RolloutRun ${name}: ${result.kind}`);
  await removeOldest(options, observed);
}

async function patch(
  options: RecordWriterOptions,
  observed: Observed,
  run: RolloutRunObject,
  next: NonNullable<RolloutRunObject['status']>,
): Promise<boolean> {
  const json = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;
  const difference = mergePatch(json(run.status ?? {}), json(next));
  const { uid, resourceVersion, ...key } = refTo(run);
  const result = await options.client.merge(
    key satisfies ObjectKey,
    { status: difference },
    { subresource: 'status', uid, resourceVersion, fieldManager },
  );
  if (result.kind === 'ok') options.wrote(observed.rollout.metadata.uid, result.object);
  else if (result.kind !== 'conflict')
    options.trouble(observed.rollout.metadata.name, `RolloutRun ${key.name}: ${result.kind}`);
  return result.kind === 'ok';
}

/** Keeps the newest runs of a Rollout. */
async function removeOldest(options: RecordWriterOptions, observed: Observed): Promise<void> {
  const finished = observed.runs.filter((run) => run.status?.finishedAt !== undefined);
  const newestFirst = [...finished].sort((one, other) => age(other).localeCompare(age(one)));
  for (const run of newestFirst.slice(keptRuns - 1)) {
    const { uid, resourceVersion: _newest, ...key } = refTo(run);
    await options.client.delete(key, { uid });
  }
}

function age({ metadata: { creationTimestamp = '' } }: Observed['runs'][number]): string {
  return creationTimestamp;
}
