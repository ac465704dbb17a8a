/** The steps of a canary: each is an object with exactly one action set. */

import { z } from 'zod';
import {
  anyJson,
  exactlyOne,
  flag,
  int32,
  intOrString,
  list,
  object,
  objectName,
  oneOf,
  ruled,
  text,
  textMap,
} from './fields.ts';
import { LabelSelector } from './label-selector.ts';
import { AnalysisRunMetadata, DryRun, RolloutAnalysis, RolloutArgument } from './rollout-analysis.ts';

export const PauseStep = object(
  'Waits.',
  {},
  {
    duration: intOrString(
      'How long: seconds, or a text such as 10m. Without it the rollout waits until somebody promotes it.',
    ),
  },
);
export type PauseStep = z.infer<typeof PauseStep>;

export const SetCanaryScale = ruled(
  object(
    'Sets the size of the canary apart from its weight; needs a traffic router. Set exactly one field.',
    {},
    {
      weight: int32('Percent of spec.replicas.', { minimum: 0 }),
      replicas: int32('Number of pods.', { minimum: 0 }),
      matchTrafficWeight: flag('True makes the size follow the weight again.'),
    },
  ),
  exactlyOne(['weight', 'replicas', 'matchTrafficWeight'], 'setCanaryScale', 'tidegate.io'),
);
export type SetCanaryScale = z.infer<typeof SetCanaryScale>;

export const StringMatch = object(
  'How a text is compared; set exactly one.',
  {},
  {
    exact: text('Equal to this text.'),
    prefix: text('Begins with this text.'),
    regex: text('Matches this regular expression.'),
  },
);
export type StringMatch = z.infer<typeof StringMatch>;

const HeaderMatch = object(
  'One header to match.',
  { headerName: text('Name of the header.', { maxLength: 256 }) },
  { headerValue: StringMatch },
);

export const SetHeaderRoute = object(
  'Sends all requests with a header to the canary.',
  {},
  {
    name: text('Name of the managed route; it must be listed in trafficRouting.managedRoutes.', { maxLength: 253 }),
    match: list(HeaderMatch, 'Headers that must all match. Empty removes the route.', { maxItems: 64, atomic: true }),
  },
);
export type SetHeaderRoute = z.infer<typeof SetHeaderRoute>;

const MirrorMatch = object(
  'One kind of request; all set fields must match.',
  {},
  {
    method: StringMatch,
    path: StringMatch,
    headers: z.record(z.string(), StringMatch).meta({ description: 'Headers by name.', maxProperties: 64 }),
  },
);

export const SetMirrorRoute = object(
  'Copies requests to the canary; its answers are dropped.',
  {},
  {
    name: text('Name of the managed route; it must be listed in trafficRouting.managedRoutes.', { maxLength: 253 }),
    match: list(MirrorMatch, 'Requests to copy. Empty removes the route.', { maxItems: 64, atomic: true }),
    percentage: int32('Percent of the matching requests that is copied. Default 100.', { minimum: 0, maximum: 100 }),
  },
);
export type SetMirrorRoute = z.infer<typeof SetMirrorRoute>;

export const PluginStep = object(
  'Runs an external step plugin.',
  { name: text('Name of the plugin.', { maxLength: 253 }) },
  { config: anyJson('Configuration handed to the plugin.') },
);
export type PluginStep = z.infer<typeof PluginStep>;

const ExperimentTemplateMetadata = object(
  'Labels and annotations of the pods.',
  {},
  { labels: textMap('Labels to add.'), annotations: textMap('Annotations to add.') },
);

const StepExperimentTemplate = object(
  'One ReplicaSet of the experiment.',
  { name: text('Name of the template, unique in the step.', { maxLength: 253 }) },
  {
    specRef: oneOf(['canary', 'stable'], 'Whose pod template is used.'),
    replicas: int32('Number of pods. Default 1.', { minimum: 0 }),
    metadata: ExperimentTemplateMetadata,
    selector: LabelSelector,
    weight: int32('Percent of the traffic that it gets.', { minimum: 0, maximum: 100 }),
    service: object(
      'Service made for it.',
      {},
      { name: objectName('Name of the Service. Default: name of the ReplicaSet.') },
    ),
  },
);

const StepExperimentAnalysis = object(
  'One analysis of the experiment.',
  {
    name: text('Name of the analysis, unique in the step.', { maxLength: 253 }),
    templateName: objectName('Name of the template.'),
  },
  {
    clusterScope: flag('True when the name is that of a ClusterAnalysisTemplate. Default false.'),
    args: list(RolloutArgument, 'Values for the arguments of the template.', { maxItems: 256, atomic: true }),
    requiredForCompletion: flag('True: the experiment waits for this analysis. Default false.'),
  },
);

export const StepExperiment = object(
  'Runs ReplicaSets side by side and waits for the result.',
  {},
  {
    templates: list(StepExperimentTemplate, 'ReplicaSets to run.', { maxItems: 32, atomic: true }),
    duration: text('How long it runs, such as 10m. Default: until its analyses are complete.', { maxLength: 64 }),
    analyses: list(StepExperimentAnalysis, 'Analyses to run meanwhile.', { maxItems: 32, atomic: true }),
    dryRun: list(DryRun, 'Metrics that are only watched.', { maxItems: 128, atomic: true }),
    analysisRunMetadata: AnalysisRunMetadata,
    scaleDownDelaySeconds: int32('Seconds its pods live on afterwards. Default 30.', { minimum: 0 }),
  },
);
export type StepExperiment = z.infer<typeof StepExperiment>;

/** Names of the actions; a step sets exactly one. */
export const stepActions = [
  'setWeight',
  'pause',
  'setCanaryScale',
  'analysis',
  'experiment',
  'setHeaderRoute',
  'setMirrorRoute',
  'plugin',
] as const;
export type StepAction = (typeof stepActions)[number];

export const CanaryStep = ruled(
  object(
    'One step: exactly one action.',
    {},
    {
      setWeight: ruled(
        int32(
          'Percent of the traffic (without a router: of the pods) that the canary gets from here on, or parts of maxTrafficWeight.',
        ),
        { rule: 'self >= 0', message: 'setWeight is below 0: use 0 or more', only: 'tidegate.io' },
      ),
      pause: PauseStep,
      setCanaryScale: SetCanaryScale,
      analysis: RolloutAnalysis,
      experiment: StepExperiment,
      setHeaderRoute: SetHeaderRoute,
      setMirrorRoute: SetMirrorRoute,
      plugin: PluginStep,
    },
  ),
  exactlyOne(stepActions, 'a step', 'tidegate.io'),
);
export type CanaryStep = z.infer<typeof CanaryStep>;
