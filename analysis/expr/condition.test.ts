import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../crds/schema/json.ts';
import { evaluateCondition, lintCondition } from './condition.ts';

const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

function outcome(source: string, result: Json = null): boolean | string {
  const found = evaluateCondition(source, result, 'as-argo');
  return found.kind === 'holds' ? found.value : found.kind === 'error' ? `error: ${found.message}` : found.kind;
}

/** Each row: condition, measured result, expected outcome; a text is a part of the error. */
const rows: readonly (readonly [string, Json, boolean | string])[] = [
  // literals
  ['true', null, true],
  ['not false', null, true],
  ['!true', null, false],
  ['0x1F == 31', null, true],
  ['0b101 == 5 and 0o17 == 15', null, true],
  ['1_000 == 1000', null, true],
  ['.5 == 0.5', null, true],
  ['1e3 == 1000', null, true],
  ['2.5E-1 == 0.25', null, true],
  [`"a\\n" == 'a\\n'`, null, true],
  ['"\\x41\\u0042\\103" == "ABC"', null, true],
  ['`raw \\n` == "raw \\\\n"', null, true],
  ["'it\\'s' == \"it's\"", null, true],
  ['nil == nil', null, true],
  ['[1, 2.0, "x", nil,] == [1.0, 2, "x", nil]', null, true],
  ['{a: 1, "b": 2, (\'c\'): 3}.c == 3', null, true],
  ['{"a": {"b": [1, 2]}} == {a: {b: [1, 2]}}', null, true],
  ['len([]) == 0 and len({}) == 0', null, true],
  ['1 == 1 // a comment', null, true],
  ['1 /* one */ == 1', null, true],
  // grouping, splitting and base64
  ['len(groupBy([1, 2, 3, 4], # % 2 == 0 ? "even" : "odd").even) == 2', null, true],
  ['groupBy(["a", "bb"], len(#)) == {"1": ["a"], "2": ["bb"]}', null, true],
  ['splitAfter("a,b,c", ",") == ["a,", "b,", "c"]', null, true],
  ['splitAfter("a,b,c", ",", 2) == ["a,", "b,c"]', null, true],
  ['toBase64("grün") == "Z3LDvG4="', null, true],
  ['fromBase64("Z3LDvG4=") == "grün"', null, true],
  ['fromBase64("?") == ""', null, "can't read"],
  // integers and floats
  ['7 / 2 == 3.5', null, true],
  ['type(4 / 2) == "float"', null, true],
  ['type(2 * 3) == "int"', null, true],
  ['type(2 * 3.0) == "float"', null, true],
  ['type(2 ** 3) == "float"', null, true],
  ['2 ^ 3 == 8', null, true],
  ['2 ** 3 ** 2 == 512', null, true],
  ['-2 ** 2 == -4', null, true],
  ['7 % 3 == 1 and -7 % 3 == -1', null, true],
  ['7.0 % 2 == 1', null, "% can't be used between float and int"],
  ['1 % 0 == 0', null, 'division by zero'],
  ['1 / 0 > 1e308', null, true],
  ['isNaN(0 / 0)', null, true],
  ['isInf(1 / 0) and isInf(-1 / 0)', null, true],
  ['9223372036854775807 + 1 < 0', null, true],
  ['9223372036854775808 > 0', null, 'larger than 64 bits'],
  ['1 == 1.0', null, true],
  ['1 != 1.5', null, true],
  ['9007199254740993 == 9007199254740992.0', null, true],
  ['9007199254740993 == 9007199254740992', null, false],
  ['1 ** (0/0) == 1', null, true],
  ['0.1 + 0.2 == 0.3', null, false],
  ['+1 - -1 == 2', null, true],
  // precedence and comparison
  ['1 + 2 * 3 == 7', null, true],
  ['(1 + 2) * 3 == 9', null, true],
  ['true or false and false', null, true],
  ['1 < 2 < 3', null, true],
  ['3 > 2 > 2', null, false],
  ['1 < 2 == true', null, true],
  ['not (1 == 2)', null, true],
  ['not 1 == 2', null, "not can't be used on int"],
  ['"a" < "b"', null, true],
  ['"a" + "b" == "ab"', null, true],
  ['"a" < 1', null, "< can't be used between string and int"],
  ['nil < 1', null, "< can't be used between nil and int"],
  ['"1" == 1', null, false],
  ['"a" + 1 == "a1"', null, "+ can't be used between string and int"],
  ['true == 1', null, false],
  ['false and nil', null, false],
  ['true or nil', null, true],
  ['true and 1', null, 'must be true or false'],
  ['1 or true', null, "or can't be used between int"],
  ['true && !false || false', null, true],
  // ranges, membership, text
  ['2 in 1..3', null, true],
  ['4 in 1..3', null, false],
  ['len(3..1) == 0', null, true],
  ['1..3 == [1, 2, 3]', null, true],
  ['2 not in [1, 3]', null, true],
  ['1.0 in [1]', null, true],
  ['"a" in {"a": nil}', null, true],
  ['"b" in {"a": 1}', null, false],
  ['1 in nil', null, false],
  ['"a" in "abc"', null, "in can't be used between string and string"],
  ['"abc" contains "b"', null, true],
  ['"abc" not contains "x"', null, true],
  ['"abc" startsWith "ab"', null, true],
  ['"abc" endsWith "bc"', null, true],
  ['"abc" not startsWith "b"', null, true],
  ['"canary-42" matches "^canary-[0-9]+$"', null, true],
  ['"abc" not matches "^b"', null, true],
  ['1 contains "a"', null, "contains can't be used between int and string"],
  // choices, nil, chains
  ['true ? true : false', null, true],
  ['false ? 1 : 2 > 1 ? true : false', null, true],
  ['(nil ?: true) == true', null, 'must be true or false'],
  ['true ?: false', null, true],
  ['(nil ?? 5) == 5', null, true],
  ['(nil ?? nil ?? 5) == 5', null, true],
  ['nil ?? 1 == 1', null, "can't be mixed"],
  ['nil?.a.b.c == nil', null, true],
  ['nil?.[0] == nil', null, true],
  ['{a: nil}.a?.b == nil', null, true],
  ['({a: nil}.a?.b.c ?? 7) == 7', null, true],
  ['{a: 1}.b == nil', null, true],
  ['{a: 1}.b.c == nil', null, "can't read c from nil"],
  ['if 1 < 2 { true } else { false }', null, true],
  ['if false { false } else if true { true } else { false }', null, true],
  ['let x = 2; let y = x * 2; y == 4', null, true],
  ['let x = 1; let x = 2; true', null, 'is taken already'],
  ['let result = 1; true', null, 'is taken already'],
  // indexes and slices
  ['[1, 2, 3][0] == 1', null, true],
  ['[1, 2, 3][-1] == 3', null, true],
  ['[1, 2, 3][3] == 1', null, 'index out of range: 3 (the list has 3 items)'],
  ['[1, 2, 3][-4] == 1', null, 'index out of range'],
  ['[1, 2][0.5] == 1', null, 'takes an integer here'],
  ['{"a": 1}["a"] == 1', null, true],
  ['{"a": 1}[1] == nil', null, 'a map is read by a text'],
  ['{in: 1}.in == 1', null, 'a map key must be'],
  ['{"not": 1}.not == 1', null, true],
  ['[1, 2, 3, 4][1:3] == [2, 3]', null, true],
  ['[1, 2, 3][:-1] == [1, 2]', null, true],
  ['[1, 2, 3][-2:] == [2, 3]', null, true],
  ['[1, 2, 3][:] == [1, 2, 3]', null, true],
  ['[1, 2, 3][2:99] == [3]', null, true],
  ['"hello"[1:3] == "el"', null, true],
  ['5[0] == 1', null, "can't read 0 from int"],
  // closures
  ['all([1, 2], # > 0)', null, true],
  ['all([1, 2], {# > 1})', null, false],
  ['all([], # > 1)', null, true],
  ['any([1, 2], # > 1)', null, true],
  ['any([], true)', null, false],
  ['none([1, 2], # > 2)', null, true],
  ['one([1, 2], # > 1)', null, true],
  ['filter(1..5, # % 2 == 0) == [2, 4]', null, true],
  ['map(1..3, # * 2) == [2, 4, 6]', null, true],
  ['map([5, 6], #index) == [0, 1]', null, true],
  ['count([1, 2, 3], # > 1) == 2', null, true],
  ['count([true, false]) == 1', null, true],
  ['sum([1, 2, 3]) == 6 and type(sum([1])) == "int"', null, true],
  ['sum([1.5, 2]) == 3.5', null, true],
  ['sum([{v: 1}, {v: 2}], .v) == 3', null, true],
  ['find([1, 2, 3], # > 1) == 2', null, true],
  ['find([1], # > 1) == nil', null, true],
  ['findIndex([1, 2], # == 2) == 1', null, true],
  ['findLast([1, 2, 3], # < 3) == 2', null, true],
  ['findLastIndex([1, 1], # == 1) == 1', null, true],
  ['reduce(1..4, #acc + #) == 10', null, true],
  ['reduce([1, 2], #acc + #, 10) == 13', null, true],
  ['reduce([], #acc + #)', null, 'needs a start value'],
  ['sortBy([{v: 2}, {v: 1}], .v)[0].v == 1', null, true],
  ['sortBy([1, 3, 2], #, "desc") == [3, 2, 1]', null, true],
  ['all([[1, 2], [3]], all(#, # > 0))', null, true],
  ['all(["a"], .length > 0)', null, "can't read length from string"],
  ['all([1], #)', null, 'must give true or false'],
  ['filter([{a: {b: 1}}], .a.b == 1) | len() == 1', null, true],
  ['[1, 2, 3] | filter(# > 1) | len() == 2', null, true],
  ['"a,b" | split(",") | last() == "b"', null, true],
  // functions
  ['len("héllo") == 5', null, true],
  ['len(5) == 1', null, 'len() takes a list'],
  ['abs(-3) == 3 and abs(-1.5) == 1.5', null, true],
  ['ceil(1.2) == 2 and floor(1.8) == 1', null, true],
  ['round(2.5) == 3 and round(-2.5) == -3', null, true],
  ['type(round(2)) == "float"', null, true],
  ['int("42") == 42 and int(3.9) == 3 and int(-3.9) == -3', null, true],
  ['int("4.2") == 4', null, "can't read 4.2 as an integer"],
  ['float("1.5e1") == 15', null, true],
  ['string(1.0) == "1" and string(0.5) == "0.5" and string(7) == "7"', null, true],
  ['string([1, "a"]) == "[1 a]" and string(nil) == "<nil>"', null, true],
  ['string({b: 1, a: 2}) == "map[a:2 b:1]"', null, true],
  ['string(1e21) == "1e+21" and string(0.00001) == "1e-05"', null, true],
  [
    'type(nil) == "nil" and type([]) == "array" and type({}) == "map" and type("") == "string" and type(true) == "bool"',
    null,
    true,
  ],
  ['max(1, 2.5, [7, 3]) == 7 and min([3, 1], 2) == 1', null, true],
  ['max("a") == "a"', null, 'takes numbers'],
  ['mean([1, 2, 3]) == 2 and mean([]) == 0', null, true],
  ['median([3, 1, 2]) == 2 and median([1, 2]) == 1.5', null, true],
  ['first([4, 5]) == 4 and last([4, 5]) == 5 and first([]) == nil', null, true],
  ['take([1, 2, 3], 2) == [1, 2] and take([1], 5) == [1]', null, true],
  ['get([1], 5) == nil and get({a: 1}, "a") == 1', null, true],
  ['reverse([1, 2]) == [2, 1] and uniq([1, 1.0, 2]) == [1, 2]', null, true],
  ['concat([1], [2, 3]) == [1, 2, 3] and flatten([1, [2, [3]]]) == [1, 2, 3]', null, true],
  ['sort([3, 1, 2]) == [1, 2, 3] and sort(["b", "a"], "desc") == ["b", "a"]', null, true],
  ['sort([1, "a"]) == []', null, "< can't be used"],
  ['keys({a: 1, b: 2}) == ["a", "b"] and values({a: 1}) == [1]', null, true],
  ['toPairs({a: 1}) == [["a", 1]] and fromPairs([["a", 1]]) == {a: 1}', null, true],
  ['trim(" a ") == "a" and trim("__a_", "_") == "a"', null, true],
  ['trimPrefix("foobar", "foo") == "bar" and trimSuffix("a.go", ".go") == "a"', null, true],
  ['upper("a") == "A" and lower("B") == "b"', null, true],
  ['split("a,b,c", ",") == ["a", "b", "c"] and split("a,b,c", ",", 2) == ["a", "b,c"]', null, true],
  ['join(["a", "b"], "-") == "a-b" and join(["a", "b"]) == "ab"', null, true],
  ['replace("aaa", "a", "b") == "bbb" and replace("aaa", "a", "b", 1) == "baa"', null, true],
  ['repeat("ab", 2) == "abab"', null, true],
  ['indexOf("hello", "l") == 2 and lastIndexOf("hello", "l") == 3 and indexOf("a", "z") == -1', null, true],
  ['hasPrefix("ab", "a") and hasSuffix("ab", "b")', null, true],
  ['toJSON({b: [1, 2.5], a: nil}) == "{\\n  \\"a\\": null,\\n  \\"b\\": [\\n    1,\\n    2.5\\n  ]\\n}"', null, true],
  ['fromJSON("{\\"a\\": [1]}").a[0] == 1', null, true],
  ['fromJSON("{") == nil', null, 'no JSON'],
  ['bitand(6, 3) == 2 and bitor(4, 1) == 5 and bitxor(7, 2) == 5 and bitnand(7, 2) == 5', null, true],
  ['bitshl(1, 4) == 16 and bitshr(-8, 1) == -4 and bitnot(0) == -1 and bitushr(-1, 63) == 1', null, true],
  // Argo's environment
  ['result[0] < 0.05', [0.01], true],
  ['result[0] < 0.05', [], 'index out of range: 0'],
  ['len(result) == 0 || result[0] < 1', [], true],
  ['len(result) == 0 || result[0] < 1', [0.5], true],
  ['result >= 0.95', 0.97, true],
  ['result >= 0.95', nan, false],
  ['not (result < 0.95)', nan, true],
  ['isNaN(result)', nan, true],
  ['isNaN(result[0]) || result[0] < 1', [nan], true],
  ['isNaN("1")', null, 'isNaN() takes a float, not string'],
  ['isNaN(1)', null, false],
  ['isNaN(len([]))', null, 'isNaN() takes a float, not int'],
  ['isInf(result)', inf, true],
  ['isInf(result)', -inf, true],
  ['isInf(result)', 1, false],
  ['asInt("7") == 7 and asInt(7.9) == 7', null, true],
  ['asInt("7.5") == 7', null, "can't read 7.5"],
  ['asInt(true) == 1', null, "can't read true"],
  ['asFloat("1.5") == 1.5 and asFloat(2) == 2.0', null, true],
  ['asFloat("x") == 1', null, "can't read x"],
  ['isNaN(asFloat("NaN")) and isInf(asFloat("-inf"))', null, true],
  ['default(result, 0) == 0', null, true],
  ['default(result, 5) == 1', 1, true],
  ['default(result.missing, 5) == result', { a: 1 }, true],
  ['default(result[0], 0) < 1', [], 'index out of range'],
  ['len(default(result, [1])) == 0', [], true],
  ['isNil(result)', null, true],
  ['isNil(1)', null, true],
  ['isNil(nil)', 5, false],
  ['isNil(result)', [], false],
  ['result.status == 999', { status: 999 }, true],
  ['result.ok and result.items[0].name startsWith "a"', { ok: true, items: [{ name: 'abc' }] }, true],
  ['result.missing == nil', {}, true],
  ['result.missing < 1', {}, "< can't be used between nil and int"],
  ['result contains "ok"', 'all ok', true],
  ['result.constructor == nil and result.__proto__ == nil', {}, true],
  ['result[0] == "0"', [0], "== can't be used between float and string"],
  ['result != true', 1, "!= can't be used between float and bool"],
  ['result == nil', 1, false],
  ['result.a == "0"', { a: 0 }, false],
  ['result.a != "N/A"', { a: 0 }, true],
  ['result', 'text', 'the condition must give true or false, not string'],
  ['1', null, 'must give true or false, not int'],
  ['all(result, # < 1)', [0.1, 0.2], true],
  ['all(result, # < 1)', [0.1, nan], false],
  ['map(result, .v) == [1, 2]', [{ v: 1 }, { v: 2 }], true],
  // refused
  ['', null, 'the expression is empty'],
  ['1 +', null, 'unexpected end of expression'],
  ['result = 1', null, '"=" is no operator'],
  ['result & 1', null, '"&" is no operator'],
  ['foo > 1', null, 'unknown name "foo"'],
  ['foo(1)', null, 'foo() is unknown'],
  ['constructor(1)', null, 'constructor() is unknown'],
  ['toString', null, 'unknown name "toString"'],
  ['len', null, 'len is a function'],
  ['len()', null, 'takes 1 arguments, not 0'],
  ['all(result)', null, 'takes 2 arguments, not 1'],
  ['# > 1', null, 'only inside a closure'],
  ['all(result, #foo)', null, 'unknown pointer #foo'],
  ['result.foo()', null, 'the method .foo() is unknown'],
  ['b"abc" == nil', null, 'byte literals'],
  ['"abc', null, 'has no end'],
  ['"\\q"', null, 'unknown escape'],
  ['1a', null, 'a number is written wrong'],
  ['result @ 1', null, 'unexpected character "@"'],
  ['(1 == 1', null, 'expected ")"'],
  ['[1, 2', null, 'expected "]"'],
  ['true true', null, 'unexpected "true"'],
  ['result not 5', null, '"not" must be followed by'],
  ['len(1..20000) > 0', null, 'a range may have 10000'],
  ['all(1..9000, all(1..9000, # > 0))', null, 'more than 1000000 steps'],
];

