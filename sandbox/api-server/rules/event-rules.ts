/** Rules of events, which both core/v1 and events.k8s.io/v1 serve from one store. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { stringAt } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

function involved(key: string): (event: JsonObject) => string {
  return (event) => stringAt(event, 'involvedObject', key);
}

const keys = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

function source(event: JsonObject): string {
  return stringAt(event, 'source', 'component') || stringAt(event, 'reportingComponent');
}

const common: KindRules['selectable'] = {
  reason: (event) => stringAt(event, 'reason'),
  type: (event) => stringAt(event, 'type'),
  reportingComponent: (event) => stringAt(event, 'reportingComponent'),
};

export const coreEventRules: KindRules = {
  ...plainRules,
  createOnUpdate: true,
  selectable: {
    ...common,
    source,
    ...Object.fromEntries(keys.map((key) => [`involvedObject.${key}`, involved(key)])),
  },
  unsupportedField: (field) => `field label not supported: ${field}`,
};

/** The newer group calls the object `regarding`; what is asked is still the stored form. */
export const newEventRules: KindRules = {
  ...coreEventRules,
  selectable: {
    ...common,
    reportingController: source,
    ...Object.fromEntries(keys.map((key) => [`regarding.${key}`, involved(key)])),
  },
};
