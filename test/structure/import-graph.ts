/** Which file of the repository imports which, read from the import statements; type-only imports are left out, since they vanish at run time. */

import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface Imported {
  /** Path inside the repository, or the name of a package. */
  readonly target: string;
  readonly isPackage: boolean;
}

const importStatement =
  /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm;

export function sourceFiles(...patterns: readonly string[]): readonly string[] {
  return globSync([...patterns], { cwd: root }).filter((file) => !file.includes('node_modules'));
}

export function importsOf(file: string): readonly Imported[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(importStatement)].map((match) => {
    const name = match[1] ?? match[2] ?? '';
    const isPackage = !name.startsWith('.');
    return { target: isPackage ? name : normalize(join(dirname(file), name)), isPackage };
  });
}

/** Everything that loading `file` loads, itself included: paths to the chain of files that leads there. */
export function reachable(file: string): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>([[file, [file]]]);
  const queue = [file];
  for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
    for (const { target, isPackage } of importsOf(current)) {
      if (chains.has(target)) continue;
      chains.set(target, [...(chains.get(current) ?? []), target]);
      if (!isPackage) queue.push(target);
    }
  }
  return chains;
}