describe('the condition language', () => {
  test.each(rows.filter(([, , expected]) => typeof expected === 'boolean'))('%s on %j', (source, result, expected) => {
    expect(outcome(source, result)).toBe(expected);
  });

  test.each(rows.filter(([, , expected]) => typeof expected === 'string'))(
    '%s on %j is refused',
    (source, result, why) => {
      expect(outcome(source, result)).toEqual(expect.stringMatching(/^error: /));
      expect(outcome(source, result)).toContain(why);
    },
  );

  test('an error says line and column', () => {
    expect(lintCondition('result[0] < 1 &&\n  foo > 2')).toBe(
      'unknown name "foo"; a condition knows result (line 2, column 3)',
    );
    expect(lintCondition('result matches "(?=a)"')).toBe(
      'look-around (?=) is not supported in patterns (line 1, column 16)',
    );
    expect(lintCondition('result[0] < 1')).toBeUndefined();
  });

  test.each([
    'flatten(map(1..9000, 1..9000)) == []',
    'flatten(map(1..9000, result)) == []',
    'len(map(1..9000, reverse(result))) > 0',
    'len(map(1..9000, string([result, result]))) > 0',
    'all(1..9000, result == result)',
    'all(1..9000, join(map(result, "aaaaaaaaaa")) contains "b" == false)',
    'all(1..9000, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" matches "(a|aa|a?){300}$")',
    'len(concat(map(1..9000, concat(result, result, result)))) > 0',
    'all(1..9000, all(1..9000, true))',
    'len(reduce(1..9000, #acc + #acc, "aaaa")) > 0',
    'len(reduce(1..60, concat(#acc, #acc), [1])) > 0',
    'all(1..9000, toJSON(result) != "")',
    'all(1..9000, sort(result)[0] > 0)',
  ])('%s ends in a limit, soon', (source) => {
    const found = evaluateCondition(
      source,
      Array.from({ length: 50_000 }, () => 0.5),
      'as-argo',
    );

    expect(found).toMatchObject({
      kind: 'error',
      message: expect.stringMatching(/more than \d+ steps|at most|takes too long/),
    });
  });

  test('a value nested without end is refused', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as Json;

    expect(evaluateCondition('len(result) == 1', deep, 'strict').kind).toBe('error');
  });

  test('deep and long sources are refused, not crashed on', () => {
    expect(lintCondition(`${'('.repeat(500)}1${')'.repeat(500)}`)).toContain('nested deeper');
    expect(lintCondition(`${'!'.repeat(5000)}true`)).toContain('nested deeper');
    expect(lintCondition(`true ${'and true '.repeat(1500)}`)).toContain('more than 2000 parts');
    expect(lintCondition(' '.repeat(20_000))).toContain('longer than');
  });

  test('any text ends in an outcome, never in an exception', () => {
    const pieces = fc.constantFrom(
      'result',
      '[0]',
      '(',
      ')',
      '#',
      'all',
      '..',
      '1',
      '2.5',
      '"a"',
      '?',
      ':',
      '??',
      '?.',
      'not',
      'in',
      '{',
      '}',
      ',',
      '|',
      'len',
      '==',
      '<',
      '-',
      '**',
    );
    const found = fc.check(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        fc.constantFrom<Json>(null, [], [1], nan, { a: 1 }, 'x'),
        (words, result) => {
          const found = evaluateCondition(words.join(' '), result, 'strict');
          return found.kind === 'holds' || found.kind === 'error' || found.kind === 'no-evidence';
        },
      ),
      { numRuns: 2000 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });
});

