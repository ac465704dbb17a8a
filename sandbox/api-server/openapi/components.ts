/** The schemas of the published documents: those of the kinds and all that they refer to. */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import { builtinComponents, componentOf } from '../schema/builtin-shapes.ts';
import type { GroupVersion, PublishedKind } from './publish.ts';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** `io.k8s.api.apps.v1.Deployment`, or for custom kinds the group the other way round: `io.tidegate.v1alpha1.Rollout`. */
export function componentName({ group, version }: GroupVersion, { kind, schema }: PublishedKind): string {
  const own = `${group.split('.').toReversed().join('.')}.${version}.${kind}`;
  return schema.custom ? own : (componentOf(group, version, kind) ?? own);
}

export function componentsOf(groupVersion: GroupVersion, kinds: readonly PublishedKind[]): JsonObject {
  const found = new Map<string, JsonObject>();
  for (const one of kinds) {
    const name = componentName(groupVersion, one);
    if (one.schema.custom) {
      found.set(name, customComponent(one.schema.openapi, { ...groupVersion, kind: one.kind }));
      collect(objectMeta, found);
    } else collect(name, found);
  }
  const names = [...found.keys()].toSorted();
  return Object.fromEntries(names.map((name) => [name, found.get(name)]));
}

/** A component of the builtin kinds with all that it refers to. */
function collect(name: string, found: Map<string, JsonObject>): void {
  const schema = builtinComponents().get(name);
  if (schema === undefined || found.has(name)) return;
  const { 'x-zero-omitted': _omitted, 'x-zero-written': _written, 'x-null-times': _times, ...published } = schema;
  found.set(name, published);
  for (const reference of referencesIn(published)) collect(reference, found);
}

const prefix = '#/components/schemas/';
const known = new WeakMap<JsonObject, readonly string[]>();

function referencesIn(schema: JsonObject): readonly string[] {
  const made = known.get(schema);
  if (made !== undefined) return made;
  const references: string[] = [];
  walk(schema, references);
  known.set(schema, references);
  return references;
}

function walk(value: Json | undefined, references: string[]): void {
  if (Array.isArray(value)) for (const item of value as readonly Json[]) walk(item, references);
  if (!isJsonObject(value)) return;
  const reference = value['$ref'];
  if (typeof reference === 'string' && reference.startsWith(prefix)) references.push(reference.slice(prefix.length));
  for (const member of Object.values(value)) walk(member, references);
}

/** What a server adds to the schema of a definition: the fields that every object has. */
function customComponent(schema: JsonObject, gvk: JsonObject): JsonObject {
  const meta = builtinComponents().get('io.k8s.api.apps.v1.Deployment')?.['properties'];
  const common = isJsonObject(meta) ? meta : {};
  const own = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const described = (name: string): JsonObject => (isJsonObject(common[name]) ? common[name] : { type: 'string' });
  return {
    ...schema,
    properties: {
      ...own,
      apiVersion: described('apiVersion'),
      kind: described('kind'),
      metadata: {
        description: textAt(described('metadata'), 'description'),
        allOf: [{ $ref: prefix + objectMeta }],
      },
    },
    'x-kubernetes-group-version-kind': [gvk],
  };
}
