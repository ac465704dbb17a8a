/** Reads a kustomization file before kustomize does: every file and folder it leads to, and everything that is not allowed. Pure. */
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

export interface Reference {
  /** Where it stands, as in `resources[2]`. */
  readonly field: string;
  readonly target: string;
  readonly wants: 'file' | 'folder' | 'any';
  /** Generators, transformers and validators: the file configures a plugin and is looked at as well. */
  readonly plugin?: true;
}

export interface Scan {
  readonly references: readonly Reference[];
  /** Sentences without the name of the file. */
  readonly refusals: readonly string[];
  /** Plugin configurations written in the kustomization itself. */
  readonly inlinePlugins: readonly { readonly field: string; readonly text: string }[];
}

export const KUSTOMIZATION_FILES: ReadonlySet<string> = new Set([
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
]);

const PLUGIN_FIELDS = ['generators', 'transformers', 'validators'] as const;
const HELM_FIELDS = ['helmCharts', 'helmChartInflationGenerator', 'helmGlobals'] as const;
const REMOTE =
  /^(?:[a-z][a-z0-9+.-]*:\/\/|[a-z0-9]+::|[^/\s]+@[^/\s]+:|(?:www\.)?(?:github|gitlab)\.com[/:]|bitbucket\.org[/:])|[?&](?:ref|version|submodules|timeout)=|_git\/|[^:/]\/\//i;

/** Whether kustomize would take this text for something to download. */
export function isRemote(target: string): boolean {
  return REMOTE.test(target);
}

/** Everything a kustomization refers to. */
export function scanKustomization(value: JsonObject): Scan {
  const refusals: string[] = HELM_FIELDS.filter((field) => value[field] !== undefined).map(
    (field) => `not supported yet: ${field}`,
  );
  const references: Reference[] = [
    ...texts(value, 'resources', 'any'),
    ...texts(value, 'bases', 'folder'),
    ...texts(value, 'components', 'folder'),
    ...texts(value, 'crds', 'file'),
    ...texts(value, 'configurations', 'file'),
    ...texts(value, 'patchesStrategicMerge', 'file').filter(isNotInline),
    ...paths(value, 'patches'),
    ...paths(value, 'patchesJson6902'),
    ...paths(value, 'replacements'),
    ...generatorFiles(value, 'configMapGenerator'),
    ...generatorFiles(value, 'secretGenerator'),
    ...openApi(value),
  ];
  const plugins = PLUGIN_FIELDS.flatMap((field) => texts(value, field, 'file'));
  references.push(...plugins.filter(isNotInline).map((reference) => ({ ...reference, plugin: true as const })));
  const inlinePlugins = plugins
    .filter((reference) => !isNotInline(reference))
    .map(({ field, target }) => ({ field, text: target }));
  for (const { field, target } of references) {
    if (isRemote(target))
      refusals.push(
        `${field} ${JSON.stringify(target)} is remote; only what lies in the repository is built, so copy it there`,
      );
  }
  return { references: references.filter(({ target }) => !isRemote(target)), refusals, inlinePlugins };
}

/** Why a plugin configuration is refused: programs, containers, charts and downloads; the builtin ones are fine. */
export function pluginProblem(value: Json): string | undefined {
  if (!isJsonObject(value)) return 'is not a plugin configuration';
  const { apiVersion, kind, metadata } = value;
  if (kind === 'HelmChartInflationGenerator') return 'is a Helm chart, which is not supported yet';
  const annotations = isJsonObject(metadata) && isJsonObject(metadata['annotations']) ? metadata['annotations'] : {};
  if (Object.keys(annotations).some((key) => /config\.(?:kubernetes|k8s)\.io\/function/.test(key)))
    return 'runs a program or container, which is not allowed';
  if (apiVersion !== 'builtin')
    return `has apiVersion ${JSON.stringify(apiVersion ?? null)}; only plugins of apiVersion "builtin" are allowed`;
  if (hasRemote(value, '')) return 'refers to something remote; only what lies in the repository is built';
  return undefined;
}

function hasRemote(value: Json | undefined, key: string): boolean {
  if (typeof value === 'string')
    return ['path', 'paths', 'files', 'envs', 'env'].includes(key) && isRemote(value.slice(value.indexOf('=') + 1));
  if (Array.isArray(value)) return (value as readonly Json[]).some((item) => hasRemote(item, key));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, member]) => hasRemote(member, name));
}

function isNotInline(reference: Reference): boolean {
  return !reference.target.includes('\n') && !/^\s*[{[]/.test(reference.target) && !/:\s/.test(reference.target);
}

function list(value: JsonObject, field: string): readonly Json[] {
  const found = value[field];
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

function texts(value: JsonObject, field: string, wants: Reference['wants']): Reference[] {
  return list(value, field).flatMap((target, index) =>
    typeof target === 'string' ? [{ field: `${field}[${index}]`, target, wants }] : [],
  );
}

function paths(value: JsonObject, field: string): Reference[] {
  return list(value, field).flatMap((item, index) => {
    const target = isJsonObject(item) ? item['path'] : undefined;
    return typeof target === 'string' && target !== ''
      ? [{ field: `${field}[${index}].path`, target, wants: 'file' as const }]
      : [];
  });
}

function generatorFiles(value: JsonObject, field: string): Reference[] {
  return list(value, field).flatMap((item, index) => {
    if (!isJsonObject(item)) return [];
    const at = `${field}[${index}]`;
    // `files` entries may be "key=path".
    const files = texts(item, 'files', 'file').map((reference) => ({
      ...reference,
      target: reference.target.slice(reference.target.indexOf('=') + 1),
    }));
    const env = typeof item['env'] === 'string' ? [{ field: 'env', target: item['env'], wants: 'file' as const }] : [];
    return [...files, ...texts(item, 'envs', 'file'), ...env].map((reference) => ({
      ...reference,
      field: `${at}.${reference.field}`,
    }));
  });
}

function openApi(value: JsonObject): Reference[] {
  const found = value['openapi'];
  const target = isJsonObject(found) ? found['path'] : undefined;
  return typeof target === 'string' && target !== '' ? [{ field: 'openapi.path', target, wants: 'file' }] : [];
}
