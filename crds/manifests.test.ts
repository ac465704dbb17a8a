/** The generated definitions are structural, described, and the committed files are fresh. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { generatedFiles, yamlText } from './generated-files.ts';
import { argoDialect, tidegateDialect } from './schema/dialect.ts';
import { kinds } from './schema/kinds.ts';
import { crdManifests } from './manifests.ts';
import { fieldRows } from './schema-walk.ts';
import { structuralSchema } from './structural.ts';
import { structuralProblems } from './structural-check.ts';

const root = join(import.meta.dirname, '..');
const cases = [tidegateDialect, argoDialect].flatMap((dialect) =>
  kinds.map((definition) => ({ kind: definition.kind, group: dialect.group, dialect, definition })),
);

describe.each(cases)('$kind in $group', ({ dialect, definition }) => {
  const schema = structuralSchema(definition.schemaOf(dialect), dialect);

  it('is structural', () => {
    expect(structuralProblems(schema)).toEqual([]);
  });

  it('describes every field in a short sentence', () => {
    const rows = fieldRows(schema);

    expect(rows.filter((row) => !/^[A-Z{].*[.]$/.test(row.description)).map((row) => row.path)).toEqual([]);
    expect(rows.filter((row) => row.description.length > 220).map((row) => row.path)).toEqual([]);
  });
});

describe('structuralProblems', () => {
  it.each([
    ['a node without a type', { properties: { a: {} } }, 'a: has no type'],
    ['a keyword the server forbids', { type: 'object', $ref: '#/x' }, '$ref is forbidden'],
    [
      'a choice of objects',
      { type: 'object', properties: { a: { type: 'object', anyOf: [{ type: 'object' }] } } },
      'a: anyOf is only for int-or-string',
    ],
    [
      'a list keyed by an optional field',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object' },
      },
      'list keys name are not required',
    ],
  ])('finds %s', (_name, schema, expected) => {
    expect(structuralProblems(schema).join('\n')).toContain(expected);
  });
});

describe('dialects', () => {
  const status = (group: typeof tidegateDialect) => {
    const rollout = kinds.find((definition) => definition.kind === 'Rollout');
    if (!rollout) throw new Error('no Rollout');
    return new Map(fieldRows(structuralSchema(rollout.schemaOf(group), group)).map((row) => [row.path, row]));
  };

  it('keeps the generation as a number in tidegate.io and as text in argoproj.io', () => {
    expect(status(tidegateDialect).get('status.observedGeneration')?.type).toBe('integer');
    expect(status(argoDialect).get('status.observedGeneration')?.type).toBe('text');
  });

  it('has the decision record in tidegate.io only', () => {
    expect(status(tidegateDialect).has('status.verdict.cause')).toBe(true);
    expect(status(argoDialect).has('status.verdict.cause')).toBe(false);
  });

  it('serves the kinds of its own under tidegate.io in both', () => {
    const names = crdManifests(argoDialect).map((manifest) => JSON.stringify(manifest['metadata']));

    expect(names.filter((name) => name.includes('.argoproj.io'))).toHaveLength(5);
    expect(names.filter((name) => name.includes('.tidegate.io'))).toHaveLength(6);
  });
});

describe('generated files', () => {
  it.each(generatedFiles().map((file) => [file.path, file.text]))(
    '%s is what npm run generate writes',
    (path, text) => {
      expect(readFileSync(join(root, path), 'utf8')).toBe(text);
    },
  );

  it('are all that lies in crds/manifests', () => {
    const expected = generatedFiles().flatMap((file) =>
      file.path.startsWith('crds/manifests/') ? [file.path.slice('crds/manifests/'.length)] : [],
    );
    const found = readdirSync(join(root, 'crds/manifests'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yaml'),
    );

    expect(found.sort()).toEqual(expected.sort());
  });

  it('quotes words that YAML 1.1 readers take for booleans', () => {
    const text = yamlText({ on: 'yes', off: { y: 'No' } });

    expect(text).toBe("'on': 'yes'\n'off':\n  'y': 'No'\n");
    expect(load(text)).toEqual({ on: 'yes', off: { y: 'No' } });
  });
});
