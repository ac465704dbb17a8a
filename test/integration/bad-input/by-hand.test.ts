/** Bad input without Git: Rollouts and commands by hand, and what the API server itself refuses. */

import { commandCases } from './command-cases.ts';
import { doorCases } from './door-cases.ts';
import { handCases } from './hand-cases.ts';
import { measuredCases } from './measured-cases.ts';
import { describeBadInput } from './run-cases.ts';

describeBadInput('bad input by hand', [...handCases, ...commandCases, ...doorCases, ...measuredCases]);
