/**
 * The checks of a bake: for each Rollout that the release changed and that has a background analysis, one AnalysisRun, owned by
 * the Release. A run counts only for its Rollout, revision and attempt; nothing but measured success is success. Pure.
 */

import { selectMetrics } from '../../analysis/metric-selection.ts';
import type { MetricResult } from '../../crds/schema/analysis-run.ts';
import { apiVersionOf, isArgo, ownApiVersion } from '../../crds/schema/dialect.ts';
import type { FailedRollout, Release, ReleaseRollout } from '../../crds/schema/release.ts';
import type { RolloutAnalysis } from '../../crds/schema/rollout-analysis.ts';
import type { JsonObject, KubeObject, Ref } from '../../kube/api.ts';
import { analysisSpec } from '../rollout/analysis-spec.ts';
import type { AnalysisRunDraft } from '../rollout/effects.ts';
import type { AnalysisRunView } from '../rollout/observed.ts';
import { instanceLabel } from '../rollout/replica-sets.ts';
import { annotationOf, keyOf, type Manifest } from './objects.ts';
import type { Observed } from './observed.ts';
import { findRelease } from './releases.ts';
import { asRollout, findRollout, rolloutState, rolloutsOfRelease } from './rollout-state.ts';

/** Value of the label `rollout-type`. */
export const bakeType = 'Bake';

const finalPhases: ReadonlySet<string> = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);

export interface BakeCheck {
  readonly wanted: ReleaseRollout;
  readonly live: Manifest;
  readonly analysis: RolloutAnalysis;
  readonly podHash: string;
  readonly stableHash: string | undefined;
  /** `<rollout>-<hash>-<revision>-bake`; tries after the first end in `.1`, `.2` ... */
  readonly baseName: string;
  /** Oldest first. */
  readonly runs: readonly AnalysisRunView[];
}

/** Rollouts whose template the last good release does not have; with none, there is nothing new to watch. */
export function freshRollouts(observed: Observed, release: Release): readonly ReleaseRollout[] {
  const good = findRelease(observed, observed.sync.status?.lastGood?.release);
  if (good === undefined) return [];
  const idOf = (one: ReleaseRollout): string => `${one.namespace}/${one.name}/${one.templateHash}`;
  const known = new Set(rolloutsOfRelease(good).map(idOf));
  return rolloutsOfRelease(release).filter((one) => !known.has(idOf(one)));
}

/** Only Rollouts that still have the release's template: a hand edit is not the release's failure. */
export function bakeChecks(observed: Observed, release: Release): readonly BakeCheck[] {
  const good = findRelease(observed, observed.sync.status?.lastGood?.release);
  return freshRollouts(observed, release).flatMap((wanted) => {
    const live = findRollout(observed.rollouts, wanted);
    const state = rolloutState(wanted, live).kind;
    if (live === undefined || (state !== 'promoted' && state !== 'progressing')) return [];
    const { spec, status } = asRollout(live);
    const analysis = spec.strategy?.canary?.analysis;
    const podHash = status?.currentPodHash;
    if (analysis === undefined || (analysis.templates ?? []).length === 0 || podHash === undefined) return [];
    const before = good?.spec.rollouts?.find((one) => one.name === wanted.name && one.namespace === wanted.namespace);
    const baseName = `${wanted.name}-${podHash}-${annotationOf(live, observed.keys.revision) ?? '0'}-bake`;
    const runs = runsOf(observed, release, live, baseName);
    return [{ wanted, live, analysis, podHash, stableHash: before?.templateHash, baseName, runs }];
  });
}

function attemptOf(live: Manifest): string {
  return String(asRollout(live).status?.attempt ?? 1);
}

function runsOf(observed: Observed, release: Release, live: Manifest, baseName: string): readonly AnalysisRunView[] {
  return observed.bakeRuns
    .filter(
      ({ metadata }) =>
        metadata.ownerReferences?.some((one) => one.uid === release.metadata.uid) &&
        metadata.annotations?.[observed.keys.attempt] === attemptOf(live) &&
        tryOf(metadata.name, baseName) !== undefined,
    )
    .toSorted((a, b) => (tryOf(a.metadata.name, baseName) ?? 0) - (tryOf(b.metadata.name, baseName) ?? 0));
}

function tryOf(name: string, baseName: string): number | undefined {
  if (name === baseName) return 0;
  if (!name.startsWith(`${baseName}.`)) return undefined;
  const number = Number(name.slice(baseName.length + 1));
  return Number.isInteger(number) ? number : undefined;
}

/** The next run of a check. Undefined when one of its templates does not exist. */
export function bakeDraft(observed: Observed, release: Release, check: BakeCheck): AnalysisRunDraft | undefined {
  const { keys, dialect, findTemplate } = observed;
  const { live, podHash: currentHash, stableHash, baseName } = check;
  const rollout = asRollout(live);
  const spec = analysisSpec({ rollout, findTemplate, currentHash, stableHash }, check.analysis);
  if (spec === undefined) return undefined;
  const taken = observed.bakeRuns.flatMap(({ metadata }) => tryOf(metadata.name, baseName) ?? []);
  const name = taken.length === 0 ? baseName : `${baseName}.${Math.max(...taken) + 1}`;
  const { name: owner, uid = '' } = release.metadata;
  const object: JsonObject = {
    apiVersion: apiVersionOf(dialect),
    kind: 'AnalysisRun',
    metadata: {
      name,
      namespace: check.wanted.namespace,
      labels: {
        ...rollout.spec.selector?.matchLabels,
        [keys.podTemplateHash]: currentHash,
        [keys.rolloutType]: bakeType,
        ...instanceLabel(rollout, keys),
      },
      annotations: {
        [keys.revision]: annotationOf(live, keys.revision) ?? '0',
        [keys.attempt]: attemptOf(live),
      },
      ownerReferences: [{ apiVersion: ownApiVersion, kind: 'Release', name: owner, uid, controller: true }],
    },
    spec,
  };
  return { name, object };
}

