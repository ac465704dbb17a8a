/**
 * The controller's settings: one zod object filled from flags, TIDEGATE_* variables and defaults, in this order. No
 * other file reads argv or the environment.
 */

import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type AwsSettings, awsSettings } from '../outbound/aws/settings.ts';

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1'),
]);
const parts = (text: string): string[] => text.split(',').filter((one) => one !== '');
/** Comma-separated, and as a flag also given several times. */
const list = z.union([z.array(z.string()).transform((given) => given.flatMap(parts)), z.string().transform(parts)]);
const port = z.coerce.number().int().min(0).max(65535);

export const ControllerConfig = z.strictObject({
  apiGroup: z
    .enum(['tidegate.io', 'argoproj.io'])
    .default('tidegate.io')
    .describe('Group of Rollout and the analysis kinds.'),
  kubeconfig: z
    .string()
    .optional()
    .describe('Path of a kubeconfig; without it KUBECONFIG, then the in-cluster account.'),
  context: z.string().optional().describe('Context of the kubeconfig.'),
  namespaces: list.default([]).describe('Namespaces to serve, comma-separated; empty means all.'),
  instanceId: z.string().max(40).default('').describe('Serve only objects with this instance id label.'),
  clusterId: z
    .string()
    .default('default')
    .describe('Name of this cluster in revert commits and for spec.revert.authority.'),
  leaderElect: flag.default(true).describe('Hold a Lease before acting.'),
  leaseNamespace: z.string().default('tidegate').describe('Namespace of the Lease.'),
  leaseDurationMs: z.coerce
    .number()
    .int()
    .min(500)
    .default(15_000)
    .describe('Age at which others take the Lease over.'),
  endWithStdin: flag
    .default(false)
    .describe('Controller and source process end when their standard input does: with the process that started them.'),
  sourceSocket: z
    .string()
    .optional()
    .describe('Unix socket of a source process; without it the controller starts one as its child.'),
  dataDir: z
    .string()
    .default('/var/lib/tidegate')
    .describe('Folder for Git caches and the socket of the source process.'),
  keysDir: z.string().optional().describe('Folder with the operator’s write keys, read by the source process only.'),
  kustomizePath: z.string().default('kustomize').describe('The kustomize program.'),
  allowAddress: list
    .default([])
    .describe('Addresses (CIDR or host) that users may name although the policy refuses them.'),
  refuseAddress: list
    .default([])
    .describe('Addresses (address or address:port) that users may never name; those of the API server are added.'),
  restrictPrivate: flag.default(false).describe('Refuse private address ranges in addresses that users name.'),
  allowFileRepositories: flag.default(false).describe('Allow file:// repositories.'),
  revertsPerHour: z.coerce
    .number()
    .int()
    .min(1)
    .default(20)
    .describe('Reverts written in an hour, at most, by this controller.'),
  revertsPerSyncPerDay: z.coerce
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('Reverts written in a day, at most, for one GitSync.'),
  incidentFailures: z.coerce
    .number()
    .int()
    .min(2)
    .default(5)
    .describe('GitSyncs failing within five minutes that are an incident: Git then waits for a person.'),
  prometheusAddress: z.string().optional().describe('Address for prometheus metrics that name none.'),
  committerName: z.string().default('tidegate').describe('Author and committer of revert commits.'),
  committerEmail: z.string().default('tidegate@localhost').describe('Mail address of that author.'),
  analysisSecrets: z
    .enum(['tenant', 'controller'])
    .default('tenant')
    .describe(
      'Whose rights read Secrets that analyses name: account tidegate-deployer of the namespace, or, with --api-group argoproj.io only, the controller’s own (docs/analysis-secrets.md).',
    ),
  analysisSecretsNamespace: z
    .string()
    .optional()
    .describe(
      'With --analysis-secrets controller: namespace of the Secrets that metrics backends know by name, such as datadog; default: that of the Lease.',
    ),
  awsVerifyTargetGroup: flag
    .default(false)
    .describe(
      'Ask AWS whether load balancers and target groups have what was written before a rollout goes on (docs/aws.md).',
    ),
  albTagKeyResourceId: z
    .string()
    .regex(/^[\w.:/=+@-]{1,128}$/)
    .default('ingress.k8s.aws/resource')
    .describe('Tag by which target groups name their Ingress, Service and port.'),
  awsProfiles: list.default([]).describe('Profiles of AWS’s shared files that analyses may name; none unless listed.'),
  awsRoles: list
    .default([])
    .describe('Roles of AWS (ARN, * at the end allowed) that analyses may name; none unless listed.'),
  awsServices: list
    .default(['aps'])
    .describe('Signing names of the AWS services that analyses may call with authentication.sigv4.'),
  stepPluginsFile: z
    .string()
    .optional()
    .describe('YAML file with the HTTP services that steps may name as plugins: plugins: {<name>: {url, ...}}.'),
  workers: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(16)
    .describe('Objects reconciled at the same time, per kind.'),
  metricsPort: port.default(8090).describe('Port of /metrics; 0 switches it off.'),
  healthPort: port.default(8080).describe('Port of /healthz and /readyz; 0 switches it off.'),
  listenAddress: z.string().default('0.0.0.0').describe('Address of all ports.'),
  hintPort: port
    .default(0)
    .describe('Port on which the controller takes hints of webhooks from edge; 0 switches it off.'),
  hintTokenFile: z
    .string()
    .optional()
    .describe('File with the token that edge and the controllers share; it can be changed at any time.'),
  webhookPort: port.default(8092).describe('Port of edge for webhooks: POST /hooks.'),
  webhookSecretFile: z
    .string()
    .optional()
    .describe('File with the secrets of the webhooks that edge takes, one a line.'),
  webhooksPerMinute: z.coerce
    .number()
    .int()
    .min(1)
    .default(300)
    .describe('Webhooks that edge takes from one address, per minute in the long run.'),
  controllers: list.default([]).describe('URLs of the hint ports of the controllers, for edge.'),
  clockRate: z.coerce
    .number()
    .min(1)
    .max(100)
    .default(1)
    .describe('For demos: how many times as fast as real time rollouts see time pass.'),
  clockFrom: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('For demos: the moment, in epoch milliseconds, from which on --clock-rate holds.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe log line to write.'),
});
export type ControllerConfig = z.infer<typeof ControllerConfig>;

