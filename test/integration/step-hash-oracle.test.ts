/** Runs the Go oracle of the step hash, so that the committed fields and hashes are what Argo Rollouts' types say today. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { buildOracle, oracleBuildMs } from '../bed/go-oracle.ts';
import { stepTypes } from '../../controller/rollout/step-fields.ts';

const run = promisify(execFile);
const corpus = fileURLToPath(new URL('../pod-hash/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'step-hash-'));
const oracle = join(folder, 'oracle');

let whyNot: string | undefined;

beforeAll(async () => {
  // All modules of its graph are many times what it needs.
  whyNot = await buildOracle(join(corpus, 'steps-go'), oracle, ['list', '-deps', '.']);
}, oracleBuildMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(context: TestContext, ...args: string[]): Promise<string> {
  if (whyNot !== undefined) context.skip(whyNot);
  return (await run(oracle, args, { timeout: 60_000 })).stdout;
}

describe('oracle of the step hash', () => {
  test('the fields of a step are those of its Go types', async (context) => {
    const fields = await ask(context, 'fields');

    expect(stepTypes.trim().replaceAll('\n  ', ' ')).toBe(fields.trim());
  });

  test('the hashes are those that Go computes', async (context) => {
    const hashes = await ask(context, 'hash', join(corpus, 'testdata/plans.json'));

    expect(hashes).toBe(readFileSync(join(corpus, 'testdata/plan-hashes.json'), 'utf8'));
  });
});
