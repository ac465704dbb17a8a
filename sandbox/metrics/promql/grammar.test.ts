/** GRAMMAR.md says what is served, no more and no less; what is not is refused by name. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seriesStore } from '../series-store.ts';
import { instantQuery } from './query.ts';
import { signatures } from './signatures.ts';
import { aggregations, arithmetic, comparisons, setOperators } from './syntax.ts';

const page = readFileSync(join(import.meta.dirname, '../GRAMMAR.md'), 'utf8');

function listed(section: string): readonly string[] {
  const text = new RegExp(`<!-- ${section} -->([\\s\\S]*)<!-- /${section} -->`).exec(page)?.[1] ?? '';
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

const parts: readonly (readonly [string, readonly string[]])[] = [
  ['functions', Object.keys(signatures)],
  ['aggregations', aggregations],
  ['operators', [...arithmetic, ...comparisons, ...setOperators]],
];

test.each(parts)('the page lists all %s', (section, served) => {
  expect(listed(section).toSorted()).toEqual([...served].toSorted());
});

const refused: readonly (readonly [query: string, named: string])[] = [
  ['up @ 1', 'the @ modifier'],
  ['up @ start()', 'the @ modifier'],
  ['a atan2 b', 'the operator atan2'],
  ['count_values("v", up)', 'the aggregation count_values()'],
  ['ln(up)', 'the function ln()'],
  ['hour()', 'the function hour()'],
  ['double_exponential_smoothing(up[5m], 0.1, 0.1)', 'the function double_exponential_smoothing()'],
  ['histogram_sum(up)', 'the function histogram_sum()'],
  ['{"a.b"}', 'the quoted name'],
  ['up[300]', 'a number as a duration ("300")'],
  ['up[2*5m]', 'arithmetic with durations'],
  ['up > 5m', 'a duration as a number ("5m")'],
];

test.each(refused)('%s is refused as %s', (query, named) => {
  expect(instantQuery(seriesStore(), query, 0)).toEqual({
    kind: 'error',
    type: 'execution',
    message: expect.stringContaining(named),
  });
});

const examples = join(import.meta.dirname, '../../../examples');
const queries = readdirSync(examples, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .flatMap((path) => [
    ...readFileSync(join(examples, path), 'utf8').matchAll(/^( *)query: (?:\|\n((?:\1 +.*\n)+)|(.+))/gm),
  ])
  .map((match) => (match[2] ?? match[3] ?? '').replaceAll(/\{\{.*?\}\}/g, 'x'));

test('every query of the examples is served', () => {
  expect(queries.length).toBeGreaterThan(0);
  for (const query of queries) expect(instantQuery(seriesStore(), query, 0)).toMatchObject({ kind: 'value' });
});
