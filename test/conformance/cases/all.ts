/** Every group of cases. */

import type { Group } from '../case.ts';
import { applying } from './apply.ts';
import { builtinKinds } from './builtin-kinds.ts';
import { cluster } from './cluster.ts';
import { crud } from './crud.ts';
import { deletion } from './deletion.ts';
import { discovery } from './discovery.ts';
import { errors } from './errors.ts';
import { jsonPatches } from './json-patch.ts';
import { kindRules } from './kind-rules.ts';
import { lists } from './list.ts';
import { managers } from './managers.ts';
import { mergePatch } from './merge-patch.ts';
import { ownKinds } from './own-kinds.ts';
import { refusals } from './refusals.ts';
import { strictness } from './strict.ts';
import { subresources } from './subresources.ts';
import { tables } from './tables.ts';
import { watches } from './watch.ts';

export const groups: readonly Group[] = [
  crud,
  mergePatch,
  jsonPatches,
  applying,
  managers,
  subresources,
  strictness,
  ownKinds,
  builtinKinds,
  lists,
  watches,
  deletion,
  discovery,
  tables,
  errors,
  refusals,
  kindRules,
  cluster,
];
