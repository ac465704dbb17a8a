import { describe, expect, test } from 'vitest';
import type { Json } from '../../crds/schema/json.ts';
import { findByPath, parseJsonPath } from './json-path.ts';

const root: Json = {
  kind: 'List',
  items: [
    { name: 'a', n: 1, tags: { 'x.y/z': 'one', in: true } },
    { name: 'b', n: 2, tags: {} },
    { name: 'c', n: 3, sub: [{ name: 'd' }] },
  ],
  'dotted.key': 7,
};

function find(text: string): readonly Json[] | string {
  const parsed = parseJsonPath(text);
  return parsed.kind === 'ok' ? findByPath(parsed.path, root) : parsed.message;
}

describe('JSONPath', () => {
  test.each<readonly [string, readonly Json[]]>([
    ['{$}', [root]],
    ['{.}', [root]],
    ['{.kind}', ['List']],
    ['{$.kind}', ['List']],
    ['$.kind', ['List']],
    ['kind', ['List']],
    ['{ .kind }', ['List']],
    ['{.items[0].name}', ['a']],
    ['{.items[-1].name}', ['c']],
    ['{.items[9].name}', []],
    ['{.items[*].name}', ['a', 'b', 'c']],
    ['{.items.*.name}', ['a', 'b', 'c']],
    ['{.items[0:2].n}', [1, 2]],
    ['{.items[1:].n}', [2, 3]],
    ['{.items[:-1].n}', [1, 2]],
    ['{.items[::2].n}', [1, 3]],
    ["{.items[0].tags['x.y/z']}", ['one']],
    ['{.items[0]["tags"]["in"]}', [true]],
    ['{.items[0].tags.x\\.y/z}', ['one']],
    ["{['dotted.key']}", [7]],
    ['{.dotted\\.key}', [7]],
    ['{..name}', ['a', 'b', 'c', 'd']],
    ['{.items[?(@.n==2)].name}', ['b']],
    ['{.items[?(@.n > 1)].name}', ['b', 'c']],
    ['{.items[?(@.n <= 1)].name}', ['a']],
    ["{.items[?(@.name != 'a')].n}", [2, 3]],
    ['{.items[?(@.sub)].name}', ['c']],
    ['{.items[?(@.tags.in==true)].name}', ['a']],
    ['{.missing.deep}', []],
    ['{.constructor}', []],
    ['{.kind.length}', []],
  ])('%s', (text, expected) => {
    expect(find(text)).toEqual(expected);
  });

  test.each([
    ['', 'is empty'],
    ['{range .items[*]}{.name}{end}', 'range'],
    ['value: {.kind}', 'text or a second expression'],
    ["{.items[?(@.a=~'x')]}", "compares with|supported is|can't be read"],
    ["{['a','b']}", "can't be read"],
    ['{.items[}', "can't be read"],
    ['{.items[?(@.n==foo)]}', 'only numbers, quoted texts'],
    [`{.${'a'.repeat(1200)}}`, 'longer than'],
  ])('%s is refused', (text, why) => {
    expect(find(text)).toMatch(new RegExp(why));
  });
});