export type Parsed =
  /** AWS's own variables may hold keys, so they are kept apart from the settings. */
  | { readonly kind: 'ok'; readonly config: ControllerConfig; readonly aws: AwsSettings }
  | { readonly kind: 'wrong'; readonly message: string };

/** Reads flags (`--api-group x`) over variables (`TIDEGATE_API_GROUP=x`) over defaults; a wrong setting is one sentence. */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Parsed {
  const names = Object.keys(ControllerConfig.shape);
  const fromEnv = Object.fromEntries(
    names.flatMap((name) => (env[variableName(name)] === undefined ? [] : [[name, env[variableName(name)]]])),
  );
  // Argo Rollouts' own variable, so that its Deployment's settings can be kept.
  const address = env['ARGO_ROLLOUTS_PROMETHEUS_ADDRESS'];
  if (address && fromEnv['prometheusAddress'] === undefined) fromEnv['prometheusAddress'] = address;
  const fromArgs = readFlags(argv, names);
  if (fromArgs.kind === 'wrong') return fromArgs;
  const parsed = ControllerConfig.safeParse({ ...fromEnv, ...fromArgs.values });
  if (parsed.success) {
    const clash = clashOf(parsed.data);
    const aws = awsSettings(env, parsed.data);
    if ('wrong' in aws) return { kind: 'wrong', message: aws.wrong };
    return clash ?? { kind: 'ok', config: withServiceAddress(parsed.data, env), aws };
  }
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? '');
  return {
    kind: 'wrong',
    message: `Setting --${flagName(name)} (${variableName(name)}) is wrong: ${issue?.message ?? 'invalid'}.`,
  };
}

/** Own kinds have an account per namespace from the start; reading Secrets for anybody is for who replaces Argo Rollouts. */
function clashOf({ analysisSecrets, apiGroup }: ControllerConfig): Extract<Parsed, { kind: 'wrong' }> | undefined {
  if (analysisSecrets === 'tenant' || apiGroup === 'argoproj.io') return undefined;
  const message = `Setting --analysis-secrets (TIDEGATE_ANALYSIS_SECRETS) is wrong: controller is allowed with --api-group argoproj.io only, found --api-group ${apiGroup}; use tenant.`;
  return { kind: 'wrong', message };
}

/** In a Pod Kubernetes says where its API server is: nobody may name that, also where there is no way to ask for more. */
function withServiceAddress(
  config: ControllerConfig,
  env: Readonly<Record<string, string | undefined>>,
): ControllerConfig {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: servicePort = '443' } = env;
  if (host === undefined || host === '') return config;
  return { ...config, refuseAddress: [...config.refuseAddress, withPort(host, servicePort)] };
}

/** `10.96.0.1:443`, `[fd00::1]:443`. */
export function withPort(address: string, portNumber: number | string): string {
  return address.includes(':') ? `[${address}]:${portNumber}` : `${address}:${portNumber}`;
}

/** One line per setting for `--help`. */
export function configHelp(): string {
  const lines = Object.entries(ControllerConfig.shape).map(
    ([name, schema]) => `  --${flagName(name).padEnd(26)} ${schema.description ?? ''}`,
  );
  return `${lines.join('\n')}\n`;
}

function readFlags(
  argv: readonly string[],
  names: readonly string[],
): { kind: 'ok'; values: Record<string, unknown> } | { kind: 'wrong'; message: string } {
  const options = Object.fromEntries(
    names.map((name) => [flagName(name), { type: 'string' as const, multiple: isList(name) }]),
  );
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    const byName = names.flatMap((name) =>
      values[flagName(name)] === undefined ? [] : [[name, values[flagName(name)]]],
    );
    return { kind: 'ok', values: Object.fromEntries(byName) as Record<string, unknown> };
  } catch (cause) {
    return {
      kind: 'wrong',
      message: `${cause instanceof Error ? cause.message.split('. ')[0] : String(cause)}. Run with --help for the list of settings.`,
    };
  }
}

function isList(name: string): boolean {
  return [
    'namespaces',
    'allowAddress',
    'refuseAddress',
    'controllers',
    'awsProfiles',
    'awsRoles',
    'awsServices',
  ].includes(name);
}

function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function variableName(name: string): string {
  return `TIDEGATE_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}
