/** Reads an Experiment out of the cache: what can't be read is a problem in words, never a throw. Pure. */

import { Experiment, ExperimentStatus } from '../../crds/schema/experiment.ts';
import { objectText } from '../../crds/schema/problem.ts';
import { validateExperiment } from '../../crds/schema/validate-experiment.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import type { ExperimentObject } from './observed.ts';

export interface ParsedExperiment {
  readonly experiment: ExperimentObject;
  readonly problems: readonly string[];
}

const Spec = Experiment.shape.spec;

/** An unreadable spec becomes one without templates; a status that can't be read is one that was never written. */
export function parseExperiment(object: KubeObject & JsonObject): ParsedExperiment {
  const { apiVersion, metadata } = object;
  const status = ExperimentStatus.safeParse(object['status'] ?? {});
  const spec = Spec.safeParse(object['spec'] ?? {});
  const head = { apiVersion, kind: 'Experiment' as const, metadata };
  const known = status.success ? { status: status.data } : {};
  if (!spec.success) {
    const [issue] = spec.error.issues;
    const message = `${objectText(object)}: spec.${issue?.path.join('.') ?? ''} can not be read: ${issue?.message ?? 'it has another form'}.`;
    return { experiment: { ...head, spec: { templates: [] }, ...known } as ExperimentObject, problems: [message] };
  }
  const experiment = { ...head, spec: spec.data, ...known } as ExperimentObject;
  return { experiment, problems: validateExperiment(experiment).map(({ message }) => message) };
}
