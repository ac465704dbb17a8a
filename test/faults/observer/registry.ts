/** All invariants that the observer checks, in the order in which they report. */

import type { Invariant } from './invariant.ts';
import { l01 } from './l01-settles.ts';
import { precondition } from './precondition.ts';
import { s01 } from './s01-weights.ts';
import { s02 } from './s02-readiness.ts';
import { s03 } from './s03-drain.ts';
import { s04 } from './s04-stable.ts';
import { s05 } from './s05-abort.ts';
import { s06 } from './s06-services.ts';
import { s07 } from './s07-roles.ts';
import { s08 } from './s08-availability.ts';
import { s09 } from './s09-verdicts.ts';
import { s10 } from './s10-steps.ts';
import { s11 } from './s11-commands.ts';
import { s12 } from './s12-third-revision.ts';
import { s15 } from './s15-flapping.ts';
import { s16 } from './s16-truth.ts';
import { s17 } from './s17-failed-revisions.ts';
import { s18 } from './s18-reverts.ts';
import { s19 } from './s19-applied-commits.ts';
import { s20 } from './s20-prune.ts';

export const invariants: readonly Invariant[] = [
  s01,
  s02,
  s03,
  s04,
  s05,
  s06,
  s07,
  s08,
  s09,
  s10,
  s11,
  s12,
  s15,
  s16,
  s17,
  s18,
  s19,
  s20,
  precondition,
  l01,
];
