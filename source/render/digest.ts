/** The identity of a release: a hash over every input of the render and over the renderer. Pure but for the hash. */
import { createHash } from 'node:crypto';
import type { TreeEntry } from '../tree.ts';

/** sha256 hex. The order of `inputs` does not matter; `path` is spec.path, since moving an app is a change too. */
export function renderDigest(path: string, inputs: readonly TreeEntry[], renderer: string): string {
  const hash = createHash('sha256').update(`${renderer}\0${path}\0`);
  const sorted = inputs.toSorted((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  for (const input of sorted) hash.update(`${input.mode} ${input.id} ${input.path}\0`);
  return hash.digest('hex');
}
