/** Every group of cases. */

import type { Group } from '../case.ts';
import { crud } from './crud.ts';
import { jsonPatches } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';

export const groups: readonly Group[] = [crud, mergePatch, jsonPatches];
