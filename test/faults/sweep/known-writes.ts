/** The committed list of the writes that the sweep has killed the program at, or seen it make on the way back up. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { listed } from '../plan/identities.ts';
import type { Release } from './end.ts';

const path = join(import.meta.dirname, 'known-writes.json');
const List = z.object({ good: z.array(z.string()), bad: z.array(z.string()) });
type List = z.infer<typeof List>;

export const howToKeep =
  'run `npm run -s sweep -- main-job --runs 0 --keep-writes`, look at what changed, and commit test/faults/sweep/known-writes.json';

/** Identities by release, sorted. */
export function knownWrites(): Readonly<Record<Release, readonly string[]>> {
  const { good, bad } = List.parse(JSON.parse(readFileSync(path, 'utf8')));
  return { good: good.map(listed), bad: bad.map(listed) };
}

/** Adds what a sweep saw; nothing is ever taken off by itself, since no sweep sees everything. */
export function keepWrites(seen: Readonly<Record<Release, readonly string[]>>): void {
  const known = knownWrites();
  const both = (release: Release): string[] =>
    [...new Set([...known[release], ...seen[release].map(listed)])].toSorted((a, b) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify({ good: both('good'), bad: both('bad') }, undefined, 2)}\n`);
}
