/** Server-side apply, against what a real API server answered to the same requests. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../crds/schema/json.ts';
import type { Applied, KindSchema } from '../contract.ts';
import { builtinSchema } from '../schema/builtin.ts';
import { applyFields } from './apply.ts';
import { trackFields } from './track.ts';

const now = Date.UTC(2026, 0, 1);

function schemaOf(group: string, version: string, kind: string): KindSchema {
  const schema = builtinSchema(group, version, kind);
  if (schema === undefined) throw new Error(`${kind} is not served`);
  return schema;
}

const deployments = schemaOf('apps', 'v1', 'Deployment');
const configMaps = schemaOf('', 'v1', 'ConfigMap');

interface Request {
  readonly manager: string;
  readonly force?: boolean;
  readonly at?: number;
  readonly subresource?: string;
}

function apply(live: JsonObject | undefined, body: JsonObject, by: Request, schema = deployments): Applied {
  const apiVersion = schema === deployments ? 'apps/v1' : 'v1';
  return applyFields(live, body, schema, {
    manager: by.manager,
    apiVersion,
    subresource: by.subresource ?? '',
    now: by.at ?? now,
    force: by.force ?? false,
  });
}

function applied(live: JsonObject | undefined, body: JsonObject, by: Request, schema = deployments): JsonObject {
  const result = apply(live, body, by, schema);
  if (result.kind !== 'ok') throw new Error(result.message);
  return schema.normalise(result.object).object;
}

function deployment(spec: JsonObject): JsonObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
}

function configMap(data: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data };
}

const whole = deployment({
  replicas: 2,
  selector: { matchLabels: { app: 'web' } },
  template: {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'nginx:1', ports: [{ containerPort: 80 }] }] },
  },
});

function part(object: JsonObject | undefined, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), object);
}

function managers(
  object: JsonObject,
): readonly { manager: string; operation: string; time?: string; fieldsV1: unknown }[] {
  return (part(object, 'metadata', 'managedFields') ?? []) as ReturnType<typeof managers>;
}

describe('server-side apply', () => {
  it('owns what the configuration says, not what defaults add', () => {
    const made = applied(undefined, whole, { manager: 'me' });
    expect(part(made, 'spec', 'revisionHistoryLimit')).toBe(10);
    expect(managers(made)).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"c"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });

  it('refuses to take fields of others, in the words of a server', () => {
    const made = applied(undefined, whole, { manager: 'me' });
    const one = apply(made, deployment({ replicas: 3 }), { manager: 'other' });
    expect(one).toMatchObject({
      kind: 'conflict',
      message: 'Apply failed with 1 conflict: conflict with "me": .spec.replicas',
      causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "me"' }],
    });
    const container = { name: 'c', image: 'nginx:2' };
    const two = apply(made, deployment({ replicas: 3, template: { spec: { containers: [container] } } }), {
      manager: 'other',
    });
    expect(two).toMatchObject({
      message:
        'Apply failed with 2 conflicts: conflicts with "me":\n- .spec.replicas\n- .spec.template.spec.containers[name="c"].image',
    });
  });

  it('names the version of a manager that updated', () => {
    const by = { manager: 'kubectl', apiVersion: 'apps/v1', subresource: '', now };
    const made = trackFields(undefined, deployments.normalise(whole).object, deployments, by);
    expect(apply(made, deployment({ replicas: 3 }), { manager: 'other' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas',
    });
  });

  it('takes fields by force, and a manager that owns nothing vanishes', () => {
    const made = applied(undefined, configMap({ a: '1' }), { manager: 'me' }, configMaps);
    const taken = applied(made, configMap({ a: '2' }), { manager: 'other', force: true }, configMaps);
    expect(part(taken, 'data')).toEqual({ a: '2' });
    expect(managers(taken).map(({ manager }) => manager)).toEqual(['other']);
  });

  it('removes what is no longer applied and nobody else owns', () => {
    const made = applied(undefined, configMap({ a: '1', b: '2' }), { manager: 'me' }, configMaps);
    const shared = applied(made, configMap({ b: '2' }), { manager: 'other' }, configMaps);
    expect(part(applied(shared, configMap({}), { manager: 'me' }, configMaps), 'data')).toEqual({ b: '2' });
  });

  it('notes a manager that only agrees without a time', () => {
    const made = applied(undefined, whole, { manager: 'me' });
    const agreed = applied(made, deployment({ replicas: 2 }), { manager: 'other', at: now + 60_000 });
    expect(managers(agreed)[0]).toMatchObject({ manager: 'other', fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
    expect(managers(agreed)[0]).not.toHaveProperty('time');
  });

  it('merges keyed lists: the order of the configuration, items of others where they were', () => {
    const env = (...names: string[]): JsonObject =>
      deployment({
        template: { spec: { containers: [{ name: 'c', env: names.map((name) => ({ name, value: 'x' })) }] } },
      });
    const made = applied(applied(undefined, whole, { manager: 'me' }), env('A', 'B', 'C'), { manager: 'one' });
    const mixed = applied(made, env('C', 'D', 'A'), { manager: 'two' });
    const containers = part(mixed, 'spec', 'template', 'spec', 'containers') as { env: { name: string }[] }[];
    expect(containers[0]?.env.map(({ name }) => name)).toEqual(['B', 'C', 'D', 'A']);
  });

  it('tells fields and types that do not fit', () => {
    const unknown = apply(undefined, deployment({ replcas: 1 }), { manager: 'me' });
    expect(unknown).toEqual({
      kind: 'invalid',
      status: 500,
      message:
        'failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.replcas: field not declared in schema',
    });
    const typed = apply(undefined, deployment({ replicas: '3', paused: 1, template: { spec: { hostname: 5 } } }), {
      manager: 'me',
    });
    expect(typed).toMatchObject({
      message:
        'failed to create typed patch object (/web; apps/v1, Kind=Deployment): errors:\n' +
        '  .spec.paused: expected boolean, got &{1}\n' +
        '  .spec.replicas: expected numeric (int or float), got string\n' +
        '  .spec.template.spec.hostname: expected string, got &value.valueUnstructured{Value:5}',
    });
  });

  it('refuses managedFields in the body', () => {
    const body = { ...whole, metadata: { name: 'web', managedFields: [{}] } };
    expect(apply(undefined, body, { manager: 'me' })).toMatchObject({
      status: 400,
      message: 'metadata.managedFields must be nil',
    });
  });

  it('gives what was there before to a manager of its own', () => {
    const plain = deployments.normalise(whole).object;
    const made = applied(plain, deployment({ replicas: 7 }), { manager: 'me', force: true });
    expect(managers(made).map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
      'me Apply',
      'before-first-apply Update',
    ]);
  });

  it('owns only the status through the status', () => {
    const made = applied(undefined, whole, { manager: 'me' });
    const condition = { type: 'Available', status: 'True' };
    const body = { ...deployment({ replicas: 9 }), status: { conditions: [condition] } };
    const written = apply(made, body, { manager: 'st', subresource: 'status' });
    const fields = written.kind === 'ok' ? managers(written.object).find(({ manager }) => manager === 'st') : undefined;
    expect(fields?.fieldsV1).toEqual({
      'f:status': { 'f:conditions': { 'k:{"type":"Available"}': { '.': {}, 'f:status': {}, 'f:type': {} } } },
    });
  });
});

describe('properties of apply', () => {
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'));

  it('twice is once', () => {
    fc.assert(
      fc.property(data, data, (before, wanted) => {
        const live = applied(undefined, configMap(before), { manager: 'other' }, configMaps);
        const once = applied(live, configMap(wanted), { manager: 'me', force: true }, configMaps);
        const twice = applied(once, configMap(wanted), { manager: 'me', force: true, at: now + 90_000 }, configMaps);
        expect(twice).toEqual(once);
      }),
    );
  });

  it('gives the manager all it asked for', () => {
    fc.assert(
      fc.property(data, data, (before, wanted) => {
        const live = applied(undefined, configMap(before), { manager: 'other' }, configMaps);
        const after = applied(live, configMap(wanted), { manager: 'me', force: true }, configMaps);
        expect(part(after, 'data') ?? {}).toEqual({ ...before, ...wanted });
      }),
    );
  });

  it('leaves nothing of a manager that applies nothing', () => {
    fc.assert(
      fc.property(data, (wanted) => {
        const kept = applied(undefined, configMap({ kept: 'x' }), { manager: 'other' }, configMaps);
        const live = applied(kept, configMap(wanted), { manager: 'me' }, configMaps);
        const gone = applied(live, configMap({}), { manager: 'me' }, configMaps);
        expect(part(gone, 'data')).toEqual({ kept: 'x' });
      }),
    );
  });
});
