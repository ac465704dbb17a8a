/** Answers of expr-lang itself, kept in test/conditions; the integration test of the same name asks it anew. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { timeFunctions } from './builtins-time.ts';
import { evaluate } from './evaluate.ts';
import { Meter } from './meter.ts';
import { parse } from './parser.ts';
import { ExprError, fromJson, typeName, type Value } from './value.ts';
import { valueText } from './value-text.ts';

const answers = readFileSync(new URL('../../test/conditions/answers.tsv', import.meta.url), 'utf8');
const measured = fromJson({ at: '2024-03-10T01:30:00Z', n: 5 });

/** Names of Go's types as the language has them. */
const types: Readonly<Record<string, string>> = {
  float64: 'float',
  int64: 'int',
  'map[string]interface {}': 'map',
  'map[interface {}][]interface {}': 'map',
  '*time.Location': 'time.Location',
  '[]interface {}': 'array',
  '<nil>': 'nil',
};

const rows = answers
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [source = '', answer = ''] = line.split('\t');
    const [, type = '', quoted = '""'] = /^(.*?) (".*")$/.exec(answer) ?? [];
    return {
      source,
      expected: answer === 'error' ? 'error' : `${types[type] ?? type} ${JSON.parse(quoted) as string}`,
    };
  });

function answer(source: string): string {
  const names = new Map<string, Value>([['result', measured]]);
  try {
    const tree = parse(source, new Set(names.keys()));
    const functions = timeFunctions(Date.parse('2026-01-02T03:04:05Z'));
    const value = evaluate(tree, { names, functions, meter: new Meter('as-argo', measured) });
    return `${typeName(value)} ${valueText(value)}`;
  } catch (error) {
    if (error instanceof ExprError) return 'error';
    throw error;
  }
}

describe('expr-lang gives the same answer', () => {
  test.each(rows)('$source', ({ source, expected }) => {
    expect(answer(source)).toBe(expected);
  });
});
