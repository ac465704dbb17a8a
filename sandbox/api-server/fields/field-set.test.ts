/** Sets of fields obey the laws of sets, whatever is in them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference, type FieldSet, intersection, isSameSet, nodeOf, pathsOf, union } from './field-set.ts';

/** A set from its paths, each a list of names. */
function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => union(set, only(path)), {});
}

function only([first = '', ...rest]: readonly string[]): FieldSet {
  return { [`f:${first}`]: rest.length === 0 ? {} : only(rest) };
}

const name = fc.constantFrom('a', 'b', 'c');
const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 8 });

function texts(set: FieldSet): readonly string[] {
  return pathsOf(set)
    .map((path) => path.join('/'))
    .toSorted();
}

function asTexts(given: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(given.map((path) => path.map((one) => `f:${one}`).join('/')));
}

describe('sets of fields', () => {
  it('hold exactly the paths that were put in', () => {
    fc.assert(
      fc.property(paths, (given) => {
        expect(texts(setOfPaths(given))).toEqual([...asTexts(given)].toSorted());
      }),
    );
  });

  it('combine as sets do', () => {
    fc.assert(
      fc.property(paths, paths, (one, other) => {
        const [left, right] = [asTexts(one), asTexts(other)];
        const [a, b] = [setOfPaths(one), setOfPaths(other)];
        expect(texts(union(a, b))).toEqual([...new Set([...left, ...right])].toSorted());
        expect(texts(difference(a, b))).toEqual([...left].filter((path) => !right.has(path)).toSorted());
        expect(texts(intersection(a, b))).toEqual([...left].filter((path) => right.has(path)).toSorted());
      }),
    );
  });

  it('are given back themselves when nothing is taken away', () => {
    const set = setOfPaths([['a', 'b'], ['c']]);
    expect(difference(set, setOfPaths([['a'], ['b']]))).toBe(set);
  });

  it('mark a member that has members below it', () => {
    expect(setOfPaths([['a'], ['a', 'b']])).toEqual({ 'f:a': { '.': {}, 'f:b': {} } });
    expect(isSameSet(setOfPaths([['a', 'b']]), setOfPaths([['a'], ['a', 'b']]))).toBe(false);
    expect(nodeOf(false, {})).toBeUndefined();
  });
});
