/** The kinds that a CustomResourceDefinition serves, one for each served version. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { shelfName } from './builtin-shelves.ts';
import { listAt, objectAt, objectsAt, stringAt, textOf } from './json-access.ts';
import { compiledSchema } from './compiled-schema.ts';
import { type KindRules, plainRules } from './kind-rules.ts';
import { customPrinter } from './printing/custom-printer.ts';
import type { ScalePaths, ServedKind, Subresource } from './served-kind.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const readWrite = ['get', 'patch', 'update'];

export function customKinds(definition: JsonObject): readonly ServedKind[] {
  return objectsAt(definition, 'spec', 'versions')
    .filter((version) => version.served === true)
    .map((version) => customKind(objectAt(definition, 'spec'), version));
}

const rules: KindRules = {
  ...plainRules,
  generation: 'content',
  needsVersion: true,
  unsupportedField: (field) => `field label not supported: ${field}`,
};

function customKind(spec: JsonObject, version: JsonObject): ServedKind {
  const names = objectAt(spec, 'names');
  const group = stringAt(spec, 'group');
  const kind = stringAt(names, 'kind');
  const plural = stringAt(names, 'plural');
  const name = stringAt(version, 'name');
  const subresources = objectAt(version, 'subresources');
  return {
    group,
    version: name,
    kind,
    plural,
    listKind: stringAt(names, 'listKind') || `${kind}List`,
    singular: stringAt(names, 'singular') || kind.toLowerCase(),
    namespaced: stringAt(spec, 'scope') !== 'Cluster',
    shortNames: textsAt(names, 'shortNames'),
    categories: textsAt(names, 'categories'),
    verbs,
    shelf: shelfName(group, plural),
    schema: compiledSchema(version, { group, version: name, kind }),
    subresources: subresourcesOf(kind, subresources),
    hasStatus: subresources.status !== undefined,
    scale: scaleOf(subresources),
    rules: { ...rules, selectable: selectableFields(version) },
    printer: customPrinter(version),
  };
}

function textsAt(object: JsonObject, key: string): readonly string[] {
  return listAt(object, key).filter((one) => typeof one === 'string');
}

function subresourcesOf(kind: string, { status, scale }: JsonObject): readonly Subresource[] {
  return [
    ...(status === undefined ? [] : [{ name: 'status', group: '', version: '', kind, verbs: readWrite }]),
    ...(scale === undefined
      ? []
      : [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWrite }]),
  ];
}

function scaleOf({ scale }: JsonObject): ScalePaths | undefined {
  if (scale === undefined) return undefined;
  const paths = objectAt({ scale }, 'scale');
  const selector = stringAt(paths, 'labelSelectorPath');
  return {
    specReplicas: keysOf(stringAt(paths, 'specReplicasPath')),
    statusReplicas: keysOf(stringAt(paths, 'statusReplicasPath')),
    ...(selector === '' ? {} : { selector: keysOf(selector) }),
  };
}

/** `.spec.replicas` to its keys. */
function keysOf(path: string): readonly string[] {
  return path.split('.').filter((key) => key !== '');
}

function selectableFields(version: JsonObject): KindRules['selectable'] {
  const paths = objectsAt(version, 'selectableFields').map((one) => keysOf(stringAt(one, 'jsonPath')));
  return Object.fromEntries(paths.map((keys) => [keys.join('.'), (object: JsonObject) => textAtPath(object, keys)]));
}

function textAtPath(object: JsonObject, keys: readonly string[]): string {
  const parent = objectAt(object, ...keys.slice(0, -1));
  return textOf(parent[keys.at(-1) ?? '']);
}
