/** The flags of `node sandbox/main.ts`, read and checked. Pure. */

import { numberIn, readFlags } from './command-flags.ts';
import type { SandboxOptions } from './sandbox.ts';

export type MainOptions = Pick<SandboxOptions, 'rate' | 'seed' | 'apiGroup' | 'folder'>;

export type ParsedMainOptions =
  | { readonly kind: 'ok'; readonly options: MainOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

const program = { name: 'The sandbox', help: 'node sandbox/main.ts --help' };
const mostRate = 100;
const mostSeed = 2 ** 31 - 1;

export const helpText = `Usage: node sandbox/main.ts [flags]

Starts a simulated cluster inside this process, on loopback addresses, prints where it is and runs until SIGINT or SIGTERM.

  --rate <n>         how many times as fast as real time its time runs, 1 to ${mostRate} (default 1)
  --seed <n>         seed of all names, addresses and choices, 0 to ${mostSeed} (default another one each time)
  --api-group <g>    group of the kinds it knows of: tidegate.io or argoproj.io (default tidegate.io)
  --folder <path>    where the kubeconfig is written (default a temporary folder that is removed at the end)
  --help             this text
`;

const text = { type: 'string' } as const;
const known = { rate: text, seed: text, 'api-group': text, folder: text, help: { type: 'boolean' } } as const;

export function parseMainOptions(args: readonly string[]): ParsedMainOptions {
  const found = readFlags(args, known, program);
  if (found.kind === 'wrong') return found;
  const {
    help = false,
    rate: rateText = '1',
    seed: seedText,
    'api-group': group = 'tidegate.io',
    folder,
  } = found.flags;
  if (help) return { kind: 'help' };
  const rate = numberIn(rateText, 1, mostRate);
  if (rate === undefined) return wrong('--rate', rateText, `use a number from 1 to ${mostRate}`);
  const seed = seedText === undefined ? undefined : numberIn(seedText, 0, mostSeed);
  if (seedText !== undefined && !Number.isInteger(seed))
    return wrong('--seed', seedText, `use a whole number from 0 to ${mostSeed}`);
  if (group !== 'tidegate.io' && group !== 'argoproj.io')
    return wrong('--api-group', group, 'use tidegate.io or argoproj.io');
  if (folder === '') return wrong('--folder', folder, 'name a folder');
  const options = {
    rate,
    apiGroup: group,
    ...(seed === undefined ? {} : { seed }),
    ...(folder === undefined ? {} : { folder }),
  } as const;
  return { kind: 'ok', options };
}

function wrong(flag: string, found: string, allowed: string): ParsedMainOptions {
  return { kind: 'wrong', message: `${flag} is "${found}": ${allowed}.` };
}
