/**
 * The one list of fields that the schemas know and this version does not act on. A field of the list that is set is refused,
 * never silently ignored.
 */

import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectText, type Problem, problem, valueText } from './problem.ts';
import { GatewayPluginConfig, gatewayPluginName } from './traffic-routing.ts';

/** A dotted path; `[]` stands for every item of a list. With `value`, only that value is not supported, but `instead` is. */
interface Entry {
  readonly path: string;
  readonly value?: string;
  readonly instead?: string;
}

/** The only metrics backend of Argo that is a Go binary of its own. */
const metricPlugins: readonly Entry[] = [{ path: 'spec.metrics[].provider.plugin' }];

/** By kind. A kind with the path `spec` is not supported as a whole. */
const notSupported: Readonly<Record<string, readonly Entry[]>> = {
  AnalysisTemplate: metricPlugins,
  ClusterAnalysisTemplate: metricPlugins,
  AnalysisRun: metricPlugins,
  GitSync: [
    { path: 'spec.sync', value: 'observe', instead: '"apply"' },
    { path: 'spec.revert.mode', value: 'pullRequest', instead: '"push" or "report"' },
  ],
};

/** Fields set to what unset means anyway are harmless. */
function isUnset(value: Json | undefined): boolean {
  return value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);
}

interface Found {
  readonly path: string;
  readonly value: Json | undefined;
}

function descend(from: readonly Found[], part: string): Found[] {
  const name = part.replace('[]', '');
  return from.flatMap(({ path, value }) => {
    const next = isJsonObject(value) ? value[name] : undefined;
    const at = path === '' ? name : `${path}.${name}`;
    if (!part.endsWith('[]')) return [{ path: at, value: next }];
    return Array.isArray(next) ? next.map((item: Json, index) => ({ path: `${at}[${index}]`, value: item })) : [];
  });
}

function findField(object: JsonObject, path: string): Found[] {
  return path.split('.').reduce<Found[]>((from, part) => descend(from, part), [{ path: '', value: object }]);
}

function refusal(object: JsonObject, field: string, found: Json | undefined, instead?: string): Problem {
  const isPlain = typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean';
  const parts = {
    object: nameOf(object),
    found: isPlain ? valueText(found) : 'set',
    allowed: instead === undefined ? 'it must be left out in this version' : `in this version it must be ${instead}`,
    remedy: instead === undefined ? 'remove it' : 'change it',
  };
  return { ...problem({ ...parts, field: `not supported yet: ${field}` }), field };
}

/** `Kind namespace/name`; the kind alone where the object has no name. */
function nameOf({ kind, metadata }: JsonObject): string {
  const kindText = typeof kind === 'string' ? kind : '';
  const { name, namespace } = isJsonObject(metadata) ? metadata : {};
  if (typeof name !== 'string') return kindText;
  const where = typeof namespace === 'string' ? { namespace } : {};
  return objectText({ kind: kindText, metadata: { name, ...where } });
}

const pluginsPath = 'spec.strategy.canary.trafficRouting.plugins';
const pluginFields: readonly string[] = Object.keys(GatewayPluginConfig.shape);
const pluginRouteFields: readonly string[] = ['name', 'ruleName', 'useHeaderRoutes'];

function pluginRoute(object: JsonObject, field: string, route: Json): Problem[] {
  return Object.entries(isJsonObject(route) ? route : {})
    .filter(([key, value]) => !pluginRouteFields.includes(key) && !isUnset(value))
    .map(([key, value]) => refusal(object, `${field}.${key}`, value));
}

/** Set fields of the Gateway API plugin besides those that are understood. */
function pluginConfig(object: JsonObject, config: JsonObject): Problem[] {
  const base = `${pluginsPath}["${gatewayPluginName}"]`;
  const own = Object.entries(config).filter(([key, value]) => !pluginFields.includes(key) && !isUnset(value));
  const ofRoutes = Object.entries(config).flatMap(([list, routes]) =>
    Array.isArray(routes)
      ? routes.flatMap((route: Json, index) => pluginRoute(object, `${base}.${list}[${index}]`, route))
      : [],
  );
  return [...own.map(([key, value]) => refusal(object, `${base}.${key}`, value)), ...ofRoutes];
}

function plugins(object: JsonObject): Problem[] {
  return findField(object, pluginsPath).flatMap(({ value }) =>
    Object.entries(isJsonObject(value) ? value : {}).flatMap(([name, config]) => {
      if (name !== gatewayPluginName) return [refusal(object, `${pluginsPath}["${name}"]`, {})];
      return isJsonObject(config) ? pluginConfig(object, config) : [];
    }),
  );
}

function applies(entry: Entry, found: Found): boolean {
  return entry.value === undefined ? !isUnset(found.value) : found.value === entry.value;
}

/**
 * Every field set in the object that is not acted on yet, with its concrete path and a sentence that has `not supported yet: <field>`.
 * Takes any of the kinds as it came from the API server or from Git; other kinds give nothing.
 */
export function unsupportedFields(object: { readonly kind: string }): Problem[] {
  const json = object as unknown as JsonObject;
  const listed = (notSupported[object.kind] ?? []).flatMap((entry) =>
    findField(json, entry.path)
      .filter((found) => applies(entry, found))
      .map((found) => refusal(json, found.path, found.value, entry.instead)),
  );
  return object.kind === 'Rollout' ? [...listed, ...plugins(json)] : listed;
}

/** True when a field of the CRD, by its path with `[]` for lists, is refused with every object that sets it. */
export function isRefused(kind: string, path: string): boolean {
  return (notSupported[kind] ?? []).some(
    (entry) =>
      entry.value === undefined &&
      (path === entry.path || path.startsWith(`${entry.path}.`) || path.startsWith(`${entry.path}[]`)),
  );
}
