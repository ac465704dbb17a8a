/** What each answer of the API server means. */

import { describe, expect, it } from 'vitest';
import type { ApiRequest } from './api.ts';
import { classify, rightOf } from './classify.ts';
import { status } from './testing/scripted-server.ts';

const patch: ApiRequest = { method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/replicasets/web', pool: 'write' };

const answer = (code: number, reason: string, message: string, details: object = {}) =>
  classify(patch, { status: code, text: JSON.stringify(status(code, reason, message, details)) });

describe('classification of answers', () => {
  it.each([
    [409, 'Conflict', 'the object has been modified', { kind: 'conflict', reason: 'Conflict' }],
    [409, 'AlreadyExists', 'replicasets "web" already exists', { kind: 'conflict', reason: 'AlreadyExists' }],
    [404, 'NotFound', 'replicasets "web" not found', { kind: 'not-found', message: 'replicasets "web" not found' }],
    [410, 'Expired', 'too old resource version', { kind: 'gone' }],
    [400, 'BadRequest', 'unknown field "spec.replica"', { kind: 'invalid' }],
    [415, 'UnsupportedMediaType', 'the body was in an unknown format', { kind: 'invalid' }],
    [413, 'RequestEntityTooLarge', 'limit is 3145728', { kind: 'invalid' }],
    [
      500,
      '',
      'failed to create typed patch object (shop/web; apps/v1, Kind=ReplicaSet): .spec.x: field not declared in schema',
      { kind: 'invalid' },
    ],
    [
      500,
      '',
      'failed to convert new object (shop/web; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 6',
      { kind: 'invalid' },
    ],
    [401, 'Unauthorized', 'Unauthorized', { kind: 'forbidden' }],
    [429, 'TooManyRequests', 'slow down', { kind: 'busy', retryAfterMs: 1000 }],
    [503, 'ServiceUnavailable', 'starting', { kind: 'busy', retryAfterMs: 1000 }],
    [500, 'InternalError', 'etcd is away', { kind: 'unknown' }],
    [502, '', 'bad gateway', { kind: 'unknown' }],
    [504, 'Timeout', 'request did not complete within the timeout', { kind: 'unknown' }],
    [307, '', 'elsewhere', { kind: 'unknown' }],
  ])('%i %s "%s"', (code, reason, message, expected) => {
    expect(answer(code, reason, message)).toMatchObject(expected);
  });

  it('lists every cause of an invalid object as a problem', () => {
    const causes = [
      { field: 'spec.replicas', message: 'Invalid value: -1: must be greater than or equal to 0' },
      { field: 'spec.selector', message: 'Required value' },
    ];

    expect(answer(422, 'Invalid', 'ReplicaSet "web" is invalid', { causes })).toEqual({
      kind: 'invalid',
      message: 'ReplicaSet "web" is invalid',
      problems: causes,
    });
  });

  it('takes Retry-After from the header, else from the Status, and bounds it', () => {
    const busy = (retryAfter: string | undefined, details: object) =>
      classify(patch, { status: 429, retryAfter, text: JSON.stringify(status(429, '', '', details)) });

    expect(busy('3', {})).toEqual({ kind: 'busy', retryAfterMs: 3_000 });
    expect(busy(undefined, { retryAfterSeconds: 5 })).toEqual({ kind: 'busy', retryAfterMs: 5_000 });
    expect(busy('999999', {})).toEqual({ kind: 'busy', retryAfterMs: 120_000 });
    expect(busy('Wed, 21 Oct 2026 07:28:00 GMT', {})).toEqual({ kind: 'busy', retryAfterMs: 1_000 });
  });

  it('does not call a success what it cannot read', () => {
    expect(classify(patch, { status: 200, text: '<html>' }).kind).toBe('unknown');
    expect(classify(patch, { status: 200, text: '{"kind":"ReplicaSet"}' })).toEqual({
      kind: 'ok',
      object: { kind: 'ReplicaSet' },
    });
  });

  it.each([
    [
      'replicasets.apps is forbidden: User "jane" cannot create resource "replicasets" in API group "apps" in the namespace "shop"',
      'create replicasets.apps in namespace shop',
    ],
    [
      'rollouts.tidegate.io "web" is forbidden: User "jane" cannot patch resource "rollouts/status" in API group "tidegate.io" in the namespace "shop"',
      'patch rollouts.tidegate.io/status in namespace shop',
    ],
    [
      'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
      'list nodes at the cluster scope',
    ],
    ['denied by a policy', 'patch /apis/apps/v1/namespaces/shop/replicasets/web'],
  ])('names the right that is missing: %s', (message, right) => {
    expect(rightOf(patch, message)).toBe(right);
    expect(answer(403, 'Forbidden', message)).toEqual({ kind: 'forbidden', message, right });
  });
});
