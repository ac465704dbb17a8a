import { expect, it } from 'vitest';
import { namesIn } from './named-tests.ts';

it('finds the names at the end of a title, and nothing else in brackets', () => {
  const source = `
    play('a third revision starts when the second has given its 40 % back (T9)', supersede);
    play('adopts, releases, ejects (T2, T3)', all);
    it('refuses a Recreate (see T2)', () => {});
  `;
  expect(namesIn(source)).toEqual([
    { title: 'a third revision starts when the second has given its 40 % back', names: ['T9'] },
    { title: 'adopts, releases, ejects', names: ['T2', 'T3'] },
  ]);
});
