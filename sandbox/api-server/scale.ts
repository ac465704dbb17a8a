/** The scale subresource: replicas of a workload read and written as an autoscaling/v1 Scale. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Write } from './core.ts';
import { metadataOf, numberAt, objectAt, valueAt, withMetadata, withValueAt } from './json-access.ts';
import { patchedObject } from './patch.ts';
import { selectorText } from './selectors/selector-object.ts';
import type { ScalePaths } from './served-kind.ts';
import { badRequest, internalError, invalid, noSuchResource, notFound } from './status-error.ts';
import { checkPut, liveObject, updateObject } from './update.ts';

const scaleKind = { group: 'autoscaling', kind: 'Scale' };

/** The Scale of an object. */
export function scaleOf(paths: ScalePaths, object: JsonObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadataOf(object);
  const replicas = numberAt(object, ...paths.specReplicas);
  const selector = paths.selector === undefined ? '' : selectorText(valueAt(object, ...paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberAt(object, ...paths.statusReplicas) ?? 0,
      ...(selector === '' ? {} : { selector }),
    },
  };
}

/** @throws StatusError 404. */
export function readScale(write: Write): JsonObject {
  const { target } = write;
  if (target.kind.scale === undefined) throw noSuchResource();
  const live = liveObject(write);
  if (live === undefined) throw notFound(target.kind, target.name);
  return scaleOf(target.kind.scale, live);
}

/** Takes a whole Scale (`put`) or a patch of one. @throws StatusError 400, 404, 409, 422. */
export function writeScale(write: Write, how: 'put' | 'merge' | 'json', body: Json | undefined): JsonObject {
  const { kind } = write.target;
  const current = readScale(write);
  const live = liveObject(write) ?? {};
  const paths = kind.scale;
  if (paths === undefined) throw noSuchResource();
  const sent = how === 'put' ? body : patchedObject(current, how, body);
  if (!isJsonObject(sent) || sent.kind !== 'Scale') {
    throw badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"');
  }
  const wanted = checkPut(write, sent, live);
  const replicas = numberAt(wanted, 'spec', 'replicas') ?? 0;
  checkReplicas(write, replicas);
  const { resourceVersion } = metadataOf(wanted);
  const next = withValueAt(withMetadata(live, { resourceVersion }), paths.specReplicas, replicas);
  return scaleOf(paths, updateObject({ ...write, verb: 'patch' }, next, live));
}

/** For custom resources the schema says what is wrong. */
function checkReplicas({ target: { kind, name } }: Write, replicas: number): void {
  if (replicas >= 0 || kind.schema.custom) return;
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  throw invalid(scaleKind, name, [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message }]);
}

/** A real server cannot turn an applied Scale into a custom resource. */
export function applyScale(write: Write, body: Json | undefined): JsonObject {
  if (!write.target.kind.schema.custom) return writeScale(write, 'merge', { spec: objectAt(body, 'spec') });
  throw internalError(
    `failed to convert new object (/${write.target.name}; autoscaling/v1, Kind=Scale) to proper version: ` +
      'request to convert CR to an invalid group/version: autoscaling/v1',
  );
}
