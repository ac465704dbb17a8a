/** AnalysisTemplate and ClusterAnalysisTemplate: reusable metric checks with arguments. */

import { z } from 'zod';
import { list, object, objectName, text } from './fields.ts';
import { head } from './metadata.ts';
import { Metric } from './metric.ts';
import { DryRun, FieldRef, MeasurementRetention, TemplateReference } from './rollout-analysis.ts';

const ArgumentSource = object(
  'Takes the value from elsewhere; set exactly one.',
  {},
  {
    secretKeyRef: object(
      'A key of a Secret in the namespace of the AnalysisRun.',
      { name: objectName('Name of the Secret.'), key: text('Key in the Secret.', { maxLength: 253 }) },
      {},
    ),
    fieldRef: FieldRef,
  },
);

export const Argument = object(
  'An argument, used as {{args.name}}.',
  { name: text('Name of the argument.', { minLength: 1, maxLength: 253 }) },
  { value: text('Default value; without one the user must give a value.'), valueFrom: ArgumentSource },
);
export type Argument = z.infer<typeof Argument>;

/** Fields that templates and runs share. */
export const checkFields = {
  metrics: list(Metric, 'What is measured.', { maxItems: 128, mapKeys: ['name'] }),
  args: list(Argument, 'Arguments of the metrics.', { maxItems: 256, mapKeys: ['name'] }),
  dryRun: list(DryRun, 'Metrics that are only watched.', { maxItems: 128, atomic: true }),
  measurementRetention: list(MeasurementRetention, 'How many measurements are kept per metric.', {
    maxItems: 128,
    atomic: true,
  }),
};

export const AnalysisTemplateSpec = object(
  'The checks.',
  {},
  {
    ...checkFields,
    templates: list(TemplateReference, 'Further templates whose metrics are added.', { maxItems: 64, atomic: true }),
  },
);
export type AnalysisTemplateSpec = z.infer<typeof AnalysisTemplateSpec>;

export const AnalysisTemplate = z
  .object({ ...head('AnalysisTemplate'), spec: AnalysisTemplateSpec })
  .describe('Reusable metric checks of a namespace.');
export type AnalysisTemplate = z.infer<typeof AnalysisTemplate>;

export const ClusterAnalysisTemplate = z
  .object({ ...head('ClusterAnalysisTemplate'), spec: AnalysisTemplateSpec })
  .describe('Reusable metric checks for all namespaces.');
export type ClusterAnalysisTemplate = z.infer<typeof ClusterAnalysisTemplate>;
