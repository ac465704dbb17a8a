/** Pods as requests meet them: ready, not on their way out, and behind which Service. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { at, listAt } from '../in-process/cluster-state.ts';
import { hashLabel } from '../in-process/metrics-answers.ts';
import type { RunWorld } from '../in-process/world.ts';

type Labels = Readonly<Record<string, string>>;

/** Ready pods of a revision. */
export function readyPods(world: RunWorld, hash: string): readonly JsonObject[] {
  return world.state.list('Pod').filter((pod) => (labelsOf(pod) ?? {})[hashLabel] === hash && isReady(pod));
}

/** True when the Service sends requests to the pod. */
export function selects(service: JsonObject | undefined, pod: JsonObject): boolean {
  const selector = at(service, 'spec.selector') as Labels | undefined;
  const labels = labelsOf(pod) ?? {};
  return (
    selector !== undefined && isReady(pod) && Object.entries(selector).every(([key, value]) => labels[key] === value)
  );
}

function labelsOf(pod: JsonObject): Labels | undefined {
  return at(pod, 'metadata.labels') as Labels | undefined;
}

function isReady(pod: JsonObject): boolean {
  const isLeaving = at(pod, 'metadata.deletionTimestamp') !== undefined;
  return (
    !isLeaving && listAt(pod, 'status.conditions').some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}
