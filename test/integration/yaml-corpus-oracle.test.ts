/** Runs Kubernetes' own YAML reader over the corpus, so that the committed JSON is what kubectl reads today. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const corpus = join(import.meta.dirname, '..', '..', 'source', 'render', 'testdata', 'yaml-corpus');
const folder = mkdtempSync(join(tmpdir(), 'tidegate-yaml-'));
const BUILD_MS = 300_000;

let whyNot: string | undefined;

beforeAll(async () => {
  whyNot = await whyNoOracle();
  if (whyNot !== undefined) return;
  for (const name of yamlFiles()) cpSync(join(corpus, name), join(folder, name));
  await go('run', '.', folder);
}, BUILD_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const yamlFiles = () => readdirSync(corpus).filter((name) => name.endsWith('.yaml'));

function go(...args: string[]): Promise<unknown> {
  return run('go', args, { cwd: join(import.meta.dirname, '..', 'yaml-corpus'), timeout: BUILD_MS });
}

/** Only a missing toolchain or missing modules excuse the oracle; source that does not build fails the test. */
async function whyNoOracle(): Promise<string | undefined> {
  const steps = [
    ['version', 'no Go toolchain'],
    ['mod download', 'the Go modules cannot be downloaded'],
  ] as const;
  for (const [step, why] of steps) {
    const failed = await go(...step.split(' ')).then(
      () => false,
      () => true,
    );
    if (failed) return why;
  }
  return undefined;
}

describe('the YAML corpus', () => {
  it('holds what Kubernetes reads', (context) => {
    if (whyNot !== undefined) context.skip(whyNot);

    const differing = yamlFiles()
      .map((name) => name.replace(/\.yaml$/, '.json'))
      .filter((name) => readFileSync(join(folder, name), 'utf8') !== readFileSync(join(corpus, name), 'utf8'));

    expect(differing).toEqual([]);
  });
});
