/** S15, precondition and L01: what the observer says about writes as such, and about the end. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { aShop, type Shop } from './testing/shop.ts';
import { aTale, type Tale } from './testing/tale.ts';
import { textOf } from './read-json.ts';

const rolloutPath = '/apis/tidegate.io/v1alpha1/namespaces/shop/rollouts/web';

function versionOf(shop: Shop): string {
  return textOf(shop.get('Rollout', 'web'), 'metadata', 'resourceVersion') ?? '';
}

describe('S15, no-ops and flapping', () => {
  it('minds a write that changes times only', () => {
    const shop = aShop();
    shop.status({ conditions: [{ type: 'Progressing', status: 'True', lastUpdateTime: shop.stamp() }] });
    shop.wait(5_000);
    shop.status({ conditions: [{ type: 'Progressing', status: 'True', lastUpdateTime: shop.stamp() }] });
    expect(shop.broken()).toEqual(['S15']);
  });

  it('minds a weight that goes and comes back in one step', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.reach('v2', 50, 2);
    shop.weights(60, 40);
    shop.weights(50, 50);
    expect(shop.broken()).toEqual(['S15']);
  });

  it('does not mind a weight that is put right after somebody changed it', () => {
    const shop = aShop();
    shop.begin('v2');
    shop.reach('v2', 50, 2);
    shop.weights(60, 40, 'user');
    shop.weights(50, 50);
    expect(shop.broken()).toEqual([]);
  });

  it('minds a status that comes back while nothing else happens', () => {
    const shop = aShop();
    shop.status({ message: 'one' });
    shop.status({ message: 'two' });
    shop.status({ message: 'one' });
    expect(shop.broken()).toEqual(['S15']);
  });

  it('does not mind one that follows the world', () => {
    const shop = aShop({ replicas: 3 });
    shop.status({ availableReplicas: 3 });
    shop.pods('v1', 2);
    shop.status({ availableReplicas: 2, phase: 'Progressing' });
    shop.pods('v1', 3);
    shop.status({ availableReplicas: 3, phase: 'Healthy' });
    expect(shop.broken()).toEqual([]);
  });

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['answers anew', ['0.1', 'NaN', '0.2'], []],
    ['says the same all the time', ['0.1', '0.1', '0.1'], ['S15']],
  ])('of one that goes to and fro while a metric %s', (_what, values, broken) => {
    const shop = aShop();
    for (const [index, value] of values.entries()) {
      const metrics = [{ name: 'errors', phase: 'Running', value }];
      shop.analysisRun('web-1', { hash: 'v1', phase: 'Running', metrics });
      shop.status({ message: index === 1 ? 'waits for evidence' : 'measures' });
    }
    expect(shop.broken()).toEqual(broken);
  });

  it('minds a patch that would change nothing, when it was made on what is stored', () => {
    const shop = aShop();
    const metadata = { uid: 'u', resourceVersion: versionOf(shop) };
    shop.request('PATCH', rolloutPath, {
      metadata: { resourceVersion: metadata.resourceVersion },
      status: { phase: 'Healthy' },
    });
    expect(shop.broken()).toContain('S15');
  });

  it('does not mind one that was made on an older version: it is a conflict', () => {
    const shop = aShop();
    const metadata = { uid: textOf(shop.get('Rollout', 'web'), 'metadata', 'uid') ?? '', resourceVersion: '1' };
    shop.request('PATCH', rolloutPath, { metadata, status: { phase: 'Healthy' } });
    expect(shop.broken()).toEqual([]);
  });
});

describe('S15, applies and content', () => {
  const path = '/api/v1/namespaces/shop/configmaps/note?fieldManager=tidegate-git&force=true';
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note' }, data: { text: 'one' } };
  const owned = (fields: JsonObject) => ({
    metadata: { managedFields: [{ manager: 'tidegate-git', operation: 'Apply', fieldsV1: fields }] },
  });
  const exactly = { 'f:data': { 'f:text': {} } };

  function applied(times: number, change: JsonObject, query = ''): readonly string[] {
    const tale = aTale();
    tale.write('controller', 'ConfigMap', 'note', { apiVersion: 'v1', data: { text: 'one' }, ...change });
    for (let count = 0; count < times; count += 1)
      tale.request('PATCH', `${path}${query}`, body, 'application/apply-patch+yaml');
    return tale.broken();
  }

  it.each<readonly [string, readonly string[], number, JsonObject, string]>([
    ['two applies in vain', [], 2, owned(exactly), ''],
    ['three of them', ['S15'], 3, owned(exactly), ''],
    ['dry runs', [], 5, owned(exactly), '&dryRun=All'],
    ['another value', [], 5, { ...owned(exactly), data: { text: 'two' } }, ''],
    ['a field that is to be taken from somebody', [], 5, owned({}), ''],
    ['a field that is to go', [], 5, owned({ 'f:data': { 'f:text': {}, 'f:old': {} } }), ''],
  ])('says of %s: %j', (_name, broken, times, change, query) => {
    expect(applied(times, change, query)).toEqual(broken);
  });

  function values(field: 'data' | 'status', between: (tale: Tale) => void, ...texts: readonly string[]) {
    const tale = aTale();
    for (const text of texts) {
      tale.write('controller', field === 'data' ? 'ConfigMap' : 'GitSync', 'shop', { [field]: { text } });
      between(tale);
    }
    return tale.broken();
  }
  const nothing = (): void => undefined;
  const nudge = (tale: Tale): void => tale.write('user', 'ConfigMap', 'other', { data: { at: String(tale.now()) } });

  it('minds content that comes back by own writes alone', () => {
    expect(values('data', nothing, 'one', 'two', 'one')).toEqual(['S15']);
    expect(values('data', nothing, 'one', 'two', 'three')).toEqual([]);
    expect(values('data', nudge, 'one', 'two', 'one')).toEqual([]);
    expect(values('data', (tale) => tale.push('dev'), 'one', 'two', 'one')).toEqual([]);
  });

  it('minds a status that goes to and fro', () => {
    expect(values('status', nothing, 'one', 'two', 'one')).toEqual([]);
    expect(values('status', nothing, 'one', 'two', 'one', 'two', 'one')).toEqual(['S15']);
    expect(values('status', nudge, 'one', 'two', 'one', 'two', 'one')).toEqual([]);
  });

  it('does not take another time for another status', () => {
    const tale = aTale();
    for (const [text, at] of ['one', 'two', 'one', 'two', 'one'].entries())
      tale.write('controller', 'GitSync', 'shop', { status: { at, lastFetchedAt: `2026-01-05T08:00:0${text}Z` } });
    expect(tale.broken()).toEqual(['S15']);
  });
});

describe('precondition', () => {
  const whole = { metadata: { uid: 'u', resourceVersion: '1' }, status: { phase: 'Degraded' } };
  it.each([
    ['a whole merge patch', 'PATCH', rolloutPath, whole, undefined, []],
    ['one without a version', 'PATCH', rolloutPath, { metadata: { uid: 'u' } }, undefined, ['precondition']],
    ['one without a uid', 'PATCH', rolloutPath, { metadata: { resourceVersion: '1' } }, undefined, ['precondition']],
    ['a dry run', 'PATCH', `${rolloutPath}?dryRun=All`, {}, undefined, []],
    ['a delete without a uid', 'DELETE', rolloutPath, {}, undefined, ['precondition']],
    ['a delete with it', 'DELETE', rolloutPath, { preconditions: { uid: 'u' } }, undefined, []],
    ['a delete of everything', 'DELETE', rolloutPath.replace('/web', ''), {}, undefined, ['precondition']],
    [
      'an apply of something new',
      'PATCH',
      rolloutPath.replace('/web', '/other'),
      {},
      'application/apply-patch+yaml',
      [],
    ],
    [
      'a forced apply of what is there',
      'PATCH',
      `${rolloutPath}?force=true`,
      {},
      'application/apply-patch+yaml',
      ['precondition'],
    ],
    [
      'an apply without force of what has long been there',
      'PATCH',
      rolloutPath,
      {},
      'application/apply-patch+yaml',
      ['precondition'],
    ],
    ['a JSON patch', 'PATCH', rolloutPath, {}, 'application/json-patch+json', ['precondition']],
    ['a PUT without a version', 'PUT', rolloutPath, {}, 'application/json', ['precondition']],
    ['a create', 'POST', rolloutPath.replace('/web', ''), {}, 'application/json', []],
    ['a Lease', 'PATCH', '/apis/coordination.k8s.io/v1/namespaces/tidegate/leases/one', {}, undefined, []],
    ['an Event', 'PATCH', '/apis/events.k8s.io/v1/namespaces/shop/events/one', {}, undefined, []],
  ])('%s', (_name, method, path, body, type, broken) => {
    const shop = aShop();
    shop.request(method, path, body, type);
    expect(shop.broken()).toEqual(broken);
  });
});

it('precondition: an apply without force may come late to what was made meanwhile', () => {
  const tale = aTale();
  tale.write('controller', 'ConfigMap', 'new', {});
  tale.wait(9_000);
  const path = '/api/v1/namespaces/shop/configmaps/new';
  tale.request('PATCH', path, {}, 'application/apply-patch+yaml');
  expect(tale.broken()).toEqual([]);
  tale.request('PATCH', `${path}?force=true`, {}, 'application/apply-patch+yaml');
  expect(tale.broken()).toEqual(['precondition']);
});

describe('L01, the end', () => {
  it('minds a Rollout that is under way', () => {
    const shop = aShop();
    shop.begin('v2');
    expect(shop.finish().map((one) => one.invariant)).toEqual(['L01']);
  });

  it.each([
    ['settled', []],
    ['healthy', ['L01']],
  ] as const)('with %s says %j of one that waits for people', (expectOfEnd, broken) => {
    const shop = aShop({ observer: { liveness: { expect: expectOfEnd } } });
    shop.status({ phase: 'Degraded', waiting: { on: 'user', moves: 'Change it.' } });
    expect(shop.finish().map((one) => one.invariant)).toEqual(broken);
  });

  it('minds writes in the time that is to be quiet', () => {
    const shop = aShop({ observer: { liveness: { quietMs: 60_000 } } });
    shop.status({ message: 'still here' });
    shop.wait(30_000);
    expect(shop.finish().map((one) => one.invariant)).toEqual(['L01']);
  });

  it('minds an end that came too late', () => {
    const since = Date.UTC(2026, 0, 5, 8);
    const shop = aShop({ observer: { liveness: { since, withinMs: 30_000 } } });
    shop.status({ message: 'late' });
    expect(shop.finish().map((one) => one.invariant)).toEqual(['L01']);
  });

  it('minds a release and a revert that did not come to an end', () => {
    const tale = aTale();
    tale.write('controller', 'GitSync', 'shop', { status: { candidate: { commit: 'c1' } } });
    tale.write('controller', 'GitRevert', 'shop-1', { status: { phase: 'Computed' } });
    expect(tale.finish().map((one) => one.sentence)).toEqual([
      'GitSync shop/shop still has a release under way',
      'GitRevert shop/shop-1 ended in Computed',
    ]);
  });
});
