/** The objects that an Experiment makes, whole: ReplicaSets and Services of templates, and AnalysisRuns. Pure. */

import { z } from 'zod';
import { apiVersionOf } from '../../crds/schema/dialect.ts';
import type { ExperimentAnalysis, ExperimentTemplate } from '../../crds/schema/experiment.ts';
import type { Json, JsonObject, KubeObject } from '../../kube/api.ts';
import { controllerOf } from '../../kube/ref.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { ServicePort } from '../rollout/observed.ts';
import { podTemplateHash } from '../rollout/pod-hash.ts';
import { analysisSpecOf } from './analysis-spec.ts';
import type { ExperimentObject, Observed, TemplateView } from './observed.ts';
import { replicasOf, serviceName, setName } from './settings.ts';

type Draft = KubeObject & JsonObject;

const asDraft = (object: object): Draft => object as Draft;

/** The pod template without the hash label that a template copied from another ReplicaSet carries. */
function bareTemplate({ template }: ExperimentTemplate, keys: Keys): JsonObject {
  const { [keys.podTemplateHash]: _foreign, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } } as unknown as JsonObject;
}

/**
 * The hash of a template's pods. The names of Experiment and template take part in it, so that two templates with equal pods,
 * or pods equal to those of a Rollout's revision, are never behind each other's Services.
 */
export function hashOf(
  experiment: ExperimentObject,
  template: ExperimentTemplate,
  keys: Keys,
  collisions?: number,
): string {
  const bare = bareTemplate(template, keys);
  const meta = bare['metadata'] as JsonObject;
  const names = { [keys.experimentName]: experiment.metadata.name, [keys.experimentTemplateName]: template.name };
  const annotations = { ...(meta['annotations'] as JsonObject | undefined), ...names };
  return podTemplateHash({ ...bare, metadata: { ...meta, annotations } }, collisions);
}

/** Namespace, owner, the names by which it is found again, and the instance that serves the Experiment. */
function metadataOf(observed: Observed, name: string, template: string | undefined, labels: JsonObject): JsonObject {
  const { experiment, keys } = observed;
  const instance = experiment.metadata.labels?.[keys.instanceId];
  return {
    name,
    namespace: experiment.metadata.namespace ?? '',
    labels: { ...labels, ...(instance === undefined ? {} : { [keys.instanceId]: instance }) },
    annotations: {
      [keys.experimentName]: experiment.metadata.name,
      ...(template === undefined ? {} : { [keys.experimentTemplateName]: template }),
    },
    ownerReferences: [{ ...controllerOf(experiment) }],
  };
}

export function replicaSetDraft(observed: Observed, view: TemplateView): Draft {
  const { experiment, keys } = observed;
  const { spec, podHash } = view;
  const hash = { [keys.podTemplateHash]: podHash };
  const bare = bareTemplate(spec, keys);
  const meta = bare['metadata'] as JsonObject;
  const labels = { ...(meta['labels'] as JsonObject), ...hash };
  return asDraft({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: metadataOf(observed, setName(experiment, spec), spec.name, hash),
    spec: {
      replicas: replicasOf(spec),
      ...(spec.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, ...hash } },
      template: { ...bare, metadata: { ...meta, labels } },
    },
  });
}

const Port = z.looseObject({ containerPort: z.number(), name: z.string().optional(), protocol: z.string().optional() });
const Containers = z.looseObject({
  containers: z.array(z.looseObject({ ports: z.array(Port).optional() })).optional(),
});

/** Ports that the containers declare, then those that routes know the owner's Service by; each number once, all named if several. */
export function portsOf(template: ExperimentTemplate, routed: readonly ServicePort[]): readonly ServicePort[] {
  const pod = Containers.safeParse(template.template.spec ?? {});
  const declared = (pod.success ? (pod.data.containers ?? []) : []).flatMap(({ ports = [] }) =>
    ports.map(
      ({ containerPort, name, protocol }): ServicePort => ({
        port: containerPort,
        targetPort: containerPort,
        ...(name === undefined ? {} : { name }),
        ...(protocol === undefined ? {} : { protocol }),
      }),
    ),
  );
  const all = [...routed, ...declared];
  const idOf = ({ port, protocol = 'TCP' }: ServicePort): string => `${port}/${protocol}`;
  const each = all.filter((one, index) => all.findIndex((other) => idOf(other) === idOf(one)) === index);
  if (each.length < 2) return each;
  const isFree = (name: string | undefined, index: number): boolean =>
    name !== undefined && each.findIndex((other) => other.name === name) === index;
  return each.map((one, index) => (isFree(one.name, index) ? one : { ...one, name: `port-${one.port}` }));
}

/** Undefined when no Service is asked for, or there is no port that it could have. */
export function serviceDraft(observed: Observed, view: TemplateView): Draft | undefined {
  const { experiment, keys, routedPorts } = observed;
  const name = serviceName(experiment, view.spec);
  const ports = portsOf(view.spec, routedPorts);
  if (name === undefined || ports.length === 0) return undefined;
  const hash = { [keys.podTemplateHash]: view.podHash };
  return asDraft({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(observed, name, view.spec.name, hash),
    spec: { selector: hash, ports: ports as unknown as Json },
  });
}

/** Its spec, or why it can't be: a template is missing, or an argument names what does not exist. */
export function analysisRunDraft(
  observed: Observed,
  analysis: ExperimentAnalysis,
  name: string,
): { readonly draft: Draft } | { readonly problem: string } {
  const { experiment, dialect } = observed;
  const spec = analysisSpecOf(observed, analysis);
  if ('problem' in spec) return spec;
  const { labels = {}, annotations = {} } = experiment.spec.analysisRunMetadata ?? {};
  const metadata = metadataOf(observed, name, undefined, {});
  const draft = asDraft({
    apiVersion: apiVersionOf(dialect),
    kind: 'AnalysisRun',
    metadata: {
      ...metadata,
      labels: { ...labels, ...(metadata['labels'] as JsonObject) },
      annotations: { ...annotations },
    },
    spec: spec.spec,
  });
  return { draft };
}
