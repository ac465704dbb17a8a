/** `history`: the releases of a Rollout from its RolloutRuns, and the ledger of its GitSync from its Releases. Pure. */

import type { Release } from '../../crds/schema/release.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { Instant } from '../../kube/api.ts';
import { short } from './git-sentences.ts';
import { defined } from './rollout-view.ts';
import { sortedRuns } from './scene.ts';
import { mark, type Style, table } from './style.ts';
import { ageOf, spanText } from './times.ts';

export interface RunLine {
  readonly rollout: string;
  readonly revision: number;
  readonly attempt: number;
  readonly podHash: string;
  readonly phase: string;
  readonly commit?: string;
  readonly release?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly images: readonly string[];
  readonly cause?: string;
  readonly message?: string;
  readonly actor?: string;
  readonly revert?: { readonly name: string; readonly phase: string; readonly commit?: string };
}

export interface ReleaseLine {
  readonly name: string;
  readonly gitSync: string;
  readonly commit: string;
  readonly phase: string;
  readonly message?: string;
  readonly author?: string;
  readonly subject?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

export interface History {
  readonly apiVersion: 'view.tidegate.io/v1';
  readonly kind: 'History';
  readonly namespace: string;
  readonly runs: readonly RunLine[];
  readonly releases: readonly ReleaseLine[];
  readonly notes: readonly string[];
}

export interface HistoryInput {
  readonly namespace: string;
  readonly runs: readonly RolloutRun[];
  readonly releases: readonly Release[];
  readonly notes: readonly string[];
}

export function history({ namespace, runs, releases, notes }: HistoryInput): History {
  const wholeReleases = releases.filter((release) => release.spec.partOf === undefined);
  return {
    apiVersion: 'view.tidegate.io/v1',
    kind: 'History',
    namespace,
    runs: sortedRuns(runs).toSorted(byStart).map(runLine),
    releases: wholeReleases.map(releaseLine).toSorted((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? '')),
    notes,
  };
}

/** Newest first; runs of the same moment stay in the order of their revisions. */
function byStart(a: RolloutRun, b: RolloutRun): number {
  return (b.status?.startedAt ?? '').localeCompare(a.status?.startedAt ?? '');
}

function runLine({ spec, status }: RolloutRun): RunLine {
  const { revision, attempt, podHash, commit, release, images = [] } = spec;
  const { startedAt, finishedAt, outcome, revert } = status ?? {};
  const members = {
    commit,
    release,
    startedAt,
    finishedAt,
    cause: outcome?.cause,
    message: outcome?.message,
    actor: outcome?.actor,
  };
  return {
    rollout: spec.rollout.name,
    revision,
    attempt,
    podHash,
    phase: status?.phase ?? 'Running',
    images,
    ...defined({
      ...members,
      revert: revert && { name: revert.name, phase: revert.phase, ...defined({ commit: revert.commit }) },
    }),
  };
}

function releaseLine({ metadata, spec, status }: Release): ReleaseLine {
  const { author, subject } = spec;
  const { phase = 'Candidate', message, startedAt, finishedAt } = status ?? {};
  return {
    name: metadata.name,
    gitSync: spec.gitSync.name,
    commit: spec.commit,
    phase,
    ...defined({ message, author, subject, startedAt: startedAt ?? metadata.creationTimestamp, finishedAt }),
  };
}

export function historyText(view: History, now: Instant, style: Style): string {
  const runs = [
    ['ROLLOUT', 'REVISION', 'OUTCOME', 'COMMIT', 'STARTED', 'TOOK', 'WHY', 'GIT'],
    ...view.runs.map((run) => runCells(run, now, style)),
  ];
  const releases = [
    ['RELEASE', 'OUTCOME', 'COMMIT', 'STARTED', 'AUTHOR', 'SUBJECT'],
    ...view.releases.map((release) => releaseCells(release, now, style)),
  ];
  const parts = [view.runs.length === 0 ? '' : table(runs), view.releases.length === 0 ? '' : table(releases)];
  return parts.filter(Boolean).join('\n');
}

function runCells(run: RunLine, now: Instant, style: Style): string[] {
  const attempt = run.attempt > 1 ? ` (attempt ${run.attempt})` : '';
  const by = run.actor === undefined ? '' : ` by ${run.actor}`;
  const why = [`${run.cause ?? ''}${by}`.trim(), run.message].filter(Boolean).join(': ');
  return [
    run.rollout,
    `${run.revision}${attempt}`,
    mark(run.phase, style),
    run.commit === undefined ? '-' : short(run.commit),
    run.startedAt === undefined ? '-' : `${ageOf(run.startedAt, now)} ago`,
    tookText(run, now),
    why || '-',
    run.revert === undefined ? '-' : `${run.revert.phase} ${short(run.revert.commit ?? '')}`.trim(),
  ];
}

function tookText({ startedAt, finishedAt }: RunLine, now: Instant): string {
  if (startedAt === undefined) return '-';
  const end = finishedAt === undefined ? now : Date.parse(finishedAt);
  return spanText(end - Date.parse(startedAt));
}

function releaseCells(release: ReleaseLine, now: Instant, style: Style): string[] {
  const { startedAt } = release;
  return [
    release.name,
    mark(release.phase, style),
    short(release.commit),
    startedAt === undefined ? '-' : `${ageOf(startedAt, now)} ago`,
    release.author ?? '-',
    release.subject ?? release.message ?? '-',
  ];
}
