import { expect, it } from 'vitest';
import { duplicateFields } from './duplicate-fields.ts';

it('names fields that stand twice, in objects and in lists of objects', () => {
  const text = '{"a":1,"b":{"c":"x","c":"y"},"list":[{"n":1},{"n":1,"n":[2]}],"a":"a"}';

  expect(duplicateFields(text)).toEqual(['b.c', 'list[1].n', 'a']);
});

it('takes texts for no fields', () => {
  expect(duplicateFields('{"a":"a","b":["a","a","{\\"a\\":1,"],"c":{"a":":"}}')).toEqual([]);
});
