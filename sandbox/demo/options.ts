/** The flags of the demo, read and checked. Pure. */

import { numberIn, readFlags } from '../command-flags.ts';
import { type ScenarioName, scenarioNames } from './scenarios.ts';

export interface DemoOptions {
  readonly scenario: ScenarioName | 'all';
  /** How many times as fast as real time rollouts see time pass. */
  readonly speed: number;
  readonly seed: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly ascii: boolean;
}

export type ParsedOptions =
  | { readonly kind: 'ok'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const defaultSpeed = 2;
const mostSpeed = 20;
const mostSeed = 2 ** 31 - 1;
const program = { name: 'The demo', help: 'npm run demo -- --help' };
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = { scenario: text, speed: text, seed: text, json: flag, keep: flag, ascii: flag, help: flag };

export const helpText = `Usage: npm run demo -- [flags]

Plays releases of a small shop on a simulated cluster. The controller, its source process and the Git repository
are the real ones; only the cluster is simulated, inside this process, on loopback addresses.

  --scenario <name>  ${scenarioNames.join(', ')} or all (default all)
  --speed <n>        how many times as fast as real time rollouts see time pass, 1 to ${mostSpeed} (default ${defaultSpeed})
  --seed <n>         seed of the traffic and of all names and choices of the cluster (default 1)
  --json             events as JSON lines on stdout, the last of each scenario its result; ends by itself
  --keep             leave the temporary folder with repository, kubeconfig and logs at the end
  --ascii            plain characters instead of symbols, as in the locales C and POSIX
  --help             this text

On a terminal it shows a live view and goes on after the scenarios until q or Ctrl-C, so that you can play on with
kubectl and git; p promotes at the gate. Piped, on a dumb terminal or with --json it promotes by itself and ends after
the scenarios. NO_COLOR and FORCE_COLOR are honoured.
Exit code: 0 when each scenario ended as it must, 1 when not, 2 for wrong flags, 130 after Ctrl-C.
`;

export function parseOptions(args: readonly string[]): ParsedOptions {
  const found = readFlags(args, known, program);
  if (found.kind === 'wrong') return found;
  const read = found.flags;
  const { help = false, json = false, keep = false, ascii = false } = read;
  if (help) return { kind: 'help' };
  const scenario = scenarioOf(read.scenario ?? 'all');
  if (scenario === undefined) return wrong('--scenario', read.scenario ?? '', `use ${scenarioNames.join(', ')} or all`);
  const speed = numberIn(read.speed ?? String(defaultSpeed), 1, mostSpeed);
  if (speed === undefined) return wrong('--speed', read.speed ?? '', `use a number from 1 to ${mostSpeed}`);
  const seed = numberIn(read.seed ?? '1', 0, mostSeed);
  if (seed === undefined || !Number.isInteger(seed))
    return wrong('--seed', read.seed ?? '', `use a whole number from 0 to ${mostSeed}`);
  return { kind: 'ok', options: { scenario, speed, seed, json, keep, ascii } };
}

function wrong(flag: string, found: string, allowed: string): ParsedOptions {
  return { kind: 'wrong', message: `${flag} is "${found}": ${allowed}.` };
}

function scenarioOf(text: string): ScenarioName | 'all' | undefined {
  return text === 'all' ? 'all' : scenarioNames.find((name) => name === text);
}
