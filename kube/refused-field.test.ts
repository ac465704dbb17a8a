/** The API server's words, as seen on a real one, become field, value, rule and remedy. */

import { describe, expect, it } from 'vitest';
import { refusedField } from './refused-field.ts';

const object = {
  spec: {
    replicas: 'two',
    strategy: { canary: { steps: [{ setWeight: 101 }] } },
    template: { spec: { containers: [{ name: 'app', resources: { requests: { cpu: '1', memory: 'lots' } } }] } },
    selector: { matchLabels: { app: 'web' } },
  },
};

describe('refusedField', () => {
  it.each([
    [
      'an unknown field, told by server-side apply',
      '',
      'failed to create typed patch object (shop/web; tidegate.io/v1alpha1, Kind=Rollout): .spec.replicass: field not declared in schema',
      {
        field: 'spec.replicass',
        found: 'unknown',
        allowed: 'only fields of its schema are allowed',
        remedy: 'remove it or correct its name',
      },
    ],
    [
      'an unknown field, told by strict decoding',
      '',
      'ReplicaSet in version "v1" cannot be handled as a ReplicaSet: strict decoding error: unknown field "spec.template.spec.containers[0].imagee"',
      { field: 'spec.template.spec.containers[0].imagee', found: 'unknown' },
    ],
    [
      'a wrong type, told by server-side apply',
      '',
      'failed to create typed patch object (shop/web; tidegate.io/v1alpha1, Kind=Rollout): .spec.replicas: expected numeric (int or float), got string',
      {
        field: 'spec.replicas',
        found: '"two"',
        allowed: 'its type must be numeric (int or float)',
        remedy: 'correct the value',
      },
    ],
    [
      'a wrong type, told by the schema',
      'spec.replicas',
      'Invalid value: "string": spec.replicas in body must be of type integer: "string"',
      { field: 'spec.replicas', found: '"two"', allowed: 'its type must be integer' },
    ],
    [
      'a wrong type, told by decoding',
      '',
      'ReplicaSet in version "v1" cannot be handled as a ReplicaSet: json: cannot unmarshal string into Go struct field ReplicaSetSpec.spec.replicas of type int32',
      { field: 'spec.replicas', found: '"two"', allowed: 'its type must be int32' },
    ],
    [
      'a quantity',
      '',
      'ReplicaSet in version "v1" cannot be handled as a ReplicaSet: quantities must match the regular expression \'^x$\'',
      { field: 'spec.template.spec.containers[0].resources.requests.memory', found: '"lots"' },
    ],
    [
      'a missing value',
      'spec.template.spec.containers[0].image',
      'Required value',
      {
        field: 'spec.template.spec.containers[0].image',
        found: 'unset',
        allowed: 'a value is required',
        remedy: 'add it',
      },
    ],
    [
      'a rule of the schema',
      'spec.selector',
      'Invalid value: spec.selector cannot be changed: make a new Rollout instead',
      {
        field: 'spec.selector',
        found: '{"matchLabels":{"app":"web"}}',
        allowed: 'spec.selector cannot be changed: make a new Rollout instead',
      },
    ],
    [
      'a rule with the value echoed',
      'spec.strategy.canary.steps[0].setWeight',
      'Invalid value: 101: setWeight is a percentage: use 0 to 100',
      { found: '101', allowed: 'setWeight is a percentage: use 0 to 100', remedy: 'correct it' },
    ],
    [
      'anything else in the words of the server',
      '',
      'admission webhook "x" denied the request: no.',
      { field: '', found: 'refused', allowed: 'admission webhook "x" denied the request: no' },
    ],
  ])('%s', (_name, field, message, parts) => {
    expect(refusedField({ field, message }, object)).toMatchObject(parts);
  });
});
