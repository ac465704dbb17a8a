/**
 * Makes builtin-schemas.jsonl from the OpenAPI documents of a real API server. Run by hand when the version changes:
 *   node sandbox/api-server/schema/record.ts <documents> <modules> > sandbox/api-server/schema/builtin-schemas.jsonl
 * `documents` is a folder with what `kubectl get --raw /openapi/v3/apis/apps/v1` and its like give, `modules` the folder
 * with Kubernetes' Go modules (api@v0.36.3, ...): OpenAPI does not say which empty values the server leaves out.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import { emptyFields } from './record-go.ts';

/** What the sandbox serves. */
const kinds = new Set(
  (
    'Namespace Pod Service ConfigMap Secret ServiceAccount Event Node PersistentVolumeClaim ReplicaSet Deployment Scale Job ' +
    'EndpointSlice Lease PodDisruptionBudget Eviction Binding HorizontalPodAutoscaler Role RoleBinding ClusterRole ' +
    'ClusterRoleBinding CustomResourceDefinition TokenRequest TokenReview SelfSubjectAccessReview SubjectAccessReview ' +
    'SelfSubjectRulesReview'
  ).split(' '),
);

/** Parts nobody explains: their descriptions are half of the size. */
const terse =
  /VolumeSource$|Projection$|EphemeralContainer|JSONSchemaProps|ValidationRule|DeleteOptions|TopologySpread|Affinity|WindowsSecurity|ResourceClaim|PodCertificate|PreferredScheduling|NodeConfig|NodeRuntime|NodeSwap|AttachedVolume|ImageVolume|VolumeAttributes|Condition$|NodeSelector|Webhook|PersistentVolumeClaimStatus|FileKeySelector|Workload|api\.auth|PodSchedulingGate/;

/** Only of use to strategic merge patches, which are not served. */
const dropped = new Set(['x-kubernetes-patch-merge-key', 'x-kubernetes-patch-strategy', 'x-kubernetes-unions']);

function main(folder: string, modules: string): void {
  const known = readAll(folder);
  const needed = new Map<string, JsonObject>();
  for (const [name, schema] of known) {
    const served = gvksOf(schema).some((one) => kinds.has(textAt(one, 'kind')));
    if (served && gvksOf(schema).length < 3) collect(name, known, needed);
  }
  const lines = [...needed.keys()].toSorted().map((name) => {
    const { omitted, nullTimes, written } = emptyFields(modules, name);
    const schema = {
      ...shrink(needed.get(name) ?? {}, terse.test(name)),
      ...(omitted.length === 0 ? {} : { 'x-zero-omitted': omitted }),
      ...(nullTimes.length === 0 ? {} : { 'x-null-times': nullTimes }),
      ...(written.length === 0 ? {} : { 'x-zero-written': written }),
    };
    return JSON.stringify([name, schema]);
  });
  const about =
    'Schemas of the builtin kinds, taken from kube-apiserver v1.36.3 (/openapi/v3) and shrunk by record.ts; do not edit.';
  process.stdout.write(`${JSON.stringify({ about })}\n${lines.join('\n')}\n`);
}

function readAll(folder: string): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const document: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const components = isJsonObject(document) ? document['components'] : undefined;
    const schemas = isJsonObject(components) ? components['schemas'] : undefined;
    for (const [name, schema] of Object.entries(isJsonObject(schemas) ? schemas : {})) {
      if (isJsonObject(schema)) found.set(name, schema);
    }
  }
  return found;
}

function collect(name: string, known: ReadonlyMap<string, JsonObject>, needed: Map<string, JsonObject>): void {
  const schema = known.get(name);
  if (schema === undefined || needed.has(name)) return;
  needed.set(name, schema);
  for (const match of JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    collect(match[1] ?? '', known, needed);
  }
}

function gvksOf(schema: JsonObject): readonly JsonObject[] {
  const listed = schema['x-kubernetes-group-version-kind'];
  return Array.isArray(listed) ? listed.filter(isJsonObject) : [];
}

function shrink(value: JsonObject, withoutText: boolean): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) {
    if (dropped.has(key) || member === undefined) continue;
    if (key === 'x-kubernetes-group-version-kind' && Array.isArray(member) && member.length > 3) continue;
    if (key === 'description' && typeof member === 'string' && withoutText) continue;
    // Members of `properties` are names of fields, whatever they are called.
    kept[key] =
      key === 'properties' && isJsonObject(member) ? fieldsOf(member, withoutText) : deeper(member, withoutText);
  }
  return kept;
}

function fieldsOf(properties: JsonObject, withoutText: boolean): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      isJsonObject(schema) ? shrink(schema, withoutText) : schema,
    ]),
  );
}

function deeper(value: Json, withoutText: boolean): Json {
  if (Array.isArray(value)) return value.map((item: Json) => deeper(item, withoutText));
  return isJsonObject(value) ? shrink(value, withoutText) : value;
}

main(process.argv[2] ?? '.', process.argv[3] ?? '.');
