/** Runs expr-lang itself, so that the committed answers about the conditions language are what it says today. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildOracle, oracleBuildMs } from '../bed/go-oracle.ts';

const corpus = fileURLToPath(new URL('../conditions/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'conditions-'));
const oracle = join(folder, 'oracle');

let whyNot: string | undefined;

beforeAll(async () => {
  whyNot = await buildOracle(join(corpus, 'go'), oracle);
}, oracleBuildMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
