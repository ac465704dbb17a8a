/**
 * What can't work in a metric's provider, backend by backend. Used on templates, where a text that still waits for arguments is
 * let be, and again right before a measurement.
 */

import { parseDurationMs } from './duration.ts';
import { isTemplated } from './metric-settings.ts';
import type { Metric } from './metric.ts';
import { valueText } from './problem.ts';
import type { MetricProvider } from './providers.ts';

/** The parts of a problem; `field` is a path inside the metric, such as `provider.datadog.query`. */
export interface ProviderFault {
  readonly field: string;
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
}

type Settings<Name extends keyof MetricProvider> = NonNullable<MetricProvider[Name]>;

/** Empty when nothing is known against it; backends with rules elsewhere give nothing. */
export function providerFaults(metric: Metric): readonly ProviderFault[] {
  const { datadog, newRelic, wavefront, graphite, influxdb, skywalking, kayenta } = metric.provider;
  return [
    ...(datadog === undefined ? [] : datadogFaults(datadog)),
    ...(newRelic === undefined ? [] : queried(newRelic.query, 'provider.newRelic', 'NRQL')),
    ...(newRelic === undefined ? [] : secretName(newRelic.profile, 'provider.newRelic.profile')),
    ...(wavefront === undefined ? [] : wavefrontFaults(wavefront)),
    ...(graphite === undefined ? [] : graphiteFaults(graphite)),
    ...(influxdb === undefined ? [] : queried(influxdb.query, 'provider.influxdb', 'Flux')),
    ...(influxdb === undefined ? [] : secretName(influxdb.profile, 'provider.influxdb.profile')),
    ...(skywalking === undefined ? [] : skywalkingFaults(skywalking)),
    ...(kayenta === undefined ? [] : kayentaFaults(kayenta, metric.interval)),
  ];
}

function fault(field: string, found: string, allowed: string, remedy: string): ProviderFault {
  return { field, found, allowed, remedy };
}

function queried(query: string | undefined, base: string, language: string): ProviderFault[] {
  if (query !== undefined && query.trim() !== '') return [];
  return [fault(`${base}.query`, 'empty', 'a query is required', `write the ${language}`)];
}

function addressed(address: string | undefined, base: string): ProviderFault[] {
  const isAddress = /^\s*https?:\/\/[^\s/?#]+\S*\s*$/.test(address ?? '');
  if (isAddress || isTemplated(address)) return [];
  const found = address === '' ? 'empty' : valueText(address);
  return [fault(`${base}.address`, found, 'it must be an http or https address', 'write the whole address')];
}

function spanOf(text: string | undefined, field: string): ProviderFault[] {
  if (text === undefined || text === '' || isTemplated(text)) return [];
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return [];
  const remedy = 'write a number and a unit, such as 30s or 5m';
  return [fault(field, valueText(text), 'it must be a duration above 0', remedy)];
}

function secretName(name: string | undefined, field: string): ProviderFault[] {
  if (name === undefined || name === '' || isTemplated(name)) return [];
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) return [];
  return [fault(field, valueText(name), 'it must be the name of a Secret', 'correct the name')];
}

const datadogField = 'provider.datadog';

/** The rules of Argo Rollouts: what v1 has not, and what is one answer only together with a formula. */
function datadogFaults(settings: Settings<'datadog'>): ProviderFault[] {
  const { query = '', formula = '', aggregator, apiVersion = 'v1', interval, requestTimeout, secretRef } = settings;
  const names = Object.keys(settings.queries ?? {});
  const has = query.trim() !== '';
  const at = (field: string): string => `${datadogField}.${field}`;
  const rules: readonly (readonly [boolean, ProviderFault])[] = [
    [!has && names.length === 0, fault(at('query'), 'empty', 'query or queries is required', 'write one of them')],
    [has && names.length > 0, fault(at('queries'), 'set beside query', 'one of both may be set', 'remove one')],
    [
      apiVersion === 'v1' && names.length > 0,
      fault(at('queries'), 'set', 'apiVersion v1 knows query only', 'set apiVersion to v2'),
    ],
    [
      formula !== '' && names.length === 0,
      fault(at('formula'), 'set without queries', 'a formula refers to queries by their names', 'name them in queries'),
    ],
    [
      formula === '' && names.length > 1,
      fault(at('formula'), 'unset', 'several queries are one value only by a formula', 'write the formula'),
    ],
    [
      apiVersion === 'v1' && aggregator !== undefined,
      fault(at('aggregator'), valueText(aggregator), 'apiVersion v1 has none', 'set apiVersion to v2 or remove it'),
    ],
  ];
  return [
    ...rules.flatMap(([broken, one]) => (broken ? [one] : [])),
    ...spanOf(interval, at('interval')),
    ...spanOf(requestTimeout, at('requestTimeout')),
    ...secretName(secretRef?.name, at('secretRef.name')),
  ];
}

