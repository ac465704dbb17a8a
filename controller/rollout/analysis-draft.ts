/** The AnalysisRun that a Rollout starts: metrics of all templates, arguments resolved, bound to revision, step and attempt. */

import { apiVersionOf } from '../../crds/schema/dialect.ts';
import type { RolloutAnalysis } from '../../crds/schema/rollout-analysis.ts';
import type { JsonObject } from '../../kube/api.ts';
import { attemptOf } from './attempt.ts';
import { analysisSpec } from './analysis-spec.ts';
import type { AnalysisRunDraft } from './effects.ts';
import { currentRevision, ownerReference } from './replica-sets.ts';
import type { Scene } from './scene.ts';

/** Which run: of a step by its index, or the one beside the steps. */
export interface RunPlace {
  readonly type: 'Step' | 'Background' | 'PrePromotion' | 'PostPromotion';
  readonly step?: number;
  readonly analysis: RolloutAnalysis;
}

/** `<rollout>-<hash>-<revision>`, for steps `-<index>`, around a promotion `-pre` or `-post`; the first free of `.1`, `.2` ... when it is taken. */
export function runName(scene: Scene, place: RunPlace): string {
  const { rollout, analysisRuns, isRunNameTaken } = scene.observed;
  const revision = currentRevision(scene.observed, scene.currentHash);
  const base = `${rollout.metadata.name}-${scene.currentHash}-${revision}${placeSuffix(place)}`;
  const own = new Set(analysisRuns.map((run) => run.metadata.name));
  const isTaken = (name: string) => own.has(name) || isRunNameTaken?.(name) === true;
  if (!isTaken(base)) return base;
  let number = 1;
  while (isTaken(`${base}.${number}`)) number += 1;
  return `${base}.${number}`;
}

function placeSuffix({ type, step }: RunPlace): string {
  switch (type) {
    case 'PrePromotion':
      return '-pre';
    case 'PostPromotion':
      return '-post';
    case 'Step':
    case 'Background':
      return step === undefined ? '' : `-${step}`;
  }
}

/** Undefined when a template is missing; the spec is refused before that can matter. */
export function analysisRunDraft(scene: Scene, place: RunPlace): AnalysisRunDraft | undefined {
  const { rollout, dialect, findTemplate } = scene.observed;
  const { currentHash, stableHash } = scene;
  const spec = analysisSpec({ rollout, findTemplate, currentHash, stableHash }, place.analysis);
  if (spec === undefined) return undefined;
  const name = runName(scene, place);
  const { labels, annotations } = metadataOf(scene, place);
  const object = {
    apiVersion: apiVersionOf(dialect),
    kind: 'AnalysisRun',
    metadata: {
      name,
      namespace: rollout.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [ownerReference(rollout)],
    },
    spec,
  };
  return { name, object: object as JsonObject };
}

type Texts = Readonly<Record<string, string>>;

/** What the Rollout asks for, below what tells which run this is: nobody may pass one run off as another. */
function metadataOf(scene: Scene, place: RunPlace): { readonly labels: Texts; readonly annotations: Texts } {
  const { rollout, keys } = scene.observed;
  const given = place.analysis.analysisRunMetadata ?? {};
  const instanceId = rollout.metadata.labels?.[keys.instanceId];
  return {
    labels: {
      ...given.labels,
      ...rollout.spec.selector?.matchLabels,
      ...(instanceId === undefined ? {} : { [keys.instanceId]: instanceId }),
      [keys.podTemplateHash]: scene.currentHash,
      [keys.rolloutType]: place.type,
      ...(place.step === undefined ? {} : { [keys.stepIndex]: String(place.step) }),
    },
    annotations: {
      ...given.annotations,
      [keys.revision]: String(currentRevision(scene.observed, scene.currentHash)),
      [keys.attempt]: String(attemptOf(scene.status)),
    },
  };
}