describe('the strict rule: nothing rests on NaN or on nothing', () => {
  const strict: readonly (readonly [string, Json, boolean | 'no-evidence'])[] = [
    ['result < 1', nan, 'no-evidence'],
    ['result[0] < 1', [nan], 'no-evidence'],
    ['not (result[0] < 1)', [nan], 'no-evidence'],
    ['result == 1', nan, 'no-evidence'],
    ['result != 1', nan, 'no-evidence'],
    ['result[0] * 100 + 1 < 50', [nan], 'no-evidence'],
    ['isNaN(result) || result < 1', nan, true],
    ['!isNaN(result) && result < 1', nan, false],
    ['all(result, # < 1)', [0.1, nan], 'no-evidence'],
    ['any(result, # > 5)', [nan, 7], 'no-evidence'],
    ['max(result) < 1', [nan], 'no-evidence'],
    ['max(result) < 1', [0.5, nan], 'no-evidence'],
    ['median(result) < 1', [0.5, nan, 0.1], 'no-evidence'],
    ['int(result) < 1', nan, 'no-evidence'],
    ['1 in result', [nan, 1], 'no-evidence'],
    ['sum(result) < 1', [nan], 'no-evidence'],
    ['all(result, # < 1)', [], 'no-evidence'],
    ['none(result, # > 1)', [], 'no-evidence'],
    ['count(result, # > 1) == 0', [], 'no-evidence'],
    ['len(filter(result, # > 1)) == 0', [], 'no-evidence'],
    ['sum(result) < 1', [], 'no-evidence'],
    ['mean(result) < 1', [], 'no-evidence'],
    ['1 not in result', [], 'no-evidence'],
    ['len(result) == 0 || all(result, # < 1)', [], true],
    ['len(result) > 0 && result[0] < 1', [], false],
    ['result == [] || result[0] < 1', [], true],
    ['(get(result, 0) ?? 0) < 1', [], true],
    ['result != 1', null, 'no-evidence'],
    ['1 not in result', null, 'no-evidence'],
    ['result not contains "x"', null, 'no-evidence'],
    ['result == nil || result < 1', null, true],
    ['isNil(result) || result < 1', null, true],
    ['(result ?? 0) < 1', null, true],
    ['result.missing != 1', {}, true],
    ['result < 1', inf, false],
    ['all(result, # < 1)', [0.5], true],
  ];

  test.each(strict)('%s on %j', (source, result, expected) => {
    const found = evaluateCondition(source, result, 'strict');

    expect(found.kind === 'holds' ? found.value : found.kind).toBe(expected);
  });
});
