/** The table of a custom resource: its name, then additionalPrinterColumns, or the age where there are none. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { nameOf, numberAt, objectsAt, stringAt, textOf } from '../json-access.ts';
import type { Cell, Column, Printer } from '../served-kind.ts';
import { ageOf } from './age.ts';
import { fieldWords } from './builtin-columns.ts';
import { type JsonPath, parseJsonPath, valuesAtPath } from './json-path.ts';

interface CustomColumn {
  readonly column: Column;
  readonly path: JsonPath | undefined;
}

export function customPrinter(version: JsonObject): Printer {
  const given = objectsAt(version, 'additionalPrinterColumns').map(customColumn);
  const own = given.length > 0 ? given : [ageColumn];
  let columns: readonly Column[] | undefined;
  return {
    get columns() {
      columns ??= [nameColumn(), ...own.map(({ column }) => described(column))];
      return columns;
    },
    cells: (object, now) => [nameOf(object), ...own.map((one) => cell(one, object, now))],
  };
}

function nameColumn(): Column {
  return { name: 'Name', type: 'string', format: 'name', description: fieldWords('ObjectMeta.name'), priority: 0 };
}

const ageWords = '@ObjectMeta.creationTimestamp';

const ageColumn: CustomColumn = {
  column: { name: 'Age', type: 'date', format: '', description: ageWords, priority: 0 },
  path: parseJsonPath('.metadata.creationTimestamp'),
};

function described(column: Column): Column {
  return column.description === ageWords ? { ...column, description: fieldWords(ageWords.slice(1)) } : column;
}

function customColumn(given: JsonObject): CustomColumn {
  const jsonPath = stringAt(given, 'jsonPath');
  const name = stringAt(given, 'name');
  const description =
    stringAt(given, 'description') || `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return {
    column: {
      name,
      type: stringAt(given, 'type'),
      format: stringAt(given, 'format'),
      description,
      priority: numberAt(given, 'priority') ?? 0,
    },
    path: parseJsonPath(jsonPath),
  };
}

function cell({ column, path }: CustomColumn, object: JsonObject, now: number): Cell {
  const values = path === undefined ? [] : valuesAtPath(object, path);
  const [first] = values;
  if (first === undefined || first === null) return null;
  switch (column.type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date':
      return typeof first === 'string' ? ageOf(first, now) : null;
    default:
      return values.map(shown).join(' ');
  }
}

function shown(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : textOf(value);
}
