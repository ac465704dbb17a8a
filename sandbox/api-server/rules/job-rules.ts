/** Rules of Jobs: labels and a selector by the Job's uid, so that no other Job takes its pods. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { nameOf, objectAt, stringAt, textOf, withMetadata, withValueAt } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

export const jobRules: KindRules = {
  ...plainRules,
  generation: 'spec',
  defaultPropagation: 'Orphan',
  selectable: { 'status.successful': (job) => textOf(objectAt(job, 'status').succeeded) || '0' },
  unsupportedField: (field) => `field label "${field}" not supported for Job`,
  create: newJob,
};

function newJob(job: JsonObject): JsonObject {
  const spec = objectAt(job, 'spec');
  if (spec.manualSelector === true) return job;
  const uid = stringAt(job, 'metadata', 'uid');
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': nameOf(job),
    'controller-uid': uid,
    'job-name': nameOf(job),
  };
  const template = objectAt(spec, 'template');
  const templateLabels = { ...objectAt(template, 'metadata', 'labels'), ...labels };
  const own =
    Object.keys(objectAt(job, 'metadata', 'labels')).length > 0 ? objectAt(job, 'metadata', 'labels') : undefined;
  return {
    ...withMetadata(job, { labels: own ?? templateLabels }),
    spec: {
      ...spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: withValueAt(template, ['metadata', 'labels'], templateLabels),
    },
  };
}
