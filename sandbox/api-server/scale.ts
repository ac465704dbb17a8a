/** The scale subresource: replicas of a workload read and written as an autoscaling/v1 Scale. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Write } from './core.ts';
import { metadataOf, numberAt, objectAt, objectsAt, stringAt, textOf, valueAt, withValueAt } from './json-access.ts';
import { patchedObject } from './patch.ts';
import type { ScalePaths } from './served-kind.ts';
import { badRequest, conflict, invalid, modifiedMeanwhile, notFound, noSuchResource } from './status-error.ts';
import { liveObject, updateObject } from './update.ts';

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

/** A LabelSelector as text; custom resources have the text already. */
function selectorText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  const labels = Object.entries(objectAt(value, 'matchLabels')).map(([key, one]) => `${key}=${textOf(one)}`);
  const expressions = objectsAt(value, 'matchExpressions').map(expressionText);
  return [...labels, ...expressions].sort().join(',');
}

function expressionText(expression: JsonObject): string {
  const key = stringAt(expression, 'key');
  const values = Array.isArray(expression.values) ? expression.values.join(',') : '';
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
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
  const { kind, name } = write.target;
  const current = readScale(write);
  const live = liveObject(write) ?? {};
  const paths = kind.scale;
  if (paths === undefined) throw noSuchResource();
  const wanted = how === 'put' ? body : patchedObject(current, how, body);
  if (!isJsonObject(wanted)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  const version = stringAt(wanted, 'metadata', 'resourceVersion');
  if (version !== '' && version !== stringAt(live, 'metadata', 'resourceVersion'))
    throw conflict(kind, name, modifiedMeanwhile);
  const replicas = numberAt(wanted, 'spec', 'replicas') ?? 0;
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid(scaleKind, name, [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message }]);
  }
  return scaleOf(paths, updateObject(write, withValueAt(live, paths.specReplicas, replicas), live));
}
