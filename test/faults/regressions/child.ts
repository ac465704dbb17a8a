/**
 * A process of its own for one scenario, since modules are loaded once: `node child.ts R04` for the controller as it is,
 * `node child.ts R04 mutant` for the one with the bug. Its last line is the outcome as JSON; `--commits` lists all commits before.
 */

import { writeSync } from 'node:fs';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { loadWith } from '../mutants/source-hook.ts';
import { regressionOf } from './all-regressions.ts';

const [id = '', how = '', more = ''] = process.argv.slice(2);
const regression = regressionOf(id);
if (how === 'mutant') {
  const { patches } = regression.mutant;
  loadWith({ id, breaks: [], patches, situation: 'good-release', why: regression.wrong });
}
Error.stackTraceLimit = how === 'mutant' ? 0 : 10;

function tell(commit: Commit): void {
  const { at, caller, verb, kind, name, subresource } = commit;
  writeSync(
    1,
    `${new Date(at).toISOString().slice(14, 23)} ${caller.userAgent.slice(0, 22)} ${verb} ${kind} ${name} ${subresource}\n`,
  );
}

function end(outcome: object): never {
  writeSync(1, `${JSON.stringify(outcome)}\n`);
  process.exit(0);
}

const { playRegression } = await import('./play-regression.ts');
const lists = [how, more].includes('--commits');
const { writes, ...outcome } = await playRegression(regression, {
  ...(lists ? { onCommit: tell } : {}),
  ...(how === 'mutant' ? { enough: end } : {}),
});
end({ ...outcome, writes: writes.length });
