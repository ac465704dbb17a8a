/** spec.workloadRef: which kinds a Rollout may take its pod template from, and the rules of the reference. */

import type { JsonObject } from './json.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';

export const workloadKinds = { Deployment: 'apps/v1', ReplicaSet: 'apps/v1', PodTemplate: 'v1' } as const;
export type WorkloadKind = keyof typeof workloadKinds;

/** The kind that a reference names; undefined when it is none of the three, or of another API version. */
export function workloadKindOf(ref: {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
}): WorkloadKind | undefined {
  const kind = Object.keys(workloadKinds).find((one): one is WorkloadKind => one === ref.kind);
  return kind !== undefined && workloadKinds[kind] === ref.apiVersion ? kind : undefined;
}

const kindsText = Object.entries(workloadKinds)
  .map(([kind, version]) => `${kind} of ${version}`)
  .join(', ');

/** Rules of a Rollout that has a reference: its own template is empty, and the reference is whole (argo-rollouts.md 1.10, 3). */
export function workloadProblems(rollout: Rollout, report: Report): Problem[] {
  const { workloadRef: ref, template } = rollout.spec;
  if (ref === undefined) return [];
  const problems: Problem[] = [];
  if (template !== undefined && Object.keys(template as JsonObject).length > 0)
    problems.push(
      report('spec.template', 'set', 'it must be empty with spec.workloadRef', 'remove it, or remove the reference'),
    );
  if (!ref.name) problems.push(report('spec.workloadRef.name', 'unset', 'it is required', 'name the workload'));
  if (workloadKindOf(ref) === undefined) {
    const found = `${valueText(ref.kind)} of ${valueText(ref.apiVersion)}`;
    problems.push(report('spec.workloadRef', found, `it must be one of ${kindsText}`, 'correct apiVersion and kind'));
  }
  return problems;
}
