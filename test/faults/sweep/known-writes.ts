/** The committed list of the writes that the sweep has killed the program at, or seen it make on the way back up. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Release } from './end.ts';

const path = join(import.meta.dirname, 'known-writes.json');
const List = z.object({ good: z.array(z.string()), bad: z.array(z.string()) });
type List = z.infer<typeof List>;

export const howToKeep =
  'run `npm run -s sweep -- main-job --runs 0 --keep-writes`, look at what changed, and commit test/faults/sweep/known-writes.json';

/** A status goes out with whatever has changed by then, so its fields differ from run to run: it is one write whatever it carries. */
export function listed(identity: string): string {
  return /^patch \S+\/status /.test(identity) ? identity.replace(/ \[.*\]$/, '') : identity;
}

/** Identities by release, sorted. */
export function knownWrites(): Readonly<Record<Release, readonly string[]>> {
  return List.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Adds what a sweep saw; nothing is ever taken off by itself, since no sweep sees everything. */
export function keepWrites(seen: Readonly<Record<Release, readonly string[]>>): void {
  const known = knownWrites();
  const both = (release: Release): string[] =>
    [...new Set([...known[release], ...seen[release].map(listed)])].toSorted((a, b) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify({ good: both('good'), bad: both('bad') }, undefined, 2)}\n`);
}