/** A host name, as Wavefront's own tools take it; with a scheme it is taken as it is. */
function wavefrontFaults({ address, query }: Settings<'wavefront'>): ProviderFault[] {
  const base = 'provider.wavefront';
  const isHost = /^(https?:\/\/)?[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:\d{1,5})?\/?$/.test(address ?? '');
  const allowed = 'it must be a host name such as example.wavefront.com';
  const found = address === '' ? 'empty' : valueText(address);
  return [
    ...(isHost || isTemplated(address) ? [] : [fault(`${base}.address`, found, allowed, 'write the host name')]),
    ...queried(query, base, 'query'),
  ];
}

function graphiteFaults({ address, query }: Settings<'graphite'>): ProviderFault[] {
  const base = 'provider.graphite';
  const missing = queried(query, base, 'query');
  const names = missing.length > 0 || isTemplated(query) || /(^|&)\s*target=/.test(query?.trim() ?? '');
  const remedy = 'write it like target=sumSeries(a.b.*)&from=-5min';
  const untargeted = fault(
    `${base}.query`,
    'without target=',
    'it is what follows /render? and names a target',
    remedy,
  );
  return [...addressed(address, base), ...missing, ...(names ? [] : [untargeted])];
}

function skywalkingFaults({ address, query, interval }: Settings<'skywalking'>): ProviderFault[] {
  const base = 'provider.skywalking';
  return [...addressed(address, base), ...queried(query, base, 'GraphQL'), ...spanOf(interval, `${base}.interval`)];
}

type Scope = NonNullable<Settings<'kayenta'>['scopes']>[number];

function kayentaFaults(settings: Settings<'kayenta'>, interval: string | undefined): ProviderFault[] {
  const base = 'provider.kayenta';
  const { canaryConfigName = '', threshold, scopes = [], lookback } = settings;
  const names = scopes.map(({ name = '' }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const faults = [...addressed(settings.address, base)];
  if (canaryConfigName === '')
    faults.push(fault(`${base}.canaryConfigName`, 'empty', 'a canary configuration is required', 'name it'));
  faults.push(...thresholdFaults(threshold, `${base}.threshold`));
  if (scopes.length === 0) faults.push(fault(`${base}.scopes`, 'empty', 'there must be a scope to compare', 'add one'));
  if (twice !== undefined)
    faults.push(fault(`${base}.scopes`, `${valueText(twice)} twice`, 'names of scopes must be unique', 'rename one'));
  const isOpen = scopes.some((scope) => !scope.controlScope?.start && !scope.experimentScope?.start);
  if (isOpen && lookback !== true && interval === undefined) {
    const remedy = 'set the interval of the metric, start, or lookback';
    faults.push(fault('interval', 'unset', 'a scope without start begins one interval ago', remedy));
  }
  return [...faults, ...scopes.flatMap((scope, index) => scopeFaults(scope, `${base}.scopes[${index}]`))];
}

function thresholdFaults(threshold: Settings<'kayenta'>['threshold'], field: string): ProviderFault[] {
  const { pass, marginal } = threshold ?? {};
  if (pass === undefined || marginal === undefined)
    return [fault(field, 'incomplete', 'pass and marginal are required', 'set both')];
  if (pass >= marginal) return [];
  return [fault(`${field}.marginal`, valueText(marginal), `it must not be above pass, which is ${pass}`, 'lower it')];
}

function scopeFaults({ name = '', controlScope, experimentScope }: Scope, field: string): ProviderFault[] {
  const unnamed = name === '' ? [fault(`${field}.name`, 'empty', 'a scope needs a name', 'name it')] : [];
  const halves = (['start', 'end'] as const).flatMap((edge) => {
    if (Boolean(controlScope?.[edge]) === Boolean(experimentScope?.[edge])) return [];
    const allowed = `controlScope.${edge} and experimentScope.${edge} must both be set or both be unset`;
    return [fault(field, `with one ${edge}`, allowed, 'set or remove both')];
  });
  return [...unnamed, ...halves];
}
