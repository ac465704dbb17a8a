/** What the API server and the analysis make of AnalysisRuns and Experiments that the simulated controller begins. */

import { type ExperimentDraft, withTemplates } from '../experiment-draft.ts';
import type { ExperimentView } from '../experiments.ts';
import type { AnalysisRunView } from '../observed.ts';
import { shopKeys } from './builders.ts';

/** `isGood`: one beside the steps has measured a good value at once. */
export function begunRun(run: AnalysisRunView, isGood: boolean): AnalysisRunView {
  const isBackground = run.metadata.labels?.[shopKeys.rolloutType] === 'Background';
  if (!isBackground || !isGood) return { ...run };
  const metricResults = run.spec.metrics.map(
    ({ name }) => ({ name, phase: 'Running', count: 1, successful: 1 }) as const,
  );
  return { ...run, status: { phase: 'Running', metricResults } };
}

/** As it is stored, with the pod templates of both revisions. */
export function createdExperiment(draft: ExperimentDraft): ExperimentView {
  const whole = withTemplates(draft, (name) => {
    const labels = { app: 'web', [shopKeys.podTemplateHash]: name.replace('web-', '') };
    return { spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { name } } } };
  });
  const metadata = { ...whole.metadata, uid: `uid-${draft.name}`, resourceVersion: '1' };
  return { ...whole, metadata } as unknown as ExperimentView;
}
