/** Part of S15: server-side applies that change nothing. Such a request leaves no commit, so requests are counted. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Moment, Say } from './invariant.ts';
import { canonical, isSameJson, listOf, objectOf, textOf } from './read-json.ts';
import { bodyOf, type RequestSeen, targetOf } from './request-seen.ts';

/** One may be a look after a doubt, two may be a restart on top. */
const mostInVain = 2;

/** The same apply of one version of an object, and how often it came. */
interface Repeated {
  readonly what: string;
  readonly count: number;
}

/** Told of every request; dry runs, Leases and Events are left out. */
export function applyCounter(): (request: RequestSeen, moment: Moment, say: Say) => void {
  const repeated = new Map<string, Repeated>();
  return (request, { cluster }, say) => {
    const target = targetOf(request.path);
    const isApply = request.method === 'PATCH' && request.contentType.startsWith('application/apply-patch');
    if (!isApply || target === undefined || target.isDryRun) return;
    if (target.resource === 'leases' || target.resource === 'events') return;
    const { group, resource, namespace, name, subresource } = target;
    const stored = cluster.byResource(group, resource, namespace, name)?.object;
    const body = bodyOf(request);
    if (stored === undefined || !isInVain(body, stored, target.fieldManager, subresource)) return;
    const what = `${textOf(stored, 'metadata', 'resourceVersion')} ${canonical(body)}`;
    const key = [group, resource, namespace, name, subresource].join('/');
    const known = repeated.get(key);
    const count = known?.what === what ? known.count + 1 : 1;
    repeated.set(key, { what, count });
    if (count > mostInVain)
      say(`${resource} ${namespace}/${name} was applied ${count} times although each time nothing was to be changed`);
  };
}

/** Every value stands there, and the manager owns what it applies and no more. */
function isInVain(body: JsonObject, stored: JsonObject, manager: string, subresource: string): boolean {
  const entry = listOf(stored, 'metadata', 'managedFields').find(
    (one) =>
      one['manager'] === manager && one['operation'] === 'Apply' && (textOf(one, 'subresource') ?? '') === subresource,
  );
  if (entry === undefined || !stands(body, stored)) return false;
  return ownsExactly(objectOf(entry, 'fieldsV1'), body, ['apiVersion', 'kind']);
}

/** Lists may have more fields per element by defaults, not more elements: that would be another list or another owner's. */
function stands(wanted: Json | undefined, stored: Json | undefined): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(stored)) return false;
    const there = stored as readonly Json[];
    return (wanted as readonly Json[]).every((one) => there.some((other) => stands(one, other)));
  }
  if (!isJsonObject(wanted)) return isSameJson(wanted, stored);
  return isJsonObject(stored) && Object.entries(wanted).every(([key, value]) => stands(value, stored[key]));
}

const identity = ['name', 'namespace', 'uid', 'resourceVersion'];

/** By fieldsV1, down to lists: what of a list is owned is not asked. */
function ownsExactly(fields: JsonObject, body: JsonObject, leftOut: readonly string[]): boolean {
  const applied = Object.keys(body).filter((key) => !leftOut.includes(key));
  const owned = Object.keys(fields)
    .filter((key) => key.startsWith('f:'))
    .map((key) => key.slice(2));
  if (owned.some((key) => !leftOut.includes(key) && !applied.includes(key))) return false;
  return applied.every((key) => {
    const [below, value] = [fields[`f:${key}`], body[key]];
    if (key === 'metadata' && isJsonObject(value) && leftOut.includes('kind'))
      return ownsExactly(isJsonObject(below) ? below : {}, value, identity);
    if (below === undefined) return false;
    const isLeaf = !isJsonObject(below) || !Object.keys(below).some((one) => one.startsWith('f:'));
    return isLeaf || !isJsonObject(value) || ownsExactly(below, value, []);
  });
}
