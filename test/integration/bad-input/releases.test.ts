/** Commits whose Rollouts and analyses can't be used. */

import { rolloutCases } from './rollout-cases.ts';
import { describeBadInput } from './run-cases.ts';
import { templateCases } from './template-cases.ts';

describeBadInput('a commit that cannot be released', [...rolloutCases, ...templateCases]);
