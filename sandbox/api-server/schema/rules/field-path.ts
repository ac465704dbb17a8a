/** Which fields of its pod a variable may be taken from. */

import { type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { invalidValue, notSupported, required } from '../field-cause.ts';
import { qualifiedName } from './texts.ts';

const forVariables = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const maps = ['metadata.annotations', 'metadata.labels'];
/** Known as fields, though no variable can have them. */
const known = new Set([
  ...forVariables,
  ...maps,
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

/** `path` is that of the fieldRef. */
export function fieldPathCauses(reference: JsonObject, path: string): readonly FieldCause[] {
  const field = `${path}.fieldPath`;
  const given = textAt(reference, 'fieldPath');
  if (given === '') return [required(field)];
  const [, map, key] = /^(.+?)\['(.*)'\]$/.exec(given) ?? [];
  if (map !== undefined && key !== undefined) {
    return maps.includes(map) ? qualifiedName(path, key) : [unread(field, given, 'does not support subscript')];
  }
  if (!known.has(given)) return [unread(field, given, 'not supported')];
  return forVariables.includes(given) || given === 'spec.host' ? [] : [notSupported(field, given, forVariables)];
}

function unread(field: string, given: string, why: string): FieldCause {
  return invalidValue(field, given, `error converting fieldPath: field label ${why}: ${given}`);
}
