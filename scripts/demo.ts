/** `npm run demo`: releases on a simulated cluster, with the real controller and a real Git repository. */

import { helpText, parseOptions } from '../sandbox/demo/options.ts';
import { runDemo } from '../sandbox/demo/run-demo.ts';

const { argv, env, stdin: input, stdout: output, stderr: errors } = process;

async function main(): Promise<number> {
  const parsed = parseOptions(argv.slice(2));
  switch (parsed.kind) {
    case 'help':
      output.write(helpText);
      return 0;
    case 'wrong':
      errors.write(`${parsed.message}\n`);
      return 2;
    case 'ok':
      return runDemo(parsed.options, { output, errors, input, env });
  }
}

let code = 1;
try {
  code = await main();
} catch (error) {
  errors.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
// Written out before the end: a pipe takes its time.
output.write('', () => process.exit(code));
