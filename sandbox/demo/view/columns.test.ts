import { describe, expect, it } from 'vitest';
import { columnsOf, cut, fit, wrapped } from './columns.ts';

describe('columns of a terminal', () => {
  it.each([
    ['plain', 5],
    ['日本', 4],
    ['🚀', 2],
    ['e\u0301', 1],
    ['\u001b[32mgreen\u001b[0m', 5],
    ['✔ ■█', 4],
  ])('%s takes %i', (text, columns) => expect(columnsOf(text)).toBe(columns));

  it('cuts before a wide character that no longer fits, and says so', () => {
    expect(cut('ab日本', 4)).toBe('ab…');
    expect(cut('ab日本', 5)).toBe('ab日…');
  });

  it('keeps colour codes whole when it cuts', () => {
    expect(cut('\u001b[31mabcdef\u001b[0m', 4)).toBe('\u001b[31mabc…\u001b[0m');
  });

  it('fills to the width', () => expect(fit('日', 4)).toBe('日  '));

  it('breaks between words and cuts what is too much', () => {
    expect(wrapped('one two three four', 9, 2)).toEqual(['one two', 'three fo…']);
    expect(wrapped('', 9, 2)).toEqual([]);
  });
});
