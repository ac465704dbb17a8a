/** What happened between two statuses, told once each: events with Argo Rollouts' reasons. Pure. */

import type { ExperimentStatus, TemplateStatus } from '../../crds/schema/experiment.ts';
import type { Instant } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';

export function factsOf(before: ExperimentStatus, after: ExperimentStatus, at: Instant): readonly Fact[] {
  return [
    ...(after.templateStatuses ?? []).flatMap((one) => templateFacts(before, one, at)),
    ...analysisFacts(before, after, at),
    ...phaseFacts(before, after, at),
    ...specFacts(before, after, at),
  ];
}

const bad: ReadonlySet<string> = new Set(['Failed', 'Error']);

function changeText(what: string, from: string | undefined, to: string, detail: string | undefined): string {
  const why = detail ? `: ${detail}` : '';
  return from === undefined ? `${what} is ${to}${why}` : `${what} went from ${from} to ${to}${why}`;
}

function templateFacts(before: ExperimentStatus, after: TemplateStatus, at: Instant): readonly Fact[] {
  const old = before.templateStatuses?.find(({ name }) => name === after.name)?.status;
  if (after.status === undefined || old === after.status) return [];
  const message = changeText(`Template '${after.name}'`, old, after.status, after.message);
  return [{ reason: `Template${after.status}`, at, type: bad.has(after.status) ? 'Warning' : 'Normal', message }];
}

function analysisFacts(before: ExperimentStatus, after: ExperimentStatus, at: Instant): readonly Fact[] {
  return (after.analysisRuns ?? []).flatMap((entry): readonly Fact[] => {
    const old = before.analysisRuns?.find(({ name }) => name === entry.name)?.phase;
    if (old === entry.phase) return [];
    const message = changeText(`Analysis '${entry.name}'`, old, entry.phase, entry.message);
    const isBad = bad.has(entry.phase) || entry.phase === 'Inconclusive';
    return [{ reason: `AnalysisRun${entry.phase}`, at, type: isBad ? 'Warning' : 'Normal', message }];
  });
}

function phaseFacts(before: ExperimentStatus, { phase, message }: ExperimentStatus, at: Instant): readonly Fact[] {
  if (phase === undefined || before.phase === phase) return [];
  const text = changeText('The Experiment', before.phase, phase, message);
  const isBad = bad.has(phase) || phase === 'Inconclusive';
  return [{ reason: `Experiment${phase}`, at, type: isBad ? 'Warning' : 'Normal', message: text }];
}

function specFacts(before: ExperimentStatus, after: ExperimentStatus, at: Instant): readonly Fact[] {
  const messageOf = ({ conditions }: ExperimentStatus): string | undefined =>
    conditions?.find(({ type, status }) => type === 'InvalidSpec' && status === 'True')?.message;
  const message = messageOf(after);
  return message === undefined || message === messageOf(before)
    ? []
    : [{ reason: 'InvalidSpec', at, type: 'Warning', message }];
}
