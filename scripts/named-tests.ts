/** Reads the end-to-end tests' sources for titles that end with the names of acceptance tests: `... (T2, T3)`. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NamedTest {
  /** Path below the folder. */
  readonly file: string;
  readonly title: string;
  readonly names: readonly string[];
}

const literal = /'([^'\n]*) \((T\d+(?:, T\d+)*)\)'/g;

/** Every such title in a source text. */
export function namesIn(source: string): readonly Omit<NamedTest, 'file'>[] {
  return [...source.matchAll(literal)].map(([, title = '', names = '']) => ({ title, names: names.split(', ') }));
}

/** Of the test files of a folder, in the order of their names. */
export function namedTests(folder: string): readonly NamedTest[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  return files
    .toSorted()
    .flatMap((file) => namesIn(readFileSync(join(folder, file), 'utf8')).map((one) => ({ file, ...one })));
}
