import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coverageOf, page, unknownRows } from './page.ts';
import { allRows, rowOf } from './rows.ts';
import { taggedTests, tagsOf, titlesIn } from './tags.ts';

const root = join(import.meta.dirname, '..', '..');
const tests = taggedTests(root);

describe('rows', () => {
  it('has one for every field of the schemas, under the name of its shape where it stands in several places', () => {
    const ids = allRows().map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('Rollout.spec.strategy.blueGreen.previewReplicaCount');
    expect(rowOf('ClusterAnalysisTemplate.spec.metrics[].count')).toBe('AnalysisTemplate.spec.metrics[].count');
    expect(rowOf('Rollout.spec.strategy.canary.analysis.args[].value')).toBe('RolloutAnalysis.args[].value');
  });
});

describe('tags', () => {
  it('are the rows in brackets at the end of a title', () => {
    expect(tagsOf('pauses [Rollout.spec.paused, event:RolloutPaused]')).toEqual([
      'Rollout.spec.paused',
      'event:RolloutPaused',
    ]);
    expect(tagsOf('adds up [1, 2]')).toEqual([]);
    expect(titlesIn("it('retries [Rollout.spec.strategy.canary.steps[].setWeight]', () => {")).toEqual([
      'retries [Rollout.spec.strategy.canary.steps[].setWeight]',
    ]);
  });
});

describe('the compatibility page', () => {
  it('names rows that exist', () => {
    expect(unknownRows(tests)).toEqual([]);
  });

  it('has at most five rows to a test', () => {
    const many = tests.filter(({ rows }) => rows.length > 5).map(({ file, title }) => `${file}: ${title}`);

    expect(many).toEqual([]);
  });

  it('gives every row that is not refused a test, but for those that it lists as open', () => {
    const open = coverageOf(tests).filter(({ row, test }) => test === undefined && row.refused === undefined);
    const text = readFileSync(join(root, 'docs', 'compatibility.md'), 'utf8');

    for (const { row } of open) expect(text).toContain(row.id.replaceAll('<', '&lt;'));
  });

  it('is as the schemas and tests are now: npm run compat', () => {
    expect(readFileSync(join(root, 'docs', 'compatibility.md'), 'utf8')).toBe(page(tests));
  });
});
