/** Who owns what after create, update and patch. */

import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { builtinSchema } from '../schema/builtin.ts';
import { customSchema } from '../schema/custom.ts';
import { trackFields } from './track.ts';

const now = Date.UTC(2026, 0, 1);
const configMaps = builtinSchema('', 'v1', 'ConfigMap') as KindSchema;
const services = builtinSchema('', 'v1', 'Service') as KindSchema;

const by = (manager: string, at = now, subresource = ''): Parameters<typeof trackFields>[3] => ({
  manager,
  apiVersion: 'v1',
  subresource,
  now: at,
});

function configMap(data: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata }, data };
}

interface Entry {
  readonly manager: string;
  readonly time?: string;
  readonly fieldsV1: unknown;
}

function entries(object: JsonObject): readonly Entry[] {
  const metadata = object['metadata'];
  return (isJsonObject(metadata) ? (metadata['managedFields'] ?? []) : []) as unknown as readonly Entry[];
}

/** The stored object with other data, and its metadata as it is. */
function withData(object: JsonObject, data: JsonObject): JsonObject {
  return { ...object, data };
}

describe('field ownership of updates', () => {
  it('starts with the creator, without what the server keeps', () => {
    const made = trackFields(undefined, configMap({ a: '1' }, { labels: { x: 'y' }, uid: 'u' }), configMaps, by('me'));
    expect(entries(made)[0]?.fieldsV1).toEqual({
      'f:data': { '.': {}, 'f:a': {} },
      'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
    });
  });

  it('keys ports by number and protocol, and leaves plain structs unnamed', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } };
    const made = trackFields(undefined, services.normalise(service).object, services, by('me'));
    expect(entries(made)[0]?.fieldsV1).toEqual({
      'f:spec': {
        'f:internalTrafficPolicy': {},
        'f:ports': {
          '.': {},
          'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {}, 'f:targetPort': {} },
        },
        'f:sessionAffinity': {},
        'f:type': {},
      },
    });
  });

  it('gives the object itself when nothing changes', () => {
    const made = trackFields(undefined, configMap({ a: '1' }), configMaps, by('me'));
    const again = trackFields(made, withData(made, { a: '1' }), configMaps, by('other', now + 60_000));
    expect(again).toEqual(made);
  });

  it('moves changed fields to the writer and drops a manager that has none left', () => {
    const made = trackFields(undefined, configMap({ a: '1' }), configMaps, by('me'));
    const changed = trackFields(made, withData(made, { a: '2' }), configMaps, by('other', now + 60_000));
    expect(entries(changed).map(({ manager, time, fieldsV1 }) => [manager, time, fieldsV1])).toEqual([
      ['me', '2026-01-01T00:00:00Z', { 'f:data': {} }],
      ['other', '2026-01-01T00:01:00Z', { 'f:data': { 'f:a': {} } }],
    ]);
    const removed = trackFields(changed, configMap({}, changed['metadata'] as JsonObject), configMaps, by('third'));
    expect(entries(removed).map(({ manager }) => manager)).toEqual(['me']);
  });

  it('forgets on demand, and does not start again by itself', () => {
    const made = trackFields(undefined, configMap({ a: '1' }), configMaps, by('me'));
    const cleared = trackFields(made, configMap({ a: '1' }, { managedFields: [{}] }), configMaps, by('me'));
    expect(entries(cleared)).toEqual([]);
    expect(entries(trackFields(cleared, withData(cleared, { a: '2' }), configMaps, by('me')))).toEqual([]);
  });

  it('keeps entries apart by subresource', () => {
    const schema = {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: { a: { type: 'string' } } },
          status: { type: 'object', properties: { b: { type: 'string' } } },
        },
      },
    };
    const foos = customSchema({ schema, subresources: { status: {} } }, { group: 'x.io', version: 'v1', kind: 'Foo' });
    const foo = { apiVersion: 'x.io/v1', kind: 'Foo', metadata: { name: 'f' }, spec: { a: '1' } };
    const made = trackFields(undefined, foo, foos, by('me'));
    const written = trackFields(made, { ...made, status: { b: '2' } }, foos, by('me', now, 'status'));
    expect(entries(written).map(({ fieldsV1 }) => fieldsV1)).toEqual([
      { 'f:spec': { '.': {}, 'f:a': {} } },
      { 'f:status': { '.': {}, 'f:b': {} } },
    ]);
  });
});
