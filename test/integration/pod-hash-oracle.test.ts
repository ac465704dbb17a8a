/** Runs the Go oracle of the pod template hash, so that the committed tables, templates and hashes are what it writes today. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { buildOracle, oracleBuildMs } from '../bed/go-oracle.ts';

const run = promisify(execFile);
const corpus = fileURLToPath(new URL('../pod-hash/', import.meta.url));
const templates = join(corpus, 'testdata/templates');
const folder = mkdtempSync(join(tmpdir(), 'pod-hash-'));
const oracle = join(folder, 'oracle');

let whyNot: string | undefined;

beforeAll(async () => {
  whyNot = await buildOracle(join(corpus, 'go'), oracle);
}, oracleBuildMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(context: TestContext, ...args: string[]): Promise<string> {
  if (whyNot !== undefined) context.skip(whyNot);
  return (await run(oracle, args, { maxBuffer: 16 * 1024 * 1024, timeout: 60_000 })).stdout;
}

describe('oracle of the pod template hash', () => {
  test('the field tables are those of the Kubernetes types', async (context) => {
    const tables = await ask(context, 'fields', '-');

    const committed = new URL('../../controller/rollout/pod-template-fields.ts', import.meta.url);
    expect(tables).toBe(readFileSync(committed, 'utf8'));
  });

  test('the generated templates are what the generator writes', async (context) => {
    await ask(context, 'generate', folder);

    const written = readdirSync(folder).filter((name) => name.startsWith('gen-'));
    const differing = written.filter(
      (name) => readFileSync(join(folder, name), 'utf8') !== readFileSync(join(templates, name), 'utf8'),
    );
    expect(written).toHaveLength(60);
    expect(differing).toEqual([]);
  });

  test('the hashes are those that Go computes', async (context) => {
    const hashes = await ask(context, 'hash', templates, '-');

    expect(hashes).toBe(readFileSync(join(corpus, 'testdata/expected.json'), 'utf8'));
  });

  test('the quantities are those that Go writes', async (context) => {
    const quantities = await ask(context, 'quantities', '-');

    expect(quantities).toBe(readFileSync(join(corpus, 'testdata/quantities.json'), 'utf8'));
  });

  test('every field of PodTemplateSpec is set by at least one template', async (context) => {
    const missing = await ask(context, 'coverage', templates);

    expect(missing).toBe('');
  });
});
