/** How a Rollout refers to a strategy preset, and what its status keeps of the preset for the run that uses it. */

import type { z } from 'zod';
import { anyObject, flag, int64, list, object, objectName, text } from './fields.ts';

const PresetValue = object(
  'Value of one argument.',
  {
    name: text('Name of the argument in the preset.', { maxLength: 63 }),
    value: text('The value.', { maxLength: 4096 }),
  },
  {},
);
const values = (description: string) => list(PresetValue, description, { maxItems: 64, mapKeys: ['name'] });

export const PresetReference = object(
  'Takes what canary or blueGreen leaves out from a strategy preset.',
  { name: objectName('Name of a StrategyPreset of this namespace, or of a ClusterStrategyPreset.') },
  {
    clusterScope: flag('True when the name is that of a ClusterStrategyPreset. Default false.'),
    args: values('Values for the arguments of the preset.'),
  },
).meta({ only: 'tidegate.io' });
export type PresetReference = z.infer<typeof PresetReference>;

/** Written with the start of a revision; a later change of the preset is not looked at before the next one. */
export const PresetSnapshot = object(
  'The preset as it was when the current revision began; it is used until the next one.',
  {
    name: text('Name of the preset.'),
    podHash: text('Pod template hash of the revision that uses it.'),
    generation: int64('Generation of the preset.', { minimum: 0 }),
    digest: text('Digest of the strategy below.'),
    strategy: anyObject('What the preset gives, with the arguments filled in.'),
  },
  {
    clusterScope: flag('True when it was a ClusterStrategyPreset.'),
    args: values('The arguments as the Rollout gave them.'),
  },
);
export type PresetSnapshot = z.infer<typeof PresetSnapshot>;
