import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { regexMatches } from './regex-match.ts';

const rows: readonly (readonly [string, string, boolean])[] = [
  ['a', 'cat', true],
  ['^a', 'cat', false],
  ['t$', 'cat', true],
  ['^$', '', true],
  ['c.t', 'cut', true],
  ['c.t', 'c\nt', false],
  ['(?s)c.t', 'c\nt', true],
  ['(?i)CAT', 'a cat', true],
  ['(?i:C)AT', 'cAT', true],
  ['(?i:C)AT', 'cat', false],
  ['ca*t', 'ct', true],
  ['ca+t', 'ct', false],
  ['ca?t', 'caat', false],
  ['^a{2,3}$', 'aaa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^a{2}$', 'aa', true],
  ['^a{2,}$', 'aaaaa', true],
  ['^(ab|cd)+$', 'abcdab', true],
  ['^(ab|cd)+$', 'abc', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[]a]', ']', true],
  ['[a-]', '-', true],
  ['[\\d.]+$', '1.5', true],
  ['[[:alpha:]_]+', '__', true],
  ['[[:^digit:]]', '1', false],
  ['\\d{3}-\\w+\\s\\S', '123-ab c', true],
  ['\\D', '1', false],
  ['\\bcat\\b', 'a cat!', true],
  ['\\bcat\\b', 'concat', false],
  ['a\\Bb', 'ab', true],
  ['\\Aab\\z', 'ab', true],
  ['(?m)^b$', 'a\nb\nc', true],
  ['^b$', 'a\nb\nc', false],
  ['a.*?b', 'axxb', true],
  ['(?P<name>x)y', 'xy', true],
  ['(?:x|y){2}', 'xy', true],
  ['\\.\\+\\*', '.+*', true],
  ['\\x41\\x{42}', 'AB', true],
  ['5..', '503', true],
  ['é', 'café', true],
  ['^.$', '😀', true],
  ['a|', '', true],
  ['{', '{', true],
];

describe('patterns of matches', () => {
  test.each(rows)('%s on %j', (pattern, text, expected) => {
    expect(regexMatches(pattern, text)).toBe(expected);
  });

  test.each([
    ['(?=a)', 'look-around'],
    ['(?!a)', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(a)\\1', 'back-references'],
    ['\\pL', 'Unicode classes'],
    ['(', '"(" without ")"'],
    [')', '")" without "("'],
    ['*a', 'repeats nothing'],
    ['a**', 'repeats a repetition'],
    ['[b-a]', 'bad range'],
    ['[a', 'ends too early'],
    ['a{2000}', 'between 0 and 1000'],
    ['(a{1000}){1000}', 'too large'],
    ['((){999}){999}', 'too large'],
    ['\\y', 'unknown escape'],
    ['x'.repeat(2000), '1000 characters'],
  ])('%s is refused', (pattern, why) => {
    expect(() => regexMatches(pattern, 'aaa')).toThrow(why);
  });

  test('patterns that blow up elsewhere end quickly here', () => {
    expect(regexMatches('^(a+)+$', `${'a'.repeat(5000)}!`)).toBe(false);
    expect(regexMatches('^(a|aa)*$', `${'a'.repeat(5000)}!`)).toBe(false);
    expect(regexMatches('(x+x+)+y', 'x'.repeat(5000))).toBe(false);
  });

  test('agree with the engine of the platform on plain patterns', () => {
    const pattern = fc
      .array(
        fc.constantFrom(
          'a',
          'b',
          'c',
          '.',
          '[ab]',
          '[^a]',
          '(a|b)',
          '(ab)',
          'a*',
          'b+',
          'c?',
          '^',
          '$',
          '\\w',
          'a{1,2}',
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join(''));
    const found = fc.check(
      fc.property(
        pattern,
        fc.stringMatching(/^[abc]{0,8}$/),
        (source, text) => regexMatches(source, text) === new RegExp(source).test(text),
      ),
      { numRuns: 3000 },
    );

    expect(found).toMatchObject({ failed: false, counterexample: null });
  });
});
