import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { add, line, skippedBelow, totalsOf } from './test-totals.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totals-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function report(content: object): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

it('adds up and says the counts in one plain line', () => {
  const one = totalsOf(report({ success: true, numPassedTests: 3, numPendingTests: 1 }));

  expect(line(add(one, one))).toBe('6 passed, 0 failed, 2 skipped');
});

it('counts a file that failed outside of its tests, and a missing report', () => {
  expect(totalsOf(report({ success: false, numPassedTests: 3, numFailedTestSuites: 1 })).failed).toBe(1);
  expect(totalsOf(join(folder, 'nothing.json')).failed).toBe(1);
});

it('names what was skipped below a folder', () => {
  const results = (name: string, status: string) => ({
    name: `/x/${name}`,
    assertionResults: [{ status, fullName: `${name} ${status}` }],
  });
  const file = report({
    testResults: [
      results('test/e2e/a', 'pending'),
      results('test/e2e/b', 'passed'),
      results('test/integration/c', 'pending'),
    ],
  });

  expect(skippedBelow('/test/e2e/', file)).toEqual(['test/e2e/a pending']);
});
