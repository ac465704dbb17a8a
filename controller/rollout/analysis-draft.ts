/** The AnalysisRun that a Rollout starts: metrics of all templates, arguments resolved, bound to revision, step and attempt. */

import type { Argument } from '../../crds/schema/analysis-template.ts';
import { apiVersionOf } from '../../crds/schema/dialect.ts';
import { type AnyTemplate, mergeTemplates } from '../../crds/schema/merge-templates.ts';
import type { RolloutAnalysis, RolloutArgument } from '../../crds/schema/rollout-analysis.ts';
import type { Json, JsonObject } from '../../kube/api.ts';
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
  const references = place.analysis.templates ?? [];
  const templates = references.flatMap((reference): AnyTemplate[] => {
    const found = findTemplate(reference);
    return found === undefined ? [] : [found];
  });
  if (templates.length < references.length || templates.length === 0) return undefined;
  const merged = mergeTemplates(templates);
  const name = runName(scene, place);
  const dryRun = [...merged.dryRun, ...(place.analysis.dryRun ?? [])];
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
    spec: {
      metrics: merged.metrics as unknown as Json,
      args: merged.args.map((arg) => resolve(scene, arg, place.analysis.args ?? [])) as unknown as Json,
      ...(dryRun.length > 0 ? { dryRun: dryRun as unknown as Json } : {}),
    },
  };
  return { name, object: object as JsonObject };
}

/** The Rollout's value wins over the template's default; references to Secrets stay references. */
function resolve(scene: Scene, declared: Argument, given: readonly RolloutArgument[]): Argument {
  const { name } = declared;
  const own = given.find((arg) => arg.name === name);
  if (own?.value !== undefined) return { name, value: own.value };
  const hash = own?.valueFrom?.podTemplateHashValue;
  if (hash !== undefined) return { name, value: (hash === 'Stable' ? scene.stableHash : scene.currentHash) ?? '' };
  const path = own?.valueFrom?.fieldRef?.fieldPath ?? declared.valueFrom?.fieldRef?.fieldPath;
  return path === undefined ? declared : { name, value: fieldText(scene.observed.rollout, path) };
}

/** Value at a downward-API path such as `metadata.labels['region']`; '' when there is none. Dots inside brackets belong to the key. */
export function fieldText(object: object, path: string): string {
  const parts = [...path.matchAll(/\[['"]?([^'"\]]+)['"]?\]|([^.[\]]+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const value = parts.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined),
    object,
  );
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
