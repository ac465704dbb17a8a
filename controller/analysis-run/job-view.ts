/** What the analysis-run room keeps of a Job in its cache: whose measurement it is, and whether it has ended. */

import type { Keys } from '../../crds/schema/keys.ts';
import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';

export interface JobView extends KubeObject {
  /** uid of the AnalysisRun. */
  readonly runUid: string;
  /** Name of the AnalysisRun; '' when nothing tells. */
  readonly runName: string;
  readonly metric: string;
  readonly isOver: boolean;
}

export function jobView(raw: KubeObject & JsonObject, keys: Keys): JobView {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, labels, annotations, ownerReferences } =
    raw.metadata;
  return {
    apiVersion: raw.apiVersion,
    kind: raw.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    runUid: labels?.[keys.analysisRunUid] ?? '',
    runName: ownerReferences?.find((owner) => owner.kind === 'AnalysisRun')?.name ?? '',
    metric: annotations?.[keys.analysisRunMetricName] ?? '',
    isOver: jobEnd(raw) !== undefined,
  };
}

export interface JobEnd {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/**
 * How a Job ended; undefined before. `FailureTarget` and `SuccessCriteriaMet` come earlier, while its pods still stop, and
 * don't count.
 */
export function jobEnd(job: JsonObject): JobEnd | undefined {
  const status = isJsonObject(job['status']) ? job['status'] : {};
  const conditions: readonly Json[] = Array.isArray(status['conditions']) ? status['conditions'] : [];
  for (const one of conditions) {
    if (!isJsonObject(one) || one['status'] !== 'True') continue;
    const { type } = one;
    if (type !== 'Complete' && type !== 'Failed') continue;
    return { type, reason: textAt(one, 'reason'), message: textAt(one, 'message') };
  }
  return undefined;
}

function textAt(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}
