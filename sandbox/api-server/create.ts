/** POST of an object (and PUT or apply of one that is not there): checks, names, completes and stores it. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';
import { commit, ruleContext, timestamp, type Write } from './core.ts';
import { trackFields } from './fields/track.ts';
import { metadataOf, nameOf, namespaceOf, stringAt, without, withMetadata } from './json-access.ts';
import { metadataCauses } from './metadata-checks.ts';
import { checkNamespaceOpen } from './namespace-gate.ts';
import { generatedName, generateNameCauses, nameCauses, newUid } from './object-names.ts';
import { apiVersionOf, type ServedKind, storedKind } from './served-kind.ts';
import { alreadyExists, badRequest, internalError, invalid } from './status-error.ts';

/** What the server alone decides in a new object. */
const serverFields = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink'];

/** `body` is decoded (see decode.ts). @throws StatusError 400, 403, 404, 409, 422. */
export function createObject(write: Write, body: JsonObject, tracked = false): JsonObject {
  const { core, target } = write;
  const { kind } = target;
  const placed = initialStatus(kind, inNamespace(body, target.namespace));
  checkNamespaceOpen(write, nameOf(placed));
  const born = withIdentity(write, kind.rules.defaults?.(placed) ?? placed);
  const owned = tracked ? born : trackFields(undefined, born, kind.schema, ownership(write));
  const fresh = kind.rules.create?.(owned, ruleContext(core)) ?? owned;
  const name = nameOf(fresh);
  const causes = [...createCauses(kind, fresh), ...(kind.rules.refuse?.(fresh, ruleContext(core)) ?? [])];
  if (causes.length > 0) throw invalid(storedKind(kind), name, causes);
  if (stringAt(fresh, 'metadata', 'resourceVersion') !== '') {
    throw internalError('resourceVersion should not be set on objects to be created');
  }
  if (core.store.get(kind.shelf, target.namespace, name) !== undefined) throw alreadyExists(kind, name);
  return commit(write, name, kind.rules.complete?.(fresh) ?? fresh);
}

/** The namespace of the path goes into the object. */
export function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const own = namespaceOf(object);
  if (own === namespace) return object;
  if (own !== '' && namespace !== '') {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return withMetadata(object, { namespace: namespace === '' ? undefined : namespace });
}

function withIdentity(write: Write, object: JsonObject): JsonObject {
  const { core, target } = write;
  const prefix = stringAt(object, 'metadata', 'generateName');
  const generated = nameOf(object) === '' && prefix !== '' ? generatedName(prefix, core.random) : nameOf(object);
  const metadata = without(metadataOf(object), ...serverFields);
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(generated === '' ? {} : { name: generated }),
      uid: newUid(core.random),
      ...(target.kind.rules.generation === 'none' ? {} : { generation: 1 }),
      creationTimestamp: timestamp(core.clock.now()),
    },
  };
}

/** A status sent with a create is dropped where the status has a path of its own. */
function initialStatus(kind: ServedKind, object: JsonObject): JsonObject {
  if (!kind.hasStatus || kind.rules.keepsStatusOnCreate === true) return object;
  return kind.schema.custom ? without(object, 'status') : { ...object, status: {} };
}

function createCauses(kind: ServedKind, object: JsonObject): readonly FieldCause[] {
  const prefix = stringAt(object, 'metadata', 'generateName');
  const name = [
    ...(prefix === '' ? [] : generateNameCauses(kind.rules.nameRule, prefix)),
    ...nameOrMissing(kind, object),
  ];
  if (kind.schema.custom && nameOf(object) === '') return [...name, notAllChecked];
  return [
    ...name,
    ...metadataCauses(object, undefined),
    ...kind.schema.validate(object, undefined),
    ...(kind.rules.validate?.(object, undefined) ?? []),
  ];
}

/** CEL rules are not tried on what lacks its name. */
const notAllChecked: FieldCause = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors ' +
    'to complete validation',
};

function nameOrMissing(kind: ServedKind, object: JsonObject): readonly FieldCause[] {
  const name = nameOf(object);
  if (name !== '') return nameCauses(kind.rules.nameRule, name, 'metadata.name');
  const message = 'Required value: name or generateName is required';
  return [{ reason: 'FieldValueRequired', field: 'metadata.name', message }];
}

export function ownership(write: Write): { manager: string; apiVersion: string; subresource: string; now: number } {
  const { target, core } = write;
  return {
    manager: write.fieldManager,
    apiVersion: apiVersionOf(target.kind),
    subresource: target.subresource,
    now: core.clock.now(),
  };
}
