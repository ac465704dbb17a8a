/** StrategyPreset and ClusterStrategyPreset: a strategy that Rollouts refer to with arguments. */

import { z } from 'zod';
import { BlueGreenStrategy } from './blue-green.ts';
import { CanaryStrategy } from './canary.ts';
import { exactlyOne, list, object, ruled, text } from './fields.ts';
import { head } from './metadata.ts';
import { presetShape } from './preset-shape.ts';

/** What a preset may say of each strategy: all but the Services, which are each app's own. */
export const presetStrategies = {
  canary: CanaryStrategy.omit({ canaryService: true, stableService: true, pingPong: true }).meta({
    description: 'Part of a canary strategy that several Rollouts share.',
  }),
  blueGreen: BlueGreenStrategy.omit({ activeService: true, previewService: true }).meta({
    description: 'Part of a blue-green strategy that several Rollouts share.',
  }),
} as const;
export type PresetStrategyName = keyof typeof presetStrategies;

const PresetArgument = object(
  'An argument of the preset.',
  { name: text('Its name; {{args.name}} in a text or instead of a number stands for its value.', { maxLength: 63 }) },
  {
    default: text('Value where a Rollout gives none. Without it each Rollout must give one.', { maxLength: 4096 }),
    description: text('What it is for.', { maxLength: 1024 }),
  },
);

const PresetSpec = object(
  'What Rollouts share.',
  {
    strategy: ruled(
      object(
        'The strategy; set exactly one. A text, and a text instead of a number, may contain {{args.name}}.',
        {},
        { canary: presetShape(presetStrategies.canary), blueGreen: presetShape(presetStrategies.blueGreen) },
      ),
      exactlyOne(['canary', 'blueGreen'], 'spec.strategy'),
    ),
  },
  {
    args: list(PresetArgument, 'Arguments that the strategy uses.', { maxItems: 64, mapKeys: ['name'] }),
  },
);

const what = 'Steps, analysis and routing that Rollouts refer to with arguments; a change affects new revisions only.';

export const StrategyPreset = z.object({ ...head('StrategyPreset'), spec: PresetSpec }).describe(what);
export const ClusterStrategyPreset = z
  .object({ ...head('ClusterStrategyPreset'), spec: PresetSpec })
  .describe(`${what} For Rollouts of every namespace.`);

export const AnyPreset = z.union([StrategyPreset, ClusterStrategyPreset]);
export type AnyPreset = z.infer<typeof AnyPreset>;
