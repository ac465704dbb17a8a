/** What was played before of a sweep of random sequences: one file per seed, of use only as long as the code is the same. */

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/programs.ts';
import type { BatchResult } from './run-sequences.ts';

/** All that decides what comes of a sequence. */
const sources = [
  'controller/*.ts',
  'controller/{rollout,traffic}/**/*.ts',
  'crds/schema/*.ts',
  'test/faults/decide/*.ts',
];

/** Twelve digits that change with the code, tests aside. */
export function codeDigest(): string {
  const hash = createHash('sha256');
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root }));
  for (const file of files.filter((name) => !name.endsWith('.test.ts')).toSorted())
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 12);
}

export class KeptBatches {
  private readonly folder: string;

  /** `output`: the folder of reports. Another size of batches, or other code, has other results. */
  constructor(output: string, code: string, batchSize: number) {
    this.folder = join(output, 'decide', `${code}-${batchSize}`);
    mkdirSync(this.folder, { recursive: true });
  }

  get(seed: number): BatchResult | undefined {
    const path = this.path(seed);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BatchResult) : undefined;
  }

  put(result: BatchResult): void {
    writeFileSync(this.path(result.seed), `${JSON.stringify(result)}\n`);
  }

  forget(seed: number): void {
    rmSync(this.path(seed), { force: true });
  }

  private path(seed: number): string {
    return join(this.folder, `${seed}.json`);
  }
}
