/**
 * Random creates, applies and patches, sent to a real API server and to the simulated one: objects, owners of fields and
 * conflicts must be the same. A failure is shrunk to the shortest series of writes that still tells them apart.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { apiServer } from '../../sandbox/api-server/api-server.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { httpsTarget } from '../conformance/https-target.ts';
import { inProcessTarget, steppedClock } from '../conformance/in-process-target.ts';
import type { Target, TargetAnswer, TargetRequest } from '../conformance/target.ts';
import { definition, type RandomKind, randomKinds, type RandomWrite } from './random-writes.ts';

let cluster: Cluster | undefined;
let servers: readonly Target[] = [];
let made = 0;

beforeAll(async () => {
  if (clusterMissing() !== undefined) return;
  cluster = await startCluster({ controllerManager: false });
  const clock = steppedClock(Date.UTC(2026, 0, 5));
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  servers = [
    httpsTarget({ server: cluster.server, caData: cluster.caData, token: cluster.adminToken }),
    inProcessTarget(apiServer({ clock, random }), clock),
  ];
  await both(
    'POST',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    {},
    definition as unknown as JsonObject,
  );
  await eventually('both servers serve the definition', async () => {
    const answers = await both('GET', '/apis/random.example.com/v1/namespaces/default/foos', {});
    return answers.every(({ status }) => status === 200);
  });
}, 60_000);

afterAll(() => cluster?.stop());

function both(
  method: string,
  path: string,
  query: TargetRequest['query'],
  body?: JsonObject,
  contentType = 'application/json',
) {
  const request = { method, path, query, contentType, accept: 'application/json', userAgent: 'random/1.0' };
  return Promise.all(servers.map((server) => server.request(body === undefined ? request : { ...request, body })));
}

/** One series of writes to an object of its own; gives how many were carried out. */
async function compareSeries(
  kind: RandomKind,
  first: 'create' | 'apply',
  writes: readonly RandomWrite[],
): Promise<void> {
  const name = `o${++made}`;
  const whole = (body: JsonObject): JsonObject => ({
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...body,
    metadata: { ...(isJsonObject(body['metadata']) ? body['metadata'] : {}), name },
  });
  const at = `${kind.path}/${name}`;
  const query = { fieldManager: 'first' };
  const applyType = 'application/apply-patch+yaml';
  if (first === 'create') same(await both('POST', kind.path, query, whole(kind.base)));
  else same(await both('PATCH', at, query, whole(kind.base), applyType));
  for (const { how, manager, body } of writes) {
    const by = { fieldManager: manager, ...(how === 'force' ? { force: 'true' } : {}) };
    if (how === 'merge') same(await both('PATCH', at, by, body, 'application/merge-patch+json'));
    else same(await both('PATCH', at, by, whole(body), applyType));
  }
}

function same([real, sandbox]: readonly (TargetAnswer | undefined)[]): void {
  expect(comparable(sandbox)).toEqual(comparable(real));
}

const byChance = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'generation']);

/** Without what the clock or chance chose; the causes of a conflict come in any order from a real server. */
function comparable(answer: TargetAnswer | undefined): JsonObject {
  const body = answer?.body;
  if (!isJsonObject(body)) return { status: answer?.status };
  const details = isJsonObject(body['details']) ? body['details'] : {};
  if (body['kind'] === 'Status') return { status: answer?.status, causes: ordered(details['causes']) };
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !byChance.has(key)));
  return { status: answer?.status, body: { ...body, metadata: { ...kept, managedFields: ordered(timeless(kept)) } } };
}

/** Whether a manager has a time matters, the time itself doesn't, nor the order that follows from it. */
function timeless(metadata: JsonObject): Json | undefined {
  const listed = metadata['managedFields'];
  if (!Array.isArray(listed)) return undefined;
  const managers: readonly Json[] = listed;
  return managers.map((one) => (isJsonObject(one) && one['time'] !== undefined ? { ...one, time: 'some' } : one));
}

function ordered(list: Json | undefined): Json {
  if (!Array.isArray(list)) return [];
  const items: readonly Json[] = list;
  const key = (item: Json): string => JSON.stringify(item, Object.keys(isJsonObject(item) ? item : {}).toSorted());
  return items.toSorted((a, b) => key(a).localeCompare(key(b)));
}

describe.skipIf(clusterMissing() !== undefined)('field ownership of the simulated API server', () => {
  it.each(randomKinds)(
    'is that of a real one for $kind',
    async (kind) => {
      const first = fc.constantFrom('create' as const, 'apply' as const);
      const series = fc.asyncProperty(first, kind.writes, (how, writes) => compareSeries(kind, how, writes));
      await fc.assert(series, { numRuns: 60, seed: 20_260_105, endOnFailure: false });
    },
    60_000,
  );
});
