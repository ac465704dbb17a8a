import { expect, it } from 'vitest';
import type { JsonObject } from '../crds/schema/json.ts';
import { selects } from './label-selector.ts';

const rule = (operator: string, values?: string[]): JsonObject => ({
  matchExpressions: [{ key: 'tier', operator, ...(values === undefined ? {} : { values }) }],
});

it.each<[JsonObject, Record<string, string>, boolean]>([
  [{ matchLabels: { app: 'web' } }, { app: 'web', tier: 'front' }, true],
  [{ matchLabels: { app: 'web', tier: 'back' } }, { app: 'web', tier: 'front' }, false],
  [{}, { app: 'web' }, true],
  [rule('In', ['front', 'back']), { tier: 'front' }, true],
  [rule('In', ['back']), {}, false],
  [rule('NotIn', ['back']), {}, true],
  [rule('Exists'), { tier: '' }, true],
  [rule('DoesNotExist'), { tier: '' }, false],
  [rule('Unheard'), { tier: 'front' }, false],
])('%j and %j: %s', (selector, labels, picked) => {
  expect(selects(selector, labels)).toBe(picked);
});

it('picks nothing without a selector', () => {
  expect(selects(undefined, { app: 'web' })).toBe(false);
});
