/** Reads the tests' sources for titles that end with the rows they show: `... [Rollout.spec.paused, event:RolloutPaused]`. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rowOf } from './rows.ts';

export interface TaggedTest {
  readonly file: string;
  /** The title without the tags. */
  readonly title: string;
  /** Rows, each by the name of its shape. */
  readonly rows: readonly string[];
}

const isTag =
  /^(?:Rollout|AnalysisTemplate|ClusterAnalysisTemplate|AnalysisRun|Experiment|RolloutAnalysis|StringMatch|AntiAffinity)\.[a-z]\S*$|^(?:event|condition|label|annotation|router|phase|step|verb|provider):\S+$|^(?:Selector|RolloutAnalysisRunStatus)$/;

/** The tags at the end of a title; none when it ends otherwise. */
export function tagsOf(title: string): readonly string[] {
  const start = title.lastIndexOf(' [');
  if (start < 0 || !title.endsWith(']')) return [];
  const tags = title
    .slice(start + 2, -1)
    .split(',')
    .map((one) => one.trim());
  return tags.every((one) => isTag.test(one)) ? tags : [];
}

const literal = /(['"`])((?:\\.|(?!\1)[^\\\n])*\])\1/g;

/** Every tagged title in a source text. */
export function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(literal)].map(([, , text = '']) => text).filter((text) => tagsOf(text).length > 0);
}

/** Tagged tests of all test files below `root`, in the order of their paths. */
export function taggedTests(root: string): readonly TaggedTest[] {
  return testFiles(root).flatMap((file) =>
    titlesIn(readFileSync(file, 'utf8')).map((title) => ({
      file: relative(root, file),
      title: title.slice(0, title.lastIndexOf(' [')).replaceAll('\\', ''),
      rows: tagsOf(title).map(rowOf),
    })),
  );
}

const skipped: ReadonlySet<string> = new Set(['node_modules', '.git', '.test-output', 'dist', 'bench-results']);

function testFiles(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : testFiles(path);
    return entry.name.endsWith('.ts') && isOfTest(path) ? [path] : [];
  });
}

/** Tests, and the scenarios of the end-to-end tests, which stand in files of their own. */
function isOfTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.includes('/test/e2e/');
}
