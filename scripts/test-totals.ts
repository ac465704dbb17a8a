/** Adds up vitest's JSON reports and says the counts in one plain line. */

import { readFileSync } from 'node:fs';
import { tagsOf } from './compat/tags.ts';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Report {
  readonly success?: boolean;
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly numTodoTests?: number;
  readonly numFailedTestSuites?: number;
}

export const none: Totals = { passed: 0, failed: 0, skipped: 0 };

/** A file that failed outside of any test (an import, a hook) counts as one failure; so does a missing report. */
export function totalsOf(file: string): Totals {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const failed = report.numFailedTests ?? 0;
    const outside = failed === 0 && report.success === false ? Math.max(1, report.numFailedTestSuites ?? 1) : 0;
    return {
      passed: report.numPassedTests ?? 0,
      failed: failed + outside,
      skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
    };
  } catch (cause) {
    process.stderr.write(`No test report at ${file}: ${String(cause)}\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

interface FileResult {
  readonly name: string;
  readonly assertionResults?: readonly { readonly status: string; readonly fullName: string }[];
}

/** Names of the tests below a folder that did not run, of a report; a report that can't be read has none. */
export function skippedBelow(folder: string, file: string): readonly string[] {
  return skippedOf(file, (result) => result.name.includes(folder));
}

/** Names of the tests that did not run and show a row of the compatibility page, of a report. */
export function skippedRows(file: string): readonly string[] {
  return skippedOf(file, () => true).filter((name) => tagsOf(name).length > 0);
}

function skippedOf(file: string, concerns: (result: FileResult) => boolean): readonly string[] {
  try {
    const { testResults = [] } = JSON.parse(readFileSync(file, 'utf8')) as { testResults?: readonly FileResult[] };
    return testResults
      .filter(concerns)
      .flatMap((result) =>
        (result.assertionResults ?? [])
          .filter((one) => one.status !== 'passed' && one.status !== 'failed')
          .map((one) => one.fullName),
      );
  } catch (cause) {
    process.stderr.write(`No test report at ${file}: ${String(cause)}\n`);
    return [];
  }
}

export function add(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

export function line(totals: Totals): string {
  return `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
}
