/** Repositories that can't be followed, and files in them that can't be applied. */

import { fileCases } from './file-cases.ts';
import { gitSyncCases } from './git-sync-cases.ts';
import { describeBadInput } from './run-cases.ts';

describeBadInput('a repository that cannot be applied', [...fileCases, ...gitSyncCases]);
