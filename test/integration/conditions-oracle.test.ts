/** Runs expr-lang itself, so that the committed answers about the conditions language are what it says today. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const corpus = fileURLToPath(new URL('../conditions/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'conditions-'));
const oracle = join(folder, 'oracle');
const buildMs = 400_000;

let whyNot: string | undefined;

beforeAll(async () => {
  whyNot = await build();
}, buildMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Only a missing toolchain or missing modules excuse the oracle. */
async function build(): Promise<string | undefined> {
  const options = { cwd: join(corpus, 'go'), timeout: buildMs };
  try {
    await run('go', ['version'], options);
    await run('go', ['mod', 'download'], options);
  } catch {
    return 'no Go toolchain, or the Go modules cannot be downloaded';
  }
  await run('go', ['build', '-o', oracle, '.'], options);
  return undefined;
}

async function ask(questions: string): Promise<string> {
  const child = spawn(oracle, { timeout: 60_000 });
  const answers = text(child.stdout);
  child.stdin.end(questions);
  await once(child, 'close');
  return answers;
}

describe('oracle of the conditions language', () => {
  test('the committed answers are those of expr-lang', async (context) => {
    if (whyNot !== undefined) context.skip(whyNot);
    const committed = readFileSync(join(corpus, 'answers.tsv'), 'utf8');
    const questions = committed.replace(/\t.*$/gm, '');

    expect(await ask(questions)).toBe(committed);
  });
});
