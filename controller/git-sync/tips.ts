/**
 * Looks at branches in the background: one fetch of one refspec per GitSync and interval, a render only when a tree of the
 * closure changed. A reconcile reads what was found last and never waits for Git.
 */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import { problem } from '../../crds/schema/problem.ts';
import type { Clock, Instant, JsonObject } from '../../kube/api.ts';
import type { Credentials, FaultKind, Source } from '../../source/contract.ts';
import type { SourceView, Tip } from './observed.ts';
import { closureOf } from './revert-draft.ts';
import { faultSentence } from './source-fault.ts';

/** Credentials for a look; a sentence when there are none to be had. */
export type CredentialsFor = (
  sync: GitSync,
) => Promise<
  | { readonly kind: 'ok'; readonly credentials: Credentials }
  | { readonly kind: 'refused' | 'passing'; readonly message: string }
>;

export interface TipsOptions {
  readonly source: Source;
  readonly clock: Clock;
  readonly credentials: CredentialsFor;
  /** Called when a look has ended. */
  readonly wake: (key: string) => void;
  readonly signal: AbortSignal;
  readonly concurrency?: number;
}

export interface Tips {
  /** What was found last; starts a look when one is due or `requested` is a new token, unless the GitSync is suspended. */
  view(sync: GitSync, requested: string | undefined, now: Instant): SourceView;
  /** The rendered objects of the tip, as long as they are kept. */
  objects(uid: string, digest: string): readonly JsonObject[] | undefined;
  /** The ledger has the set now: the rendered objects of this digest are not needed any more. */
  settled(uid: string, digest: string): void;
  /** The rendered objects of the tip are needed after all: the next look renders again, at once. */
  renderAgain(uid: string): void;
  /** Renders an old commit again; only an equal digest counts. */
  rerender(sync: GitSync, commit: string, digest: string): Rerender;
  /** The branch may have moved: the next `view` starts a look, after the one that is running if there is one. */
  hint(uid: string): void;
  forget(uid: string): void;
}

export type Rerender =
  | { readonly kind: 'running' | 'unreachable' | 'different' }
  | { readonly kind: 'ok'; readonly objects: readonly JsonObject[] };

const syncDeadlineMs = 60_000;
const renderDeadlineMs = 120_000;
const firstRetryMs = 1_000;
const longestRetryMs = 300_000;
const rerenderPauseMs = 5_000;

interface Entry {
  readonly key: string;
  readonly spec: string;
  running: boolean;
  /** Set by a hint, taken away when a look begins: one that comes meanwhile is not lost. */
  hinted: boolean;
  failures: number;
  lookAgainAt: Instant;
  trees: string | undefined;
  /** Whether the tip lies behind a commit that was applied, by tip and applied commits. */
  rewound: { readonly key: string; readonly from: string | undefined } | undefined;
  objects: readonly JsonObject[] | undefined;
  view: Omit<SourceView, 'lookAgainAt'>;
  readonly rerenders: Map<string, { readonly result: Rerender; readonly at: Instant }>;
}

export function tips(options: TipsOptions): Tips {
  const entries = new Map<string, Entry>();
  const slots = slotsOf(options.concurrency ?? 8);
  const entryOf = (sync: GitSync): Entry => entryFor(entries, sync);
  const start = (entry: Entry, job: () => Promise<void>): void => {
    void slots(job).finally(() => {
      if (!options.signal.aborted) options.wake(entry.key);
    });
  };
  return {
    view(sync, requested, now) {
      const entry = entryOf(sync);
      const asked = requested !== undefined && requested !== entry.view.token;
      if (sync.spec.suspend === true) return { ...entry.view, lookAgainAt: now + longestRetryMs };
      if (!entry.running && (asked || entry.hinted || now >= entry.lookAgainAt) && !options.signal.aborted) {
        entry.running = true;
        start(entry, () => look(options, sync, entry, requested));
      }
      return { ...entry.view, lookAgainAt: entry.running ? now + syncDeadlineMs : entry.lookAgainAt };
    },
    objects: (uid, digest) => {
      const entry = entries.get(uid);
      return entry?.view.tip?.digest === digest ? entry.objects : undefined;
    },
    settled: (uid, digest) => {
      const entry = entries.get(uid);
      if (entry?.view.tip?.digest === digest) entry.objects = undefined;
    },
    renderAgain(uid) {
      const entry = entries.get(uid);
      if (entry === undefined || entry.objects !== undefined || entry.running) return;
      entry.trees = undefined;
      entry.lookAgainAt = 0;
    },
    rerender(sync, commit, digest) {
      const entry = entryOf(sync);
      const known = entry.rerenders.get(commit);
      const again = known?.result.kind === 'unreachable' && options.clock.now() >= known.at + rerenderPauseMs;
      if (known !== undefined && !again) return known.result;
      entry.rerenders.set(commit, { result: { kind: 'running' }, at: options.clock.now() });
      start(entry, async () => {
        const result = await renderOld(options, sync, commit, digest);
        entry.rerenders.set(commit, { result, at: options.clock.now() });
      });
      return { kind: 'running' };
    },
    hint(uid) {
      const entry = entries.get(uid);
      if (entry !== undefined) entry.hinted = true;
    },
    forget: (uid) => void entries.delete(uid),
  };
}

