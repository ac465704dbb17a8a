/** How a Rollout asks for analysis: which templates, with which arguments. Used by steps, background and blue-green. */

import type { z } from 'zod';
import { flag, int32, intOrString, list, object, objectName, oneOf, text, textMap } from './fields.ts';

export const FieldRef = object(
  'Takes the value from a field of the Rollout.',
  { fieldPath: text("Path such as metadata.labels['region'].", { maxLength: 1024 }) },
  {},
);
export type FieldRef = z.infer<typeof FieldRef>;

const RolloutArgumentSource = object(
  'Takes the value from the Rollout; set exactly one.',
  {},
  {
    podTemplateHashValue: oneOf(['Stable', 'Latest'], 'Pod template hash of the stable or of the new revision.'),
    fieldRef: FieldRef,
  },
);

export const RolloutArgument = object(
  'Value for one argument of the templates.',
  { name: text('Name of the argument in the template.', { maxLength: 253 }) },
  { value: text('The value itself.'), valueFrom: RolloutArgumentSource },
);
export type RolloutArgument = z.infer<typeof RolloutArgument>;

export const TemplateReference = object(
  'An analysis template to run.',
  {},
  {
    templateName: objectName('Name of an AnalysisTemplate of this namespace, or of a ClusterAnalysisTemplate.'),
    clusterScope: flag('True when the name is that of a ClusterAnalysisTemplate. Default false.'),
  },
);
export type TemplateReference = z.infer<typeof TemplateReference>;

export const DryRun = object(
  'Metrics whose outcome is shown but never decides.',
  { metricName: text('Name of a metric, a regular expression, or * for all.', { maxLength: 253 }) },
  {},
);
export type DryRun = z.infer<typeof DryRun>;

export const MeasurementRetention = object(
  'How many measurements of a metric are kept in status.',
  {
    metricName: text('Name of a metric, a regular expression, or * for all.', { maxLength: 253 }),
    limit: int32('Measurements kept. Default 10.', { minimum: 1 }),
  },
  {},
);
export type MeasurementRetention = z.infer<typeof MeasurementRetention>;

export const AnalysisRunMetadata = object(
  'Labels and annotations put on the AnalysisRun.',
  {},
  { labels: textMap('Labels to add.'), annotations: textMap('Annotations to add.') },
);
export type AnalysisRunMetadata = z.infer<typeof AnalysisRunMetadata>;

const analysisFields = {
  templates: list(TemplateReference, 'Templates whose metrics are measured together.', { maxItems: 64, atomic: true }),
  args: list(RolloutArgument, 'Values for the arguments of the templates.', { maxItems: 256, atomic: true }),
  dryRun: list(DryRun, 'Metrics that are only watched.', { maxItems: 128, atomic: true }),
  measurementRetention: list(MeasurementRetention, 'How many measurements are kept per metric.', {
    maxItems: 128,
    atomic: true,
  }),
  analysisRunMetadata: AnalysisRunMetadata,
};

export const RolloutAnalysis = object('Analysis to run; its verdict decides about the step.', {}, analysisFields);
export type RolloutAnalysis = z.infer<typeof RolloutAnalysis>;

export const BackgroundAnalysis = object(
  'Analysis that runs beside the steps; a failure aborts at any step.',
  {},
  {
    ...analysisFields,
    startingStep: int32('Index of the first step at which it runs, counted from 0. Default 0.', { minimum: 0 }),
  },
);
export type BackgroundAnalysis = z.infer<typeof BackgroundAnalysis>;

/** Count or limit of a metric: a number, or a text that an argument is put into. */
export function templatedNumber(description: string) {
  return intOrString(`${description} A number, or a text such as "{{args.name}}".`);
}
