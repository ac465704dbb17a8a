/** Every file that writes to the API server stands in docs/preconditions.md, and those that change something name a version or uid. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const table = readFileSync(join(root, 'docs/preconditions.md'), 'utf8');
const sources = globSync('controller/**/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts') && !path.includes('/testing/'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }));
const using = (call: RegExp): string[] => sources.filter(({ text }) => call.test(text)).map(({ path }) => path);

it('names every file that creates, changes, applies or deletes objects', () => {
  const writers = using(/client\.(?:create|merge|apply|delete)\(/);

  expect(writers.length).toBeGreaterThan(5);
  expect(writers.filter((path) => !table.includes(`\`${path}\``))).toEqual([]);
});

it('finds a version or a uid in every file that changes or deletes', () => {
  const changing = new Set(using(/client\.(?:merge|delete)\(/));
  const bound = new Set(using(/\bresourceVersion\b|\buid\b/));

  expect([...changing].filter((path) => !bound.has(path))).toEqual([]);
});

it('lists no file that is gone', () => {
  const listed = [...table.matchAll(/`(controller\/[^`]+\.ts)`/g)].map((match) => match[1] ?? '');
  const there = new Set(globSync('controller/**/*.ts', { cwd: root }));

  expect(listed.filter((path) => !there.has(path))).toEqual([]);
});
