/**
 * The identity of a write, the same in every run: verb, resource, the role of the object and the fields that change.
 * Template hashes, commits and digests in names become roles (`rev2`, `commit1`), so that a plan made from one run fits another. Pure.
 */

import { isJsonObject, type JsonObject } from '../../../crds/schema/json.ts';
import { requestLabel } from '../../../kube/request-label.ts';
import type { Roles } from './roles.ts';

/** A request as a proxy or a transport sees it. */
export interface SeenWrite {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly contentType: string;
  readonly body: JsonObject | undefined;
}

/**
 * `patch rollouts.tidegate.io/status shop [status.abort status.verdict]`; undefined for what is no write (reads, reviews,
 * dry-runs) and for the two kinds of writes that are exempt: Leases and Events.
 */
export function writeIdentity(write: SeenWrite, roles: Roles): string | undefined {
  const { method } = write;
  if (!isMethod(method) || method === 'GET' || write.query.dryRun !== undefined) return undefined;
  const { verb, group, resource } = requestLabel({
    method,
    path: write.path,
    query: write.query,
    contentType: write.contentType,
  });
  const [plural = '', subresource] = resource.split('/');
  if (plural === 'leases' || plural === 'events' || plural.endsWith('reviews')) return undefined;
  const kind = group === '' ? plural : `${plural}.${group}`;
  const target = subresource === undefined ? kind : `${kind}/${subresource}`;
  const name = roles.name(plural, nameOf(write, plural));
  const fields = verb === 'patch' ? [...changedFields(write.body ?? {})] : [];
  return [verb, target, name, ...(fields.length === 0 ? [] : [`[${fields.join(' ')}]`])].join(' ');
}

function isMethod(method: string): method is 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method);
}

function nameOf(write: SeenWrite, plural: string): string {
  const segments = write.path.split('/').map(decodeURIComponent);
  const inPath = segments[segments.lastIndexOf(plural) + 1];
  if (inPath !== undefined) return inPath;
  const metadata = write.body?.metadata;
  if (!isJsonObject(metadata)) return '';
  const { name, generateName } = metadata;
  return typeof name === 'string' ? name : typeof generateName === 'string' ? `${generateName}*` : '';
}

/** Preconditions are no change. */
const preconditions: ReadonlySet<string> = new Set(['metadata.uid', 'metadata.resourceVersion']);
/** Counters that the same write carries or not, by how far the pods are just then: one name for all of them. */
const counters = /^status\.(?:\w*[rR]eplicas|HPAReplicas)$/;

/** Leaf paths of a merge patch, sorted; a list is a leaf, a key with dots stands in quotes. */
function changedFields(patch: JsonObject): ReadonlySet<string> {
  const found = new Set<string>();
  collect(patch, '', found);
  return new Set([...found].sort((a, b) => (a < b ? -1 : 1)));
}

function collect(value: JsonObject, prefix: string, found: Set<string>): void {
  for (const [key, inner] of Object.entries(value)) {
    const step = key.includes('.') ? `"${key}"` : key;
    const path = prefix === '' ? step : `${prefix}.${step}`;
    if (isJsonObject(inner) && Object.keys(inner).length > 0) collect(inner, path, found);
    else if (!preconditions.has(path)) found.add(counters.test(path) ? 'status.(counts)' : path);
  }
}
