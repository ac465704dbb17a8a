/** The sandbox as a program: `node sandbox/main.ts` prints where everything is and runs until SIGINT or SIGTERM. */

import { fromBehind } from './clock.ts';
import { helpText, type MainOptions, parseMainOptions } from './main-options.ts';
import { startSandbox } from './sandbox.ts';

const { argv, stdout, stderr } = process;
const parsed = parseMainOptions(argv.slice(2));
switch (parsed.kind) {
  case 'help':
    stdout.write(helpText);
    break;
  case 'wrong':
    stderr.write(`${parsed.message}\n`);
    process.exitCode = 2;
    break;
  case 'ok':
    try {
      await run(parsed.options);
    } catch (error) {
      stderr.write(`The sandbox cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
}

async function run(options: MainOptions): Promise<void> {
  const startedMs = performance.now();
  const sandbox = await startSandbox({ ...options, clockFrom: fromBehind(Date.now()) });
  stdout.write(
    [
      `A simulated cluster is ready after ${Math.round(performance.now() - startedMs)} ms. Nothing in it is real but its API.`,
      `  KUBECONFIG=${sandbox.kubeconfigPath}`,
      `  gateway     ${sandbox.gatewayUrl} (choose an app by its Host header)`,
      `  Prometheus  ${sandbox.prometheusUrl}`,
      'Ctrl-C ends it.',
      '',
    ].join('\n'),
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      void sandbox.stop().then(() => process.exit(0));
    });
  }
}