/** A changed spec starts from nothing: what was found under the old one says nothing about the new one. */
function entryFor(entries: Map<string, Entry>, sync: GitSync): Entry {
  const uid = sync.metadata.uid ?? '';
  const { repository, branch, path, alsoPaths, credentials, serviceAccountName } = sync.spec;
  const spec = JSON.stringify([repository, branch, path, alsoPaths ?? [], credentials ?? null, serviceAccountName]);
  const known = entries.get(uid);
  if (known?.spec === spec) return known;
  const fresh: Entry = {
    key: `${sync.metadata.namespace ?? ''}/${sync.metadata.name}`,
    spec,
    running: false,
    hinted: false,
    failures: 0,
    lookAgainAt: 0,
    trees: undefined,
    rewound: undefined,
    objects: undefined,
    view: {},
    rerenders: new Map(),
  };
  entries.set(uid, fresh);
  return fresh;
}

async function look(options: TipsOptions, sync: GitSync, entry: Entry, token: string | undefined): Promise<void> {
  entry.hinted = false;
  try {
    note(options, sync, entry, token, await findTip(options, sync, entry));
  } finally {
    entry.running = false;
  }
}

function note(options: TipsOptions, sync: GitSync, entry: Entry, token: string | undefined, found: Found): void {
  const now = options.clock.now();
  const intervalMs = parseDurationMs(sync.spec.interval ?? '60s') ?? 60_000;
  const asked = token === undefined ? {} : { token };
  if (found.kind === 'fault') {
    entry.failures += 1;
    const backOffMs = Math.min(firstRetryMs * 2 ** (entry.failures - 1), longestRetryMs);
    entry.lookAgainAt =
      now +
      Math.max(found.retryAfterMs ?? 0, found.lasting ? intervalMs : Math.min(backOffMs, Math.max(intervalMs, 60_000)));
    // One lost call is no outage: the source process may just be starting. The second in a row is told.
    const told = !passingFaults.has(found.fault.kind) || entry.failures > 1;
    entry.view = { ...entry.view, ...asked, ...(told ? { fault: found.fault } : {}) };
  } else {
    entry.failures = 0;
    entry.lookAgainAt = now + intervalMs + spread(sync, intervalMs);
    entry.view = { ...found.view, ...asked };
  }
}

/** Up to a tenth of the interval, fixed per GitSync, so that many of them don't look at the same moment. */
function spread(sync: GitSync, intervalMs: number): number {
  const seed = Array.from(sync.metadata.uid ?? '').reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7);
  return (intervalMs * (seed % 100)) / 1000;
}

type Found =
  | { readonly kind: 'view'; readonly view: Omit<SourceView, 'lookAgainAt' | 'token'> }
  | {
      readonly kind: 'fault';
      readonly fault: { kind: FaultKind; message: string };
      readonly retryAfterMs?: number;
      readonly lasting: boolean;
    };

const passingFaults = new Set(['unreachable', 'timeout', 'internal']);
const lastingFaults = new Set(['auth', 'not-found', 'refused', 'too-large']);

async function findTip(options: TipsOptions, sync: GitSync, entry: Entry): Promise<Found> {
  const read = await options.credentials(sync);
  if (read.kind !== 'ok') {
    return {
      kind: 'fault',
      fault: { kind: read.kind === 'refused' ? 'auth' : 'unreachable', message: read.message },
      lasting: false,
    };
  }
  const { repository, branch, path } = sync.spec;
  const alsoPaths = sync.spec.alsoPaths ?? [];
  const { credentials } = read;
  const where = { repository, credentials, branch };
  const synced = await options.source.sync(
    { ...where, paths: closureOf(sync), deadlineMs: syncDeadlineMs },
    options.signal,
  );
  if (synced.kind !== 'ok') return fault(sync, synced);
  const { commit, committedAt, author, subject } = synced;
  const rewound = await findRewind(options, sync, entry, where, commit);
  if (rewound.kind === 'fault') return rewound;
  const missing = [path, ...alsoPaths].findIndex((one) => synced.trees[one] === null);
  if (missing >= 0) return { kind: 'view', view: { invalid: { commit, sentences: [noPath(sync, commit, missing)] } } };
  const trees = JSON.stringify(synced.trees);
  const old = entry.view.tip;
  if (old !== undefined && entry.trees === trees) {
    return {
      kind: 'view',
      view: { tip: { ...withoutRewind(old), commit, committedAt, author, subject, ...rewound.found } },
    };
  }
  const rendered = await options.source.render(
    { ...where, commit, path, alsoPaths, deadlineMs: renderDeadlineMs },
    options.signal,
  );
  if (rendered.kind === 'invalid')
    return { kind: 'view', view: { invalid: { commit, sentences: rendered.problems.map(renderSentence) } } };
  if (rendered.kind !== 'ok') return fault(sync, rendered);
  entry.trees = trees;
  entry.objects = rendered.objects;
  const tip: Tip = {
    commit,
    committedAt,
    author,
    subject,
    digest: rendered.digest,
    renderer: rendered.renderer,
    ...rewound.found,
  };
  return { kind: 'view', view: { tip } };
}