export type CheckState =
  | { readonly kind: 'absent' | 'proven' | 'failed' }
  /** `why` is a clause; `finished`: nothing more comes of this run. */
  | { readonly kind: 'unproven'; readonly finished: boolean; readonly why: string };

/** What the newest run of a check says. An error is a failure only in argoproj.io; elsewhere it is no evidence. */
export function checkState(observed: Observed, run: AnalysisRunView | undefined): CheckState {
  if (run === undefined) return { kind: 'absent' };
  const phase = run.status?.phase;
  if (phase === 'Failed' || (phase === 'Error' && isArgo(observed.dialect))) return { kind: 'failed' };
  if (phase === 'Successful' && run.spec.terminate !== true) return { kind: 'proven' };
  const finished = isFinished(run);
  if (phase === 'Error' || phase === 'Inconclusive') {
    return { kind: 'unproven', finished, why: run.status?.message ?? `it ended as ${phase}` };
  }
  const open = openMetric(run);
  return open === undefined ? { kind: 'proven' } : { kind: 'unproven', finished, why: open };
}

export function isFinished(run: AnalysisRunView): boolean {
  return finalPhases.has(run.status?.phase ?? '');
}

/** The first metric that decides and whose newest answer is not a success, in words. */
function openMetric(run: AnalysisRunView): string | undefined {
  const names = run.spec.metrics.map((one) => one.name);
  const { dryRun } = selectMetrics(names, run.spec.dryRun ?? [], []);
  for (const name of names.filter((one) => !dryRun.has(one))) {
    const result = run.status?.metricResults?.find((one) => one.name === name);
    const why = missingProof(result);
    if (why !== undefined) return `metric "${name}" ${why}`;
  }
  return undefined;
}

function missingProof(result: MetricResult | undefined): string | undefined {
  if (result === undefined) return 'was not measured yet';
  const { lastReading } = result;
  if (lastReading !== undefined && lastReading.kind !== 'value' && lastReading.kind !== 'running')
    return `has no evidence${lastReading.why === undefined ? '' : `: ${lastReading.why}`}`;
  const newest = result.measurements?.findLast((one) => one.phase !== 'Pending' && one.phase !== 'Running');
  if (newest?.phase === 'Successful') return undefined;
  return newest === undefined
    ? 'was not measured yet'
    : `was ${newest.value ?? 'without a value'} in its last measurement`;
}

/** The checks that failed, as the release records them. */
export function failedChecks(observed: Observed, release: Release): readonly FailedRollout[] {
  if (release.status?.phase !== 'Candidate' || release.status.bakeUntil === undefined) return [];
  return bakeChecks(observed, release).flatMap(({ wanted, runs }) => {
    const run = runs.findLast((one) => checkState(observed, one).kind === 'failed');
    if (run === undefined) return [];
    const { name: rollout, namespace, templateHash } = wanted;
    return [{ rollout, namespace, templateHash, cause: 'AnalysisFailed' as const, message: failureText(run) }];
  });
}

function failureText(run: AnalysisRunView): string {
  const result = run.status?.metricResults?.find((one) => one.phase === run.status?.phase);
  const metric = run.spec.metrics.find((one) => one.name === result?.name);
  const value = result?.measurements?.findLast((one) => one.phase === result.phase)?.value;
  const limit = metric?.failureCondition ?? metric?.successCondition;
  const measured = value === undefined ? '' : ` (last value ${value}${limit === undefined ? '' : `, rule ${limit}`})`;
  const why = run.status?.message ?? result?.message;
  return `AnalysisRun ${run.metadata.name} failed in the bake${why ? `: ${why}` : ''}${measured}`;
}

/** Runs of this GitSync's Releases that nothing waits for any more: their release is good, bad or superseded. */
export function leftoverRuns(observed: Observed): readonly Ref[] {
  const baking = new Set(
    observed.releases
      .filter((one) => one.status?.phase === 'Candidate' && one.status.bakeUntil !== undefined)
      .map((one) => one.metadata.uid),
  );
  const own = new Set(observed.releases.map((one) => one.metadata.uid));
  return observed.bakeRuns.flatMap((run) => {
    const owner = run.metadata.ownerReferences?.find((one) => one.kind === 'Release')?.uid;
    if (owner === undefined || !own.has(owner) || baking.has(owner)) return [];
    return isFinished(run) || run.spec.terminate === true ? [] : [refOf(run)];
  });
}

function refOf(run: AnalysisRunView): Ref {
  const { uid = '', resourceVersion = '' } = run.metadata;
  return { ...keyOf(run as KubeObject), uid, resourceVersion };
}
