/** The AnalysisRun that a Rollout starts: metrics of all templates, arguments resolved, bound to revision, step and attempt. */

import { apiVersionOf } from '../../crds/schema/dialect.ts';
import type { RolloutAnalysis } from '../../crds/schema/rollout-analysis.ts';
import type { JsonObject } from '../../kube/api.ts';
import { analysisSpec } from './analysis-spec.ts';
import type { AnalysisRunDraft } from './effects.ts';
import { currentRevision, ownerReference } from './replica-sets.ts';
import type { Scene } from './scene.ts';

/** Which run: of a step by its index, or the one beside the steps. */
export interface RunPlace {
  readonly type: 'Step' | 'Background';
  readonly step?: number;
  readonly analysis: RolloutAnalysis;
}

/** `<rollout>-<hash>-<revision>` and for steps `-<index>`; the first free of `.1`, `.2` ... when it is taken. */
export function runName(scene: Scene, place: RunPlace): string {
  const { rollout, analysisRuns } = scene.observed;
  const revision = currentRevision(scene.observed, scene.currentHash);
  const base = `${rollout.metadata.name}-${scene.currentHash}-${revision}${place.step === undefined ? '' : `-${place.step}`}`;
  const taken = new Set(analysisRuns.map((run) => run.metadata.name));
  if (!taken.has(base)) return base;
  let number = 1;
  while (taken.has(`${base}.${number}`)) number += 1;
  return `${base}.${number}`;
}

/** Undefined when a template is missing; the spec is refused before that can matter. */
export function analysisRunDraft(scene: Scene, place: RunPlace): AnalysisRunDraft | undefined {
  const { rollout, keys, dialect, findTemplate } = scene.observed;
  const { currentHash, stableHash } = scene;
  const spec = analysisSpec({ rollout, findTemplate, currentHash, stableHash }, place.analysis);
  if (spec === undefined) return undefined;
  const name = runName(scene, place);
  const object = {
    apiVersion: apiVersionOf(dialect),
    kind: 'AnalysisRun',
    metadata: {
      name,
      namespace: rollout.metadata.namespace ?? '',
      labels: {
        ...rollout.spec.selector?.matchLabels,
        [keys.podTemplateHash]: scene.currentHash,
        [keys.rolloutType]: place.type,
        ...(place.step === undefined ? {} : { [keys.stepIndex]: String(place.step) }),
      },
      annotations: {
        [keys.revision]: String(currentRevision(scene.observed, scene.currentHash)),
        [keys.attempt]: String(scene.status.attempt ?? 1),
      },
      ownerReferences: [ownerReference(rollout)],
    },
    spec,
  };
  return { name, object: object as JsonObject };
}
