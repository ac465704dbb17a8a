/** Runs Kubernetes' own YAML reader over the corpus, so that the committed JSON is what kubectl reads today. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOracle, oracleBuildMs } from '../bed/go-oracle.ts';

const run = promisify(execFile);
const corpus = join(import.meta.dirname, '..', '..', 'source', 'render', 'testdata', 'yaml-corpus');
const folder = mkdtempSync(join(tmpdir(), 'tidegate-yaml-'));

let whyNot: string | undefined;

beforeAll(async () => {
  const oracle = join(folder, 'oracle');
  whyNot = await buildOracle(join(import.meta.dirname, '..', 'yaml-corpus'), oracle);
  if (whyNot !== undefined) return;
  for (const name of yamlFiles()) cpSync(join(corpus, name), join(folder, name));
  await run(oracle, [folder], { timeout: 60_000 });
}, oracleBuildMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const yamlFiles = () => readdirSync(corpus).filter((name) => name.endsWith('.yaml'));

describe('the YAML corpus', () => {
  it('holds what Kubernetes reads', (context) => {
    if (whyNot !== undefined) context.skip(whyNot);

    const differing = yamlFiles()
      .map((name) => name.replace(/\.yaml$/, '.json'))
      .filter((name) => readFileSync(join(folder, name), 'utf8') !== readFileSync(join(corpus, name), 'utf8'));

    expect(differing).toEqual([]);
  });
});
