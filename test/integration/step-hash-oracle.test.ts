/** Runs the Go oracle of the step hash, so that the committed fields and hashes are what Argo Rollouts' types say today. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { stepTypes } from '../../controller/rollout/step-fields.ts';

const run = promisify(execFile);
const corpus = fileURLToPath(new URL('../pod-hash/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'step-hash-'));
const oracle = join(folder, 'oracle');
const buildMs = 400_000;

let whyNot: string | undefined;

beforeAll(async () => {
  whyNot = await build();
}, buildMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Only a missing toolchain or missing modules excuse the oracle. */
async function build(): Promise<string | undefined> {
  const options = { cwd: join(corpus, 'steps-go'), timeout: buildMs };
  try {
    await run('go', ['version'], options);
    await run('go', ['list', '-deps', '.'], { ...options, maxBuffer: 16 * 1024 * 1024 });
  } catch {
    return 'no Go toolchain, or the Go modules cannot be downloaded';
  }
  await run('go', ['build', '-o', oracle, '.'], options);
  return undefined;
}

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
