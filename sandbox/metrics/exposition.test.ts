/** Reading of /metrics pages. */

import { describe, expect, test } from 'vitest';
import { type Exposition, readExposition } from './exposition.ts';

function lines(...all: readonly string[]): Exposition {
  return readExposition(`${all.join('\n')}\n`);
}

describe('a page', () => {
  const rows: readonly (readonly [string, string, object])[] = [
    ['a bare name', 'up 1', { labels: { __name__: 'up' }, v: 1 }],
    ['labels', 'x{a="b", c="d",} 2.5', { labels: { __name__: 'x', a: 'b', c: 'd' }, v: 2.5 }],
    ['empty braces', 'x{} 3', { labels: { __name__: 'x' }, v: 3 }],
    ['a time', 'x 1 1700000000123', { labels: { __name__: 'x' }, v: 1, t: 1_700_000_000_123 }],
    ['braces and commas in a value', 'x{a="}, b=\\"{"} 1', { labels: { __name__: 'x', a: '}, b="{' }, v: 1 }],
    ['escapes', 'x{a="\\\\ \\n"} 1', { labels: { __name__: 'x', a: '\\ \n' }, v: 1 }],
    ['an exponent', 'x 1.5e+06', { labels: { __name__: 'x' }, v: 1.5e6 }],
    ['infinity', 'x_bucket{le="+Inf"} +Inf', { labels: { __name__: 'x_bucket', le: '+Inf' }, v: Infinity }],
    ['minus infinity', 'x -Inf', { labels: { __name__: 'x' }, v: -Infinity }],
    ['not a number', 'x NaN', { labels: { __name__: 'x' }, v: Number.NaN }],
  ];
  test.each(rows)('with %s', (_, line, sample) => {
    expect(lines('# HELP x y', '# TYPE x counter', '', line)).toEqual({ kind: 'samples', samples: [sample] });
  });

  const garbled: readonly (readonly [string, string])[] = [
    ['no value', 'x'],
    ['a word as value', 'x one'],
    ['an open quote', 'x{a="b} 1'],
    ['a label without quotes', 'x{a=b} 1'],
    ['something behind the time', 'x 1 2 3'],
    ['html', '<html>'],
    ['space before the name', ' x 1'],
    ['a label twice', 'x{a="b",a="c"} 1'],
    ['a number in base 16', 'x 0x1F'],
    ['the line ends of Windows', 'x 1\r'],
  ];
  test.each(garbled)('with %s is garbled, and says where', (_, line) => {
    expect(lines('ok 1', line)).toMatchObject({ kind: 'garbled', line: 2 });
  });
});
