import { expect, it } from 'vitest';
import { callKey, objectIn, shortText } from './calls.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aStatus } from './testing/builders.ts';

it('a foreign text is one line, and never longer than status can bear', () => {
  expect(shortText(' no\n\tpods  left ')).toBe('no pods left');
  expect(shortText('x'.repeat(256))).toBe('x'.repeat(256));
  expect(shortText('x'.repeat(257))).toBe(`${'x'.repeat(255)}\u2026`);
});

it.each([
  ['{"a":1}', { a: 1 }],
  ['[1]', undefined],
  ['null', undefined],
  ['"text"', undefined],
  ['<html>', undefined],
])('the body %s holds %j', (body, object) => {
  expect(objectIn(body)).toEqual(object);
});

it('the key of a call names Rollout, revision, attempt, place and execution in printable ASCII', () => {
  const scene = sceneOf(anObserved(), aStatus());
  const place = { podHash: 'two', attempt: 1, step: 'gate', name: 'größe/x', operation: 'rollback' } as const;

  expect(callKey(scene, place, 7)).toBe('rollout-uid/two/gate/1/gr%C3%B6%C3%9Fe%2Fx/rollback/7');
});
