/** All regression scenarios, by row. */

import { abortRegressions } from './aborts.ts';
import { blueGreenRegressions } from './blue-green.ts';
import { analysisRegressions } from './analyses.ts';
import { cacheRegressions } from './caches.ts';
import { deletionRegressions } from './deletion.ts';
import { experimentRegressions } from './experiments.ts';
import { machineryRegressions } from './machinery.ts';
import type { Regression } from './regression.ts';
import { sizeRegressions } from './sizes.ts';
import { supersedeRegressions } from './supersedes.ts';

export const regressions: readonly Regression[] = [
  ...sizeRegressions,
  ...supersedeRegressions,
  ...abortRegressions,
  ...blueGreenRegressions,
  ...analysisRegressions,
  ...machineryRegressions,
  ...cacheRegressions,
  ...experimentRegressions,
  ...deletionRegressions,
].toSorted((one, other) => one.id.localeCompare(other.id));

export function regressionOf(id: string): Regression {
  const found = regressions.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no regression scenario "${id}"`);
  return found;
}
