/**
 * What stands in a cluster, object by object, so that a test can say "nothing was changed". Everything that can be listed is
 * in it, but events (the news of a refusal is one) and what beats by itself: leases, nodes, the API server's own objects.
 */

import { z } from 'zod';
import type { BedApi } from '../../bed/api.ts';
import { eventually } from '../../bed/eventually.ts';

/** `Kind group/name` → uid and resourceVersion. */
export type Objects = ReadonlyMap<string, string>;
/** By namespace; cluster-scoped objects are under ''. */
export type Snapshot = ReadonlyMap<string, Objects>;

const Resources = z.object({
  resources: z.array(
    z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()) }),
  ),
});
const Groups = z.object({
  groups: z.array(z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const List = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string().optional(),
        uid: z.string().optional(),
        resourceVersion: z.string().optional(),
      }),
    }),
  ),
});

const beating = new Set(['events', 'leases', 'leasecandidates', 'nodes', 'componentstatuses', 'ipaddresses']);
const beatingGroups = new Set(['flowcontrol.apiserver.k8s.io', 'apiregistration.k8s.io']);

interface Listed {
  readonly path: string;
  readonly kind: string;
  readonly group: string;
}

export async function takeSnapshot(api: BedApi): Promise<Snapshot> {
  const taken = new Map<string, Map<string, string>>();
  for (const listed of await kindsOf(api)) {
    const { items } = List.parse(await listOf(api, listed.path));
    for (const { metadata } of items) {
      const namespace = metadata.namespace ?? '';
      const objects = taken.get(namespace) ?? new Map<string, string>();
      taken.set(namespace, objects);
      objects.set(`${listed.kind} ${listed.group}/${metadata.name}`, `${metadata.uid} ${metadata.resourceVersion}`);
    }
  }
  return taken;
}

/** The first list of a kind may be answered "storage is (re)initializing". */
async function listOf(api: BedApi, path: string): Promise<unknown> {
  const { body } = await eventually(
    `GET ${path} is answered`,
    async (saw) => {
      const answer = await api.request('GET', path);
      saw(answer);
      return answer.status === 200 && answer;
    },
    { withinMs: 20_000, everyMs: 200 },
  );
  return body;
}

async function kindsOf(api: BedApi): Promise<readonly Listed[]> {
  const { groups } = Groups.parse(await api.get('/apis'));
  const versions = groups
    .filter(({ name }) => !beatingGroups.has(name))
    .map(({ name, preferredVersion }) => ({ group: name, path: `/apis/${preferredVersion.groupVersion}` }));
  const found: Listed[] = [];
  for (const { group, path } of [{ group: '', path: '/api/v1' }, ...versions]) {
    const { resources } = Resources.parse(await api.get(path));
    found.push(
      ...resources
        .filter(({ name, verbs }) => verbs.includes('list') && !name.includes('/') && !beating.has(name))
        .map(({ name, kind }) => ({ path: `${path}/${name}`, kind, group })),
    );
  }
  return found;
}

/** What became different in a namespace, one line each; nothing when all objects are the same in the same version. */
export function changesIn(namespace: string, before: Snapshot, after: Snapshot): readonly string[] {
  const old = before.get(namespace) ?? new Map<string, string>();
  const now = after.get(namespace) ?? new Map<string, string>();
  const lost = [...old].filter(([object]) => !now.has(object)).map(([object]) => `${object} is gone`);
  const others = [...now].flatMap(([object, version]) => {
    const was = old.get(object);
    if (was === version) return [];
    return [was === undefined ? `${object} is new` : `${object} is changed (${was} to ${version})`];
  });
  return [...lost, ...others];
}
