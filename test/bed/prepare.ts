/** `node test/bed/prepare.ts`: makes this machine ready for the tests on real servers and prints what it could not do. */
import { ensureTools, partLine } from './set-up.ts';

const parts = await ensureTools((part) => process.stdout.write(`${partLine(part)}\n`));
const skipped = parts.filter((part) => part.kind === 'skipped');
process.stdout.write(
  skipped.length === 0
    ? 'The test bed is ready.\n'
    : `${skipped.length} of ${parts.length} parts are not available: the tests that need them are skipped.\n`,
);
