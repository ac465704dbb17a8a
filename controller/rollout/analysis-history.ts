/** Which finished AnalysisRuns and Experiments of a Rollout are deleted: those of earlier revisions beyond spec.analysis, newest kept. */

import { runHistoryLimits } from '../../crds/schema/defaults.ts';
import type { KubeObject } from '../../kube/api.ts';
import { finalPhases } from './analysis.ts';
import type { RolloutEffect } from './effects.ts';
import { effects, type Moves, together } from './moves.ts';
import { revisionOf } from './replica-sets.ts';
import { refTo, type Scene } from './scene.ts';

/** Runs of the current revision are never touched: they may still be asked about. */
export function oldRuns(scene: Scene): readonly RolloutEffect[] {
  const { analysisRuns, experiments = [] } = scene.observed;
  return [...surplus(scene, analysisRuns), ...surplus(scene, experiments)];
}

type Finished = KubeObject & { readonly status?: { readonly phase?: string | undefined } | undefined };

function surplus(scene: Scene, all: readonly Finished[]): readonly RolloutEffect[] {
  const { keys, rollout } = scene.observed;
  const old = all
    .filter(
      (run) =>
        finalPhases.has(run.status?.phase ?? '') && run.metadata.labels?.[keys.podTemplateHash] !== scene.currentHash,
    )
    .filter((run) => run.metadata.deletionTimestamp === undefined)
    // Creation times are whole seconds, so the revision goes first.
    .toSorted(
      (one, other) =>
        revisionOf(other, keys) - revisionOf(one, keys) || createdText(other).localeCompare(createdText(one)),
    );
  const limits = runHistoryLimits(rollout);
  const good = old.filter((run) => run.status?.phase === 'Successful');
  const bad = old.filter((run) => run.status?.phase !== 'Successful');
  return [...good.slice(limits.successful), ...bad.slice(limits.unsuccessful)].map((run) => ({
    kind: 'Delete',
    target: refTo(run),
    tells: [],
  }));
}

function createdText({ metadata }: KubeObject): string {
  return metadata.creationTimestamp ?? '';
}

/** Tidying up is never worth a write while something else is still moving. */
export function withTidiedRuns(scene: Scene, moves: Moves): Moves {
  return moves.effects.length > 0 ? moves : together(moves, effects(...oldRuns(scene)));
}
