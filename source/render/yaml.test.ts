import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readYaml } from './yaml.ts';

const corpus = join(import.meta.dirname, 'testdata', 'yaml-corpus');
const names = readdirSync(corpus)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

interface Expected {
  documents: unknown[];
  refused?: boolean;
}

describe('YAML as kubectl reads it', () => {
  it('covers at least 60 documents', () => {
    expect(names.length).toBeGreaterThanOrEqual(60);
  });

  it.each(names)('%s', (name) => {
    const expected = JSON.parse(readFileSync(join(corpus, `${name}.json`), 'utf8')) as Expected;

    const seen = readYaml(readFileSync(join(corpus, `${name}.yaml`), 'utf8'));

    expect(seen.kind === 'ok' ? values(seen) : 'refused').toEqual(
      expected.refused === true ? 'refused' : expected.documents,
    );
  });
});

function values(result: ReturnType<typeof readYaml>): unknown {
  if (result.kind !== 'ok') return result;
  return JSON.parse(JSON.stringify(result.documents.map((document) => document.value)));
}

describe('hostile YAML', () => {
  it('refuses an alias bomb before it is expanded', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );

    const result = readYaml(lines.join('\n'));

    expect(result).toMatchObject({ kind: 'invalid', line: 6 });
  });

  it('refuses one long text that is repeated by aliases', () => {
    const result = readYaml(`a: &a ${'x'.repeat(100_000)}\nb: [${Array(1000).fill('*a').join(', ')}]`);

    expect(result.kind).toBe('invalid');
  });

  it('refuses depth made of aliases', () => {
    const deep = (inner: string) => '['.repeat(40) + inner + ']'.repeat(40);

    const result = readYaml(`a: &a ${deep('x')}\nb: &b ${deep('*a')}\nc: ${deep('*b')}`);

    expect(result.kind).toBe('invalid');
  });

  it('refuses an alias that is part of what it stands for', () => {
    expect(readYaml('a: &a\n  b: *a\n')).toMatchObject({ kind: 'invalid', line: 2 });
  });

  it('names key and line of a key that is given twice', () => {
    expect(readYaml('kind: A\nspec:\n  a: 1\n  b: 2\n  a: 3\n')).toEqual({
      kind: 'invalid',
      line: 5,
      message: 'key "a" is given twice in one mapping',
    });
  });

  it('refuses whole numbers that would be rounded', () => {
    expect(readYaml('kind: A\nid: 9007199254740993\n')).toMatchObject({ kind: 'invalid', line: 2 });
  });

  it('gives the line of a syntax error', () => {
    expect(readYaml('kind: A\nspec: [1, 2\nb: }\n')).toMatchObject({ kind: 'invalid', line: 3 });
  });

  it('keeps a key named __proto__ as a key', () => {
    const result = readYaml('__proto__: {polluted: true}\n');

    expect(JSON.stringify(values(result))).toBe('[{"__proto__":{"polluted":true}}]');
    expect('polluted' in {}).toBe(false);
  });

  it('gives each document its line', () => {
    const result = readYaml('# c\n---\nkind: A\n---\n\n# c\nkind: B\n');

    expect(result.kind === 'ok' && result.documents.map((document) => document.line)).toEqual([3, 7]);
  });
});
