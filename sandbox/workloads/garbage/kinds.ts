/**
 * Which kinds can be listed, watched and deleted: the built-in ones by the server's discovery, the others as their
 * definitions come and go.
 */

import { isJsonObject } from '../../../crds/schema/json.ts';
import type { JsonObject, KindRef, Transport } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { sentenceOf } from '../../../kube/client.ts';
import { listOf, textOf } from '../../../kube/json.ts';
import { objectsIn } from '../views.ts';

const needed = ['list', 'watch', 'delete'] as const;

/** All kinds served now, each in its group's preferred version, Events left out. Rejects when the server gives no answer. */
export async function servedKinds(transport: Transport): Promise<readonly KindRef[]> {
  const groups = objectsIn(await read(transport, '/apis'), 'groups');
  const named = groups.map((group) => ({
    group: textOf(group, 'name') ?? '',
    path: `/apis/${textOf(group, 'preferredVersion', 'groupVersion') ?? ''}`,
  }));
  const all = [{ group: '', path: '/api/v1' }, ...named];
  const answers = await Promise.all(all.map(async (one) => ({ ...one, list: await read(transport, one.path) })));
  return answers.flatMap(({ group, list }) => kindsIn(group, objectsIn(list, 'resources')));
}

async function read(transport: Transport, path: string): Promise<JsonObject> {
  const result = await transport.send({ method: 'GET', path, pool: 'read' });
  if (result.kind === 'ok') return result.object;
  throw new Error(`the API server's kinds could not be read at ${path}: ${sentenceOf(result)}`);
}

function kindsIn(group: string, resources: readonly JsonObject[]): KindRef[] {
  return resources
    .filter((one) => needed.every((verb) => listOf(one, 'verbs').includes(verb)))
    .filter((one) => textOf(one, 'name')?.includes('/') === false)
    .map((one) => ({ group, kind: textOf(one, 'kind') ?? '' }))
    .filter(({ kind }) => kind !== '' && kind !== 'Event');
}

/** The kind that a CustomResourceDefinition defines, once the server serves it. */
export function kindDefined(definition: RawObject): KindRef | undefined {
  const established = objectsIn(definition, 'status', 'conditions').some(
    (one) => one.type === 'Established' && one.status === 'True',
  );
  const group = textOf(definition, 'spec', 'group');
  const kind = textOf(definition, 'spec', 'names', 'kind');
  const isServed = listOf(definition, 'spec', 'versions').some((one) => isJsonObject(one) && one.served === true);
  return established && isServed && group !== undefined && kind !== undefined ? { group, kind } : undefined;
}
