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

export const configMapRules: KindRules = {
  ...plainRules,
  validate: (object, live) => [
    ...immutableCauses(object, live),
    ...keyCauses(object, 'data'),
    ...keyCauses(object, 'binaryData'),
  ],
};

export const secretRules: KindRules = {
  ...plainRules,
  selectable: { type: (object) => stringAt(object, 'type') },
  unsupportedField: (field) => `field label not supported: ${field}`,
  validate: (object, live) => [...immutableCauses(object, live), ...keyCauses(object, 'data')],
};
