/**
 * precondition: every write to an object carries what it was decided on (architecture 6.8, docs/preconditions.md).
 *
 * Counted: requests of the controller, dry runs, Leases and Events left out.
 * - merge patch: resourceVersion, and uid but for the status of a Release; inside the patch, so that a stale one is a conflict;
 * - server-side apply: resourceVersion, unless no such object was there at some moment of the last `viewLagMs`; for one without
 *   force, which takes no field from anybody, of the last 30 s, since such a request may be on its way for long;
 * - PUT: resourceVersion;
 * - DELETE: uid, and never a whole collection;
 * - JSON patches and strategic merges: never.
 * Creates need none: their names are fixed, so that a second one is refused.
 */

import type { Invariant, Moment, Say } from './invariant.ts';
import { textOf } from './read-json.ts';
import { bodyOf, type RequestSeen, type RequestTarget, targetOf } from './request-seen.ts';

const onItsWayMs = 30_000;

export const precondition: Invariant = {
  id: 'precondition',
  begin: ({ viewLagMs }) => ({
    request(request, moment, say) {
      const target = targetOf(request.path);
      if (target === undefined || target.isDryRun) return;
      if (target.resource === 'leases' || target.resource === 'events') return;
      const missing = missingIn(request, target, moment, viewLagMs);
      if (missing !== undefined) tell(request, target, missing, say);
    },
  }),
};

function tell({ method, contentType }: RequestSeen, target: RequestTarget, missing: string, say: Say): void {
  const what = method === 'PATCH' ? `PATCH (${contentType})` : method;
  const path = [target.resource, target.subresource].filter((one) => one !== '').join('/');
  say(`${what} of ${path} ${target.namespace}/${target.name} ${missing}`);
}

function missingIn(request: RequestSeen, target: RequestTarget, moment: Moment, lagMs: number): string | undefined {
  const body = bodyOf(request);
  switch (request.method) {
    case 'PUT':
      return versionOf(body) === undefined ? 'has no resourceVersion' : undefined;
    case 'DELETE':
      if (target.name === '') return 'would delete a whole collection';
      return textOf(body, 'preconditions', 'uid') === undefined ? 'has no uid' : undefined;
    case 'PATCH':
      return missingInPatch(request, target, moment, lagMs);
    default:
      return undefined;
  }
}

function versionOf(body: ReturnType<typeof bodyOf>): string | undefined {
  return textOf(body, 'metadata', 'resourceVersion');
}

function missingInPatch(
  request: RequestSeen,
  target: RequestTarget,
  moment: Moment,
  lagMs: number,
): string | undefined {
  const body = bodyOf(request);
  const type = request.contentType.split(';')[0];
  if (type === 'application/apply-patch+yaml') {
    const { group, resource, namespace, name } = target;
    const stored = moment.cluster.byResource(group, resource, namespace, name);
    const isKnown = stored !== undefined && stored.createdAt <= moment.at - (target.isForced ? lagMs : onItsWayMs);
    return isKnown && versionOf(body) === undefined ? 'has no resourceVersion' : undefined;
  }
  if (type !== 'application/merge-patch+json') return 'is a patch whose precondition can not be told from bad input';
  if (versionOf(body) === undefined) return 'has no resourceVersion';
  const isReleaseStatus = target.resource === 'releases' && target.subresource === 'status';
  return isReleaseStatus || textOf(body, 'metadata', 'uid') !== undefined ? undefined : 'has no uid';
}
