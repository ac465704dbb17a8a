/** Installs the generated definitions into a test cluster, and asks the server what it thinks of an object. */

import { z } from 'zod';
import { crdManifests } from '../../crds/manifests.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { Cluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';

const Manifest = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ group: z.string(), names: z.object({ plural: z.string() }) }),
});
const Definition = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string() })) }),
});

/** The part of a Status that tests read. */
export const Refusal = z.object({ message: z.string() });

export interface BareObject {
  apiVersion: string;
  kind: string;
}

const base = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Creates one definition and waits until its kind is served; gives what is wrong with it. */
async function install(cluster: Cluster, manifest: JsonObject): Promise<string[]> {
  const { metadata, spec } = Manifest.parse(manifest);
  const created = await cluster.api.request('POST', base, manifest);
  if (created.status === 409) return [];
  if (created.status !== 201) return [`${metadata.name}: ${Refusal.parse(created.body).message}`];
  const conditions = await eventually(`${metadata.name} is established`, async () => {
    const found = Definition.parse(await cluster.api.get(`${base}/${metadata.name}`)).status.conditions;
    return found.some(({ type, status }) => type === 'Established' && status === 'True') ? found : undefined;
  });
  await eventually(`${spec.names.plural}.${spec.group} is served`, async () => {
    const answer = await cluster.api.request('GET', `/apis/${spec.group}/v1alpha1/${spec.names.plural}`);
    return answer.status === 200;
  });
  return conditions.flatMap(({ type, status, message }) => {
    const good = ['NamesAccepted', 'Established'].includes(type) ? 'True' : 'False';
    return status === good ? [] : [`${metadata.name} ${type}: ${message}`];
  });
}

/** Installs all definitions of a dialect (those already there are kept); gives one sentence per fault. */
export async function installCrds(cluster: Cluster, dialect: Dialect): Promise<string[]> {
  const problems: string[] = [];
  for (const manifest of crdManifests(dialect)) problems.push(...(await install(cluster, manifest)));
  return problems;
}

/** Creates an object as a strict dry run in the namespace default; gives the server's refusal, or '' when it is accepted. */
export async function refusalOf(cluster: Cluster, plural: string, object: BareObject): Promise<string> {
  const scope = plural.startsWith('cluster') ? '' : 'namespaces/default/';
  const path = `/apis/${object.apiVersion}/${scope}${plural}?dryRun=All&fieldValidation=Strict`;
  const answer = await cluster.api.request('POST', path, { ...object, metadata: { name: 'example' } });
  return answer.status === 201 ? '' : Refusal.parse(answer.body).message;
}
