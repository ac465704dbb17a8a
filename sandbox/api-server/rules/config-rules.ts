/** Rules of ConfigMaps and Secrets: their keys are file names, and those marked immutable stay as they are. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { objectAt, sameJson, stringAt } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

const keyRule = /^[-._a-zA-Z0-9]+$/;
const keyWords =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function keyComplaints(key: string): readonly string[] {
  return [
    ...(key.length > 253 ? ['must be no more than 253 characters'] : []),
    ...(keyRule.test(key) ? [] : [keyWords]),
    ...(key === '.' ? ["must not be '.'"] : key === '..' ? ["must not be '..'"] : []),
    ...(key.startsWith('..') && key !== '..' ? ["must not start with '..'"] : []),
  ];
}

function keyCauses(object: JsonObject, field: string): readonly FieldCause[] {
  return Object.keys(objectAt(object, field))
    .sort()
    .flatMap((key) =>
      keyComplaints(key).map((words) => ({
        reason: 'FieldValueInvalid',
        field: `${field}[${key}]`,
        message: `Invalid value: ${JSON.stringify(key)}: ${words}`,
      })),
    );
}

function immutableCauses(object: JsonObject, live: JsonObject | undefined): readonly FieldCause[] {
  if (live?.immutable !== true) return [];
  const message = 'Forbidden: field is immutable when `immutable` is set';
  const changed = ['immutable', 'data', 'binaryData'].filter((field) => !sameJson(object[field], live[field]));
  return changed.map((field) => ({ reason: 'FieldValueForbidden', field, message }));
}

function sharedKeys(object: JsonObject): readonly FieldCause[] {
  const binary = objectAt(object, 'binaryData');
  const shared = Object.keys(objectAt(object, 'data')).filter((key) => key in binary);
  return shared.map((key) => ({
    reason: 'FieldValueInvalid',
    field: `data[${key}]`,
    message: `Invalid value: ${JSON.stringify(key)}: duplicate of key present in binaryData`,
  }));
}

export const configMapRules: KindRules = {
  ...plainRules,
  validate: (object, live) => [
    ...immutableCauses(object, live),
    ...keyCauses(object, 'data'),
    ...keyCauses(object, 'binaryData'),
    ...sharedKeys(object),
  ],
};

export const secretRules: KindRules = {
  ...plainRules,
  selectable: { type: (object) => stringAt(object, 'type') },
  unsupportedField: (field) => `field label not supported: ${field}`,
  validate: (object, live) => [
    ...typeCauses(object, live),
    ...immutableCauses(object, live),
    ...keyCauses(object, 'data'),
    ...requiredKeys(object),
  ],
};

function typeCauses(object: JsonObject, live: JsonObject | undefined): readonly FieldCause[] {
  if (live === undefined || live.type === object.type) return [];
  const message = `Invalid value: ${JSON.stringify(object.type ?? '')}: field is immutable`;
  return [{ reason: 'FieldValueInvalid', field: 'type', message }];
}

const keysOfType: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
};

function requiredKeys(object: JsonObject): readonly FieldCause[] {
  const data = objectAt(object, 'data');
  const missing = (key: string): FieldCause => ({
    reason: 'FieldValueRequired',
    field: `data[${key}]`,
    message: 'Required value',
  });
  const type = stringAt(object, 'type');
  if (type === 'kubernetes.io/basic-auth') {
    return 'username' in data || 'password' in data ? [] : ['password', 'username'].map(missing);
  }
  return (keysOfType[type] ?? []).filter((key) => !(key in data)).map(missing);
}
