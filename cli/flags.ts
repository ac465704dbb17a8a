/** The flags that every verb shares with kubectl, and their parsed form. */

import { type Command, Option } from 'commander';
import { z } from 'zod';
import { parseDurationMs } from '../crds/schema/duration.ts';
import { ownGroup } from '../crds/schema/dialect.ts';
import { CliError, exitCode } from './exit-code.ts';
import { colourModes } from './terminal.ts';

export const outputs = ['text', 'json', 'yaml', 'name', 'ndjson'] as const;
export type Output = (typeof outputs)[number];

export const SharedFlags = z.object({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  namespace: z.string().optional(),
  server: z.string().optional(),
  token: z.string().optional(),
  insecureSkipTlsVerify: z.boolean().default(false),
  as: z.string().optional(),
  asGroup: z.string().optional(),
  asUid: z.string().optional(),
  requestTimeout: z.string().default('10s'),
  apiGroup: z.string().default(ownGroup),
  output: z.enum(outputs).default('text'),
  color: z.enum(colourModes).default('auto'),
  ascii: z.boolean().default(false),
});
export type SharedFlags = z.infer<typeof SharedFlags>;

/** Adds the shared flags to a verb: kubectl does not forward flags that stand before a plugin's name, so each verb has them. */
export function withSharedFlags(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'kubeconfig to use (default: KUBECONFIG, which may name several files, then ~/.kube/config)',
    )
    .option('--context <name>', 'context of the kubeconfig')
    .option('-n, --namespace <name>', 'namespace (default: that of the context)')
    .option('-s, --server <url>', 'address of the API server')
    .option('--token <token>', 'bearer token for the API server')
    .option('--insecure-skip-tls-verify', "do not check the API server's certificate")
    .option('--as <user>', 'user to impersonate')
    .option('--as-group <group>', 'group to impersonate')
    .option('--as-uid <uid>', 'uid to impersonate')
    .option('--request-timeout <duration>', 'longest time for one request (default 10s)')
    .addOption(
      new Option('--api-group <group>', 'API group of the Rollouts: tidegate.io or argoproj.io').env(
        'TIDEGATE_API_GROUP',
      ),
    )
    .addOption(new Option('-o, --output <format>', 'output format').choices([...outputs]))
    .addOption(new Option('--color <when>', 'colours; auto honours NO_COLOR').choices([...colourModes]))
    .option('--ascii', 'plain characters instead of symbols');
}

/** Milliseconds of a duration flag. @throws CliError (usage) that names the flag. */
export function durationFlag(flag: string, value: string): number {
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : parseDurationMs(value);
  if (ms !== undefined && ms >= 0) return ms;
  throw new CliError(exitCode.usage, `${flag} is "${value}": give a duration such as 30s, 5m or 1h30m`);
}
