/** Takes one measurement: reads Secrets, puts arguments in, asks the backend, judges the answer, masks what is secret. */
import { resolveRunArgs, substituteMetric } from '../../analysis/args.ts';
import { type Taken, unfinished } from '../../analysis/judge/metric-result.ts';
import { bounded, judgeReading, type Outcome } from '../../analysis/judge/reading.ts';
import { ruleOf } from '../../analysis/judge/rule.ts';
import { readTime } from '../../analysis/judge/time.ts';
import type {
  JobPort,
  MeasureContext,
  MetricProvider,
  Missing,
  Reading,
  Resume,
  SecretPort,
} from '../../analysis/provider.ts';
import { redactor } from '../../analysis/redact.ts';
import type { Argument } from '../../crds/schema/analysis-template.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { Clock, KubeClient } from '../../kube/api.ts';
import type { Outbound } from '../../outbound/outcome.ts';
import type { Tenants } from '../git-sync/tenant.ts';
import type { AnalysisRunObject, PreparedMetric } from './observed.ts';
import { namedSecrets } from './secret-port.ts';
import { type SecretRights, secretsOf } from './secrets.ts';

export interface MeasureParts {
  readonly client: KubeClient;
  /** Secrets are read with the rights of the account of the run's namespace. */
  readonly tenants: Tenants;
  /** Whose rights these are; default `tenant`. */
  readonly secretRights?: SecretRights;
  /** Where Secrets lie that all runs share, when the controller reads them. */
  readonly sharedSecretsNamespace?: string;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly outbound: Outbound;
  readonly providers: readonly MetricProvider[];
  /** Runs Jobs for the measurements of a run. */
  readonly jobs?: (run: AnalysisRunObject, signal: AbortSignal) => JobPort;
  /** A throw out of a backend is a bug of ours; the measurement counts as not taken. */
  readonly onBug: (metric: string, error: unknown) => void;
}

/** Never rejects. Times are those of the clock, so that a demo may run faster than real time. */
export async function takeMeasurement(
  run: AnalysisRunObject,
  metric: PreparedMetric,
  args: readonly Argument[],
  parts: MeasureParts,
  signal: AbortSignal,
): Promise<Taken> {
  const startedAt = parts.clock.now();
  let found: Found;
  try {
    found = await outcomeOf(run, metric.source, args, parts, signal);
  } catch (error) {
    parts.onBug(metric.name, error);
    const why = 'the measurement failed inside the controller; its log says why';
    found = { outcome: judgeReading({ kind: 'unavailable', why }, {}, ruleOf(parts.dialect)) };
  }
  return { metric: metric.name, ...found, startedAt, finishedAt: parts.clock.now() };
}

type Found = Pick<Taken, 'outcome' | 'metadata'>;

async function outcomeOf(
  run: AnalysisRunObject,
  source: Metric,
  args: readonly Argument[],
  parts: MeasureParts,
  signal: AbortSignal,
): Promise<Found> {
  const rule = ruleOf(parts.dialect);
  const { client, tenants, secretRights: rights = 'tenant' } = parts;
  const { namespace = '', name } = run.metadata;
  const secretParts = { client, tenants, namespace, askedBy: `AnalysisRun ${namespace}/${name}`, signal, rights };
  const secrets = secretsOf(secretParts);
  const resolved = await resolveRunArgs(args, run as unknown as JsonObject, secrets.read);
  if (resolved.kind === 'wrong') {
    const why = resolved.problems.map(({ message }) => message).join('; ');
    return { outcome: judgeReading({ kind: secrets.mayPass() ? 'unavailable' : 'misconfigured', why }, {}, rule) };
  }
  const substituted = substituteMetric(source, resolved.args.replacements);
  if (substituted.kind === 'wrong')
    return { outcome: judgeReading({ kind: 'misconfigured', why: substituted.message }, {}, rule) };
  const { metric } = substituted;
  const { sharedSecretsNamespace: sharedNamespace } = parts;
  const named = namedSecrets(secrets, {
    ...secretParts,
    ...(sharedNamespace === undefined ? {} : { sharedNamespace }),
  });
  const reading = await ask(metric, run, named.port, parts, signal);
  const argSecrets = resolved.args.secrets;
  const redact = redactor([...argSecrets, ...derivedSecrets(metric, argSecrets), ...named.hidden()]);
  const outcome = masked(judgeReading(maskedReading(reading, redact), metric, rule, parts.clock.now()), redact);
  const shown = providerOf(metric, parts)?.metadata?.(metric);
  if (shown === undefined) return { outcome };
  const metadata = Object.fromEntries(Object.entries(shown).map(([key, text]) => [key, bounded(redact(text))]));
  return { outcome, metadata };
}

function providerOf(metric: Metric, { providers }: MeasureParts): MetricProvider | undefined {
  const [kind = ''] = Object.keys(metric.provider);
  return providers.find(({ name }) => name === kind);
}

async function ask(
  metric: Metric,
  run: AnalysisRunObject,
  secrets: SecretPort,
  parts: MeasureParts,
  signal: AbortSignal,
): Promise<Reading> {
  const provider = providerOf(metric, parts);
  if (provider === undefined)
    return { kind: 'misconfigured', why: `not supported yet: provider.${Object.keys(metric.provider)[0] ?? ''}` };
  const jobs = parts.jobs?.(run, signal);
  const resume = resumeOf(run, metric.name);
  const runStartedAt = readTime(run.status?.startedAt);
  const context: MeasureContext = {
    outbound: parts.outbound,
    now: parts.clock.now(),
    signal,
    secrets,
    ...(runStartedAt === undefined ? {} : { runStartedAt }),
    ...(resume === undefined ? {} : { resume }),
    ...(jobs === undefined ? {} : { jobs }),
  };
  return provider.measure(metric, context);
}

/** What an unfinished measurement left behind to go on with. */
export function resumeOf(run: AnalysisRunObject, name: string): Resume | undefined {
  return unfinished(run.status?.metricResults?.find((result) => result.name === name))?.metadata;
}

/** Basic authentication sends user and password as one base64 text, which a backend could echo. */
function derivedSecrets(metric: Metric, secrets: readonly string[]): string[] {
  const basic = (metric.provider.prometheus ?? metric.provider.web)?.authentication?.basicAuth;
  const { username = '', password = '' } = basic ?? {};
  const isSecret = secrets.some((secret) => secret !== '' && (password.includes(secret) || username.includes(secret)));
  return isSecret ? [`${username}:${password}`] : [];
}

function maskedReading(reading: Reading, redact: (text: string) => string): Reading {
  if (reading.kind === 'running') return reading;
  if (reading.kind === 'verdict') return reading.why === undefined ? reading : { ...reading, why: redact(reading.why) };
  if (reading.kind !== 'value') return { ...reading, why: redact(reading.why) } satisfies Missing;
  const warnings = reading.warnings === undefined ? {} : { warnings: reading.warnings.map(redact) };
  const metadata = reading.metadata === undefined ? {} : { metadata: maskedTexts(reading.metadata, redact) };
  return { ...reading, text: redact(reading.text), ...warnings, ...metadata };
}

function maskedTexts(
  texts: Readonly<Record<string, string>>,
  redact: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, redact(text)]));
}

function masked(outcome: Outcome, redact: (text: string) => string): Outcome {
  if (outcome.kind === 'running') return outcome;
  if (outcome.kind === 'held') return { ...outcome, why: redact(outcome.why) };
  return outcome.message === undefined ? outcome : { ...outcome, message: redact(outcome.message) };
}
