/** How many finished AnalysisRuns of earlier revisions are kept. */

import { describe, expect, it } from 'vitest';
import { oldRuns } from './analysis-history.ts';
import type { AnalysisRunView } from './observed.ts';
import { sceneOf } from './scene.ts';
import { anAnalysisRun, anObserved, aStatus } from './testing/builders.ts';

const finished = (name: string, phase: 'Successful' | 'Failed' | 'Inconclusive', minute: number, podHash = 'one') => {
  const run = anAnalysisRun(name, { phase, podHash });
  const creationTimestamp = `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
  return { ...run, metadata: { ...run.metadata, creationTimestamp } };
};
const many = (prefix: string, phase: 'Successful' | 'Failed', count: number) =>
  Array.from({ length: count }, (_, index) => finished(`${prefix}-${index}`, phase, index));

function deleted(
  runs: AnalysisRunView[],
  limits?: { successfulRunHistoryLimit?: number; unsuccessfulRunHistoryLimit?: number },
) {
  const observed = anObserved({ analysisRuns: runs, rollout: { status: aStatus() } });
  const spec = limits === undefined ? observed.rollout.spec : { ...observed.rollout.spec, analysis: limits };
  const scene = sceneOf({ ...observed, rollout: { ...observed.rollout, spec } }, observed.rollout.status ?? {});
  return oldRuns(scene).map((effect) => (effect.kind === 'Delete' ? effect.target.name : effect.kind));
}

describe('finished runs of earlier revisions', () => {
  it('are deleted beyond five of each outcome, oldest first gone', () => {
    expect(deleted([...many('good', 'Successful', 7), ...many('bad', 'Failed', 6)])).toEqual([
      'good-1',
      'good-0',
      'bad-0',
    ]);
  });

  it('are kept as the Rollout says [Rollout.spec.analysis.successfulRunHistoryLimit, Rollout.spec.analysis.unsuccessfulRunHistoryLimit]', () => {
    const limits = { successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 0 };

    expect(deleted([...many('good', 'Successful', 2), finished('unsure', 'Inconclusive', 3)], limits)).toEqual([
      'good-0',
      'unsure',
    ]);
  });

  it('that are of the current revision or still running stay', () => {
    const limits = { successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 0 };
    const running = anAnalysisRun('running', { podHash: 'one' });

    expect(deleted([finished('own', 'Failed', 1, 'two'), running], limits)).toEqual([]);
  });
});
