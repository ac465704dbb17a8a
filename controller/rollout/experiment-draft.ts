/** The Experiment that a step starts: bound to revision, step and attempt, its pods those of the canary and of stable. Pure. */

import type { StepExperiment } from '../../crds/schema/canary-steps.ts';
import { apiVersionOf } from '../../crds/schema/dialect.ts';
import type { RolloutArgument } from '../../crds/schema/rollout-analysis.ts';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { KubeObject } from '../../kube/api.ts';
import { attemptOf } from './attempt.ts';
import { fieldText } from './analysis-spec.ts';
import type { ExperimentPlace } from './experiments.ts';
import { currentRevision, ownerReference } from './replica-sets.ts';
import type { Scene } from './scene.ts';

type StepTemplate = NonNullable<StepExperiment['templates']>[number];

/** Everything but the pod templates, which are read off the two ReplicaSets when it is created. */
export interface ExperimentDraft {
  readonly name: string;
  readonly object: KubeObject & JsonObject;
  readonly templates: readonly StepTemplate[];
  /** Names of the ReplicaSets behind `specRef`. */
  readonly sets: Readonly<Record<'canary' | 'stable', string>>;
}

/** `<rollout>-<hash>-<revision>-<step index>`; the first free of `-1`, `-2` ... when it is taken. */
export function experimentName(scene: Scene, step: number): string {
  const { rollout, experiments = [], isExperimentNameTaken } = scene.observed;
  const revision = currentRevision(scene.observed, scene.currentHash);
  const base = `${rollout.metadata.name}-${scene.currentHash}-${revision}-${step}`;
  const isTaken = (name: string) =>
    experiments.some((one) => one.metadata.name === name) || isExperimentNameTaken?.(name) === true;
  let name = base;
  for (let number = 1; isTaken(name); number += 1) name = `${base}-${number}`;
  return name;
}

/** Undefined while one of the two ReplicaSets does not exist. */
export function experimentDraft(
  scene: Scene,
  { step, experiment }: ExperimentPlace,
  name: string,
): ExperimentDraft | undefined {
  const { current, stable } = scene;
  const { rollout, keys, dialect } = scene.observed;
  if (current === undefined || stable === undefined) return undefined;
  const { progressDeadlineSeconds } = rollout.spec;
  const { duration, analyses, dryRun, analysisRunMetadata, scaleDownDelaySeconds } = experiment;
  const given = { duration, progressDeadlineSeconds, dryRun, analysisRunMetadata, scaleDownDelaySeconds };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const object = {
    apiVersion: apiVersionOf(dialect),
    kind: 'Experiment',
    metadata: {
      name,
      namespace: rollout.metadata.namespace,
      labels: {
        ...rollout.metadata.labels,
        [keys.podTemplateHash]: scene.currentHash,
        [keys.stepIndex]: String(step),
      },
      annotations: {
        [keys.revision]: String(currentRevision(scene.observed, scene.currentHash)),
        [keys.attempt]: String(attemptOf(scene.status)),
      },
      ownerReferences: [ownerReference(rollout)],
    },
    spec: { ...set, ...(analyses === undefined ? {} : { analyses: analyses.map((one) => analysisOf(scene, one)) }) },
  };
  const sets = { canary: current.metadata.name, stable: stable.metadata.name };
  return { name, object: object as unknown as KubeObject & JsonObject, templates: experiment.templates ?? [], sets };
}

function analysisOf(scene: Scene, { args = [], ...rest }: NonNullable<StepExperiment['analyses']>[number]): object {
  return args.length === 0 ? rest : { ...rest, args: args.map((arg) => resolved(scene, arg)) };
}

function resolved(scene: Scene, { name, value, valueFrom }: RolloutArgument): object {
  if (value !== undefined) return { name, value };
  const { stableHash = '', currentHash } = scene;
  const hash = valueFrom?.podTemplateHashValue;
  if (hash !== undefined) return { name, value: hash === 'Stable' ? stableHash : currentHash };
  const path = valueFrom?.fieldRef?.fieldPath;
  return path === undefined ? { name } : { name, value: fieldText(scene.observed.rollout, path) };
}

/** The Experiment whole. `setOf` gives the ReplicaSets of the draft as the API server has them. */
export function withTemplates(draft: ExperimentDraft, setOf: (name: string) => JsonObject): KubeObject & JsonObject {
  const spec = draft.object['spec'] as JsonObject;
  const templates = draft.templates.map((one) => templateOf(one, setOf(draft.sets[one.specRef ?? 'stable'])));
  const whole = { ...draft.object, spec: { ...spec, templates: templates as unknown as Json } };
  return whole as unknown as KubeObject & JsonObject;
}

const asObject = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

function templateOf(step: StepTemplate, set: JsonObject): object {
  const { spec } = set;
  const { template, selector, minReadySeconds } = asObject(spec);
  const meta = asObject(asObject(template)['metadata']);
  const added = step.metadata?.labels ?? {};
  const wanted = asObject((step.selector as unknown as Json) ?? selector);
  const needsService = step.service !== undefined || (step.weight ?? 0) > 0;
  return {
    name: step.name,
    ...(step.replicas === undefined ? {} : { replicas: step.replicas }),
    ...(typeof minReadySeconds === 'number' ? { minReadySeconds } : {}),
    ...(needsService ? { service: step.service ?? {} } : {}),
    selector: { ...wanted, matchLabels: { ...asObject(wanted['matchLabels']), ...added } },
    template: {
      ...asObject(template),
      metadata: {
        ...meta,
        labels: { ...asObject(meta['labels']), ...added },
        annotations: { ...asObject(meta['annotations']), ...step.metadata?.annotations },
      },
    },
  };
}
