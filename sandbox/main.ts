/**
 * The sandbox as a program: `node sandbox/main.ts [--rate N] [--seed N] [--api-group GROUP] [--folder DIR]` prints where
 * everything is and runs until SIGINT or SIGTERM.
 */

import { parseArgs } from 'node:util';
import { fromBehind } from './clock.ts';
import { startSandbox, type SandboxOptions } from './sandbox.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'api-group': { type: 'string', default: 'tidegate.io' },
    folder: { type: 'string' },
  },
});

const startedMs = performance.now();
const sandbox = await startSandbox({
  rate: numberOf('rate', values.rate),
  clockFrom: fromBehind(Date.now()),
  apiGroup: groupOf(values['api-group']),
  ...(values.seed === undefined ? {} : { seed: numberOf('seed', values.seed) }),
  ...(values.folder === undefined ? {} : { folder: values.folder }),
});
process.stdout.write(
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

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${flag} is "${text}"; wanted is a number above 0`);
}

function groupOf(text: string): NonNullable<SandboxOptions['apiGroup']> {
  if (text === 'tidegate.io' || text === 'argoproj.io') return text;
  throw new Error(`--api-group is "${text}"; allowed are tidegate.io and argoproj.io`);
}