function withoutRewind(tip: Tip): Tip {
  const { rewoundFrom: _rewoundFrom, ...rest } = tip;
  return rest;
}

/** Commits whose content was written to this cluster: going back behind one of them is not a change like any other. */
function appliedCommits(sync: GitSync): readonly string[] {
  const { candidate, lastGood, quarantine } = sync.status ?? {};
  const commits = [candidate?.commit, lastGood?.commit, quarantine?.at(-1)?.commit];
  return [...new Set(commits.filter((one) => one !== undefined))];
}

type Rewind =
  | { readonly kind: 'ok'; readonly found: { readonly rewoundFrom?: string } }
  | Extract<Found, { kind: 'fault' }>;

/** Asked once per tip: whether it is an ancestor of a commit that was applied. */
async function findRewind(
  options: TipsOptions,
  sync: GitSync,
  entry: Entry,
  where: { readonly repository: string; readonly credentials: Credentials; readonly branch: string },
  commit: string,
): Promise<Rewind> {
  const applied = appliedCommits(sync);
  const key = [commit, ...applied].join(' ');
  if (entry.rewound?.key !== key) {
    let from: string | undefined;
    for (const other of applied.includes(commit) ? [] : applied) {
      const request = { ...where, commit, other, paths: [sync.spec.path], deadlineMs: syncDeadlineMs };
      const answer = await options.source.compare(request, options.signal);
      if (answer.kind === 'ok' && answer.isAncestor) from = other;
      // History that was rewritten may have dropped the applied commit: then the branch lies beside it, not behind it.
      else if (answer.kind !== 'ok' && answer.kind !== 'not-found') return fault(sync, answer);
    }
    entry.rewound = { key, from };
  }
  const { from } = entry.rewound;
  return { kind: 'ok', found: from === undefined ? {} : { rewoundFrom: from } };
}

function fault(
  sync: GitSync,
  answer: { readonly kind: FaultKind; readonly message: string; readonly retryAfterMs?: number | undefined },
): Extract<Found, { kind: 'fault' }> {
  return {
    kind: 'fault',
    fault: { kind: answer.kind, message: faultSentence(sync, answer) },
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    lasting: lastingFaults.has(answer.kind),
  };
}

function renderSentence(found: {
  readonly path: string;
  readonly line?: number | undefined;
  readonly message: string;
}): string {
  const where = found.line === undefined ? found.path : `${found.path}:${found.line}`;
  return found.message.includes(found.path) ? found.message : `${where}: ${found.message}`;
}

/** `index` 0 is spec.path, the others are those of spec.alsoPaths. */
function noPath(sync: GitSync, commit: string, index: number): string {
  const path = index === 0 ? sync.spec.path : sync.spec.alsoPaths?.[index - 1];
  return problem({
    object: `GitSync ${sync.metadata.namespace ?? ''}/${sync.metadata.name}`,
    field: index === 0 ? 'spec.path' : `spec.alsoPaths[${index - 1}]`,
    found: `"${path}", which does not exist in commit ${commit.slice(0, 7)} of branch ${sync.spec.branch}`,
    allowed: 'it must be a directory of the repository',
    remedy: 'correct the path, or push the directory',
  }).message;
}

async function renderOld(options: TipsOptions, sync: GitSync, commit: string, digest: string): Promise<Rerender> {
  const read = await options.credentials(sync);
  if (read.kind !== 'ok') return { kind: 'unreachable' };
  const { repository, branch, path } = sync.spec;
  const alsoPaths = sync.spec.alsoPaths ?? [];
  const where = { repository, branch, credentials: read.credentials };
  const rendered = await options.source.render(
    { ...where, commit, path, alsoPaths, deadlineMs: renderDeadlineMs },
    options.signal,
  );
  if (rendered.kind === 'ok') {
    return rendered.digest === digest ? { kind: 'ok', objects: rendered.objects } : { kind: 'different' };
  }
  return { kind: rendered.kind === 'invalid' || rendered.kind === 'not-found' ? 'different' : 'unreachable' };
}

/** Runs at most `size` jobs at once, in order. */
function slotsOf(size: number): (job: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let free = size;
  return async (job) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
