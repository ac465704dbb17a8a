/** Custom resources: pruning, defaults, schema and CEL rules, in the words recorded on kube-apiserver 1.36.3. */

import { describe, expect, it } from 'vitest';
import { crdManifests } from '../../../crds/manifests.ts';
import { tidegateDialect } from '../../../crds/schema/dialect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { customSchema } from './custom.ts';

const names = { group: 'x.io', version: 'v1', kind: 'Foo' };

function schemaFor(spec: JsonObject): KindSchema {
  const root = { type: 'object', properties: { spec: { type: 'object', properties: spec } } };
  return customSchema({ schema: { openAPIV3Schema: root }, subresources: { status: {} } }, names);
}

function foo(spec: JsonObject): JsonObject {
  return { apiVersion: 'x.io/v1', kind: 'Foo', metadata: { name: 'f' }, spec };
}

function told(schema: KindSchema, spec: JsonObject, old?: JsonObject): readonly string[] {
  const read = schema.normalise(foo(spec)).object;
  const causes = schema.validate(read, old === undefined ? undefined : schema.normalise(foo(old)).object);
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

const notChecked =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

describe('reading a custom resource', () => {
  const schema = schemaFor({
    d: { type: 'object', default: {}, properties: { x: { type: 'integer', default: 3 } } },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    list: { type: 'array', items: { type: 'object', properties: { v: { type: 'integer', default: 5 } } } },
    s: { type: 'string' },
    n: { type: 'string', nullable: true },
  });

  it('prunes unknown fields and names them in order', () => {
    const read = schema.normalise({ ...foo({ zz: 1, open: { a: 1 }, list: [{ q: 1 }], aa: 1 }), bb: 1 });
    expect(read.unknown).toEqual(['bb', 'spec.aa', 'spec.list[0].q', 'spec.zz']);
    expect(read.object['spec']).toEqual({ d: { x: 3 }, open: { a: 1 }, list: [{ v: 5 }] });
  });

  it('counts a null that is not allowed as unset', () => {
    expect(schema.normalise(foo({ s: null, n: null, d: null })).object['spec']).toEqual({ n: null, d: { x: 3 } });
  });

  it('reads metadata as that of builtin kinds', () => {
    const labelled = { ...foo({}), metadata: { name: 'f', labels: { a: 1 }, foo: 1 } };
    const read = schema.normalise(labelled);
    expect(read.refused).toBe('json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string');
    expect(read.unknown).toEqual(['metadata.foo']);
  });
});

describe('checking a custom resource', () => {
  it('tells types, bounds, patterns and enums', () => {
    const schema = schemaFor({
      ruled: { type: 'string', 'x-kubernetes-validations': [{ rule: "self != 'no'" }] },
      i: { type: 'integer', minimum: 1 },
      p: { type: 'string', pattern: '^[a-z]+$' },
      e: { type: 'string', enum: ['A', 'B'] },
      l: { type: 'array', maxItems: 1, items: { type: 'string', maxLength: 2 } },
    });
    expect(told(schema, { i: 'x' })).toEqual([
      'spec.i: Invalid value: "string": spec.i in body must be of type integer: "string"',
      notChecked,
    ]);
    expect(told(schema, { i: 0, p: 'A1' })).toEqual([
      'spec.i: Invalid value: 0: spec.i in body should be greater than or equal to 1',
      `spec.p: Invalid value: "A1": spec.p in body should match '^[a-z]+$'`,
    ]);
    expect(told(schema, { e: 'C', l: ['abc', 'd'] })).toEqual([
      'spec.e: Unsupported value: "C": supported values: "A", "B"',
      'spec.l[0]: Too long: may not be more than 2 bytes',
      'spec.l: Too many: 2: must have at most 1 items',
      notChecked,
    ]);
  });

  it('says nothing of rules where there are none', () => {
    expect(told(schemaFor({ i: { type: 'integer' } }), { i: 'x' })).toHaveLength(1);
  });

  it('tells repeated items of sets and keyed lists', () => {
    const item = { type: 'object', properties: { name: { type: 'string' } } };
    const keyed = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: item,
    };
    const set = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
    expect(told(schemaFor({ keyed, set }), { keyed: [{ name: 'a' }, { name: 'a' }], set: ['a', 'a'] })).toEqual([
      'spec.keyed[1]: Duplicate value: {"name":"a"}',
      'spec.set[1]: Duplicate value: "a"',
    ]);
  });

  it('lets through on update what was wrong before', () => {
    const schema = schemaFor({ i: { type: 'integer', minimum: 1 }, s: { type: 'string' } });
    expect(told(schema, { i: 0, s: 'b' }, { i: 0, s: 'a' })).toEqual([]);
    expect(told(schema, { i: -1, s: 'b' }, { i: 0, s: 'a' })).toHaveLength(1);
  });
});

describe('CEL rules', () => {
  const rule = (...rules: readonly JsonObject[]): KindSchema =>
    schemaFor({
      r: {
        type: 'object',
        properties: { lo: { type: 'integer' }, hi: { type: 'integer' } },
        'x-kubernetes-validations': rules,
      },
      fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed' }] },
    });

  it('tell their message, reason and place', () => {
    const schema = rule(
      { rule: 'self.lo <= self.hi', message: 'lo must not be above hi' },
      {
        rule: 'self.lo != 7',
        messageExpression: "'not ' + string(self.lo)",
        reason: 'FieldValueForbidden',
        fieldPath: '.lo',
      },
      { rule: 'self.hi != 2' },
    );
    expect(told(schema, { r: { lo: 7, hi: 2 } })).toEqual([
      'spec.r: Invalid value: lo must not be above hi',
      'spec.r.lo: Forbidden: not 7',
      'spec.r: Invalid value: failed rule: self.hi != 2',
    ]);
  });

  it('compare with the old value only on updates', () => {
    const schema = rule();
    expect(told(schema, { fixed: 'a' })).toEqual([]);
    expect(told(schema, { fixed: 'b' }, { fixed: 'a' })).toEqual(['spec.fixed: Invalid value: "b": fixed']);
  });

  it('tell what they ran into', () => {
    expect(told(rule({ rule: 'self.lo == 1', message: 'one' }), { r: {} })).toEqual([
      'spec.r: Invalid value: "object": no such key: lo evaluating rule: one',
    ]);
  });

  it('are refused when they use what is not there', () => {
    expect(() => rule({ rule: "url(self.lo).getHost() == 'x'" })).toThrow(/url\(self\.lo\).*can't be run/);
  });

  it('of this project can all be run', () => {
    for (const crd of crdManifests(tidegateDialect)) {
      const spec = (crd as unknown as JsonObject)['spec'];
      const versions: readonly Json[] = isJsonObject(spec) && Array.isArray(spec['versions']) ? spec['versions'] : [];
      for (const version of versions) {
        if (isJsonObject(version)) expect(customSchema(version, names).custom).toBe(true);
      }
    }
  });
});
