/** `npm run -s conformance`: the same cases on the sandbox's API server and on a real one; `-- --record` writes down the real one's answers. */

import { ensureTools, partLine } from '../test/bed/set-up.ts';
import { conformance } from '../test/conformance/run.ts';

const words = process.argv.slice(2).filter((word) => word !== '--');
const unknown = words.find((word) => word.startsWith('-') && word !== '--record');
if (unknown === undefined) {
  await ensureTools((part) => {
    if (part.kind === 'skipped') process.stderr.write(`${partLine(part)}\n`);
  });
  process.exitCode = await conformance({
    record: words.includes('--record'),
    prefixes: words.filter((word) => !word.startsWith('-')),
  });
} else {
  process.stderr.write(`There is no option ${unknown}. Use --record, or the first letters of case ids.\n`);
  process.exitCode = 2;
}
