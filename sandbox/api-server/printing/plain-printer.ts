/** Name and age: the table of kinds that have no columns of their own. */

import { nameOf, stringAt } from '../json-access.ts';
import type { Column, Printer } from '../served-kind.ts';
import { ageOf } from './age.ts';

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client ' +
    'to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and ' +
    'configuration definition. Cannot be updated. More info: ' +
    'https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
};

export function column(name: string, priority = 0, type = 'string', description = ''): Column {
  return { name, type, format: '', description, priority };
}

export const plainPrinter: Printer = {
  columns: [nameColumn, column('Age')],
  cells: (object, now) => [nameOf(object), ageOf(stringAt(object, 'metadata', 'creationTimestamp'), now)],
};
