/** The pod template: metadata by name, spec as it is. A typo inside the spec is found by a dry-run create of the ReplicaSet. */

import type { z } from 'zod';
import { anyObject, object, textMap } from './fields.ts';

export const PodTemplateMetadata = object(
  'Labels and annotations of the pods.',
  {},
  {
    labels: textMap('Labels of the pods; they must match the selector.', 256),
    annotations: textMap('Annotations of the pods.'),
  },
);
export type PodTemplateMetadata = z.infer<typeof PodTemplateMetadata>;

export const PodTemplateSpec = object(
  'Template of the pods, as in a Deployment.',
  {},
  {
    metadata: PodTemplateMetadata,
    spec: anyObject('Pod spec as in core/v1; checked by a dry run before anything moves.'),
  },
);
export type PodTemplateSpec = z.infer<typeof PodTemplateSpec>;
