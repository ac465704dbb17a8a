/** `npm run check`: the fast loop. Types, lint, format, unit tests; the freshness of generated files is among the unit tests. */

import { runNode, vitestProgram } from './programs.ts';
import { staticChecks } from './static-checks.ts';

const failed = await staticChecks();
const unit = await runNode([vitestProgram, 'run', '--project', 'unit', '--reporter=default']);
process.exitCode = failed > 0 || unit !== 0 ? 1 : 0;
