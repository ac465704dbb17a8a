/**
 * The metrics backend Kayenta: starts a canary analysis, asks for it every 15 seconds until it is complete, and goes by its score.
 * Conditions play no part. The id stands in the measurement's metadata under Argo Rollouts' key, so that either controller goes on
 * with an analysis that the other one started, and a restart starts none twice.
 */
import { z } from 'zod';
import type { Metric } from '../../crds/schema/metric.ts';
import type { MetricProvider as ProviderSettings } from '../../crds/schema/providers.ts';
import type { MeasureContext, MetricProvider, Missing, Reading } from '../provider.ts';
import { type Answered, askJson, endpoint, type Question } from './ask.ts';
import { faultOf, lintProvider } from './faults.ts';
import { scopesOf } from './kayenta-scopes.ts';

type Settings = NonNullable<ProviderSettings['kayenta']>;

const executionKey = 'canaryExecutionId';
/** How often in a row Kayenta did not tell about an analysis under way. */
const unansweredKey = 'unanswered';
const mostUnanswered = 20;
const lookAgainMs = 15_000;
const timeoutMs = 15_000;
const backend = 'Kayenta';

const Configs = z.array(z.object({ id: z.string().optional(), name: z.string().optional() }));
const Started = z.object({ canaryExecutionId: z.string().min(1) });
const Execution = z.object({
  complete: z.boolean(),
  status: z.string().nullish(),
  result: z
    .object({ judgeResult: z.object({ score: z.object({ score: z.number() }).nullish() }).nullish() })
    .nullish()
    .catch(undefined),
});
type Execution = z.infer<typeof Execution>;

export function kayentaProvider(): MetricProvider {
  return { name: 'kayenta', lint: lintProvider, measure };
}

async function measure(metric: Metric, context: MeasureContext): Promise<Reading> {
  const fault = faultOf(metric);
  if (fault !== undefined) return fault;
  const settings = metric.provider.kayenta ?? {};
  const execution = context.resume?.[executionKey];
  return execution === undefined ? start(metric, settings, context) : look(settings, execution, context);
}

function questionAt(settings: Settings, path: string, search: Readonly<Record<string, string | undefined>>): Question {
  const url = endpoint(settings.address ?? '', path);
  const given = Object.entries(search).flatMap(([key, value]) => (value ? [[key, value] as const] : []));
  if (url !== undefined) url.search = new URLSearchParams(Object.fromEntries(given)).toString();
  return { backend, url: url?.href ?? '', method: 'GET', headers: { accept: 'application/json' }, timeoutMs };
}

async function start(metric: Metric, settings: Settings, context: MeasureContext): Promise<Reading> {
  const scopes = scopesOf(metric, context);
  if (scopes.kind !== 'ok') return scopes;
  const config = await configId(settings, context);
  if (config.kind !== 'ok') return config;
  const { application, metricsAccountName, configurationAccountName, storageAccountName, threshold } = settings;
  const accounts = { application, metricsAccountName, configurationAccountName, storageAccountName };
  const question = questionAt(settings, `/canary/${encodeURIComponent(config.answer)}`, accounts);
  const { pass, marginal } = threshold ?? {};
  const body = JSON.stringify({ scopes: scopes.scopes, thresholds: { pass, marginal } });
  const headers = { ...question.headers, 'content-type': 'application/json' };
  const started = await askJson({ ...question, method: 'POST', headers, body }, Started, context);
  return started.kind === 'ok' ? running(started.answer.canaryExecutionId, 0, context) : started;
}

/** Configurations are known to people by name, to Kayenta by id. */
async function configId(settings: Settings, context: MeasureContext): Promise<Answered<string>> {
  const { application, canaryConfigName, configurationAccountName, storageAccountName } = settings;
  // They lie where the analysis will look for them; Argo Rollouts asks the storage account.
  const account = configurationAccountName || storageAccountName;
  const question = questionAt(settings, '/canaryConfig', { application, configurationAccountName: account });
  const asked = await askJson(question, Configs, context);
  if (asked.kind !== 'ok') return asked;
  const found = asked.answer.find(({ name }) => name === canaryConfigName)?.id;
  if (found !== undefined && found !== '') return { kind: 'ok', answer: found };
  const why = `Kayenta has no canary configuration ${JSON.stringify(canaryConfigName)} for application ${JSON.stringify(application ?? '')}`;
  return { kind: 'misconfigured', why };
}

function running(execution: string, unanswered: number, { now, resume }: MeasureContext): Reading {
  // Metadata is added to, never taken from: 0 stands over an earlier number.
  const counts = unanswered > 0 || resume?.[unansweredKey] !== undefined;
  const next = { [executionKey]: execution, ...(counts ? { [unansweredKey]: String(unanswered) } : {}) };
  return { kind: 'running', resume: next, lookAgainAt: now + lookAgainMs };
}

async function look(settings: Settings, execution: string, context: MeasureContext): Promise<Reading> {
  const asked = await askJson(questionAt(settings, `/canary/${encodeURIComponent(execution)}`, {}), Execution, context);
  if (asked.kind === 'ok')
    return asked.answer.complete ? verdictOf(asked.answer, settings) : running(execution, 0, context);
  return unanswered(asked, execution, context);
}

/** The analysis goes on whether or not it can be asked about just now; five minutes without an answer end the measurement. */
function unanswered(missing: Missing, execution: string, context: MeasureContext): Reading {
  const times = Number(context.resume?.[unansweredKey] ?? 0) + 1;
  return missing.kind === 'unavailable' && times < mostUnanswered ? running(execution, times, context) : missing;
}

/** Argo Rollouts goes by the whole points of the score. */
function verdictOf({ status, result }: Execution, { threshold }: Settings): Reading {
  const exact = result?.judgeResult?.score?.score;
  if (exact === undefined || !Number.isFinite(exact)) {
    const said = status ? ` (status ${JSON.stringify(status.slice(0, 60))})` : '';
    return { kind: 'no-evidence', why: `Kayenta ended the analysis without a score${said}` };
  }
  const score = Math.trunc(exact);
  const { pass = Number.POSITIVE_INFINITY, marginal = Number.POSITIVE_INFINITY } = threshold ?? {};
  const phase = score >= pass ? 'Successful' : score >= marginal ? 'Inconclusive' : 'Failed';
  return { kind: 'verdict', phase, text: String(score) };
}
