/** A dialect says under which API group the first five kinds are served, and what differs there. */

/** `observedGeneration` is the JSON type of status.observedGeneration: Argo Rollouts stores it as text. */
export interface Dialect {
  readonly group: string;
  readonly observedGeneration: 'string' | 'integer';
}

/** The group that GitSync, Release, GitRevert, RolloutRun and the strategy presets are always served under. */
export const ownGroup = 'tidegate.io';

/** The only version of every kind, in both groups. */
export const apiVersionName = 'v1alpha1';

export const tidegateDialect: Dialect = { group: ownGroup, observedGeneration: 'integer' };

/** Serves existing Argo Rollouts resources as they are. */
export const argoDialect: Dialect = { group: 'argoproj.io', observedGeneration: 'string' };

/** The dialect of an API group, or undefined when the group is neither of the two. */
export function dialectOf(group: string): Dialect | undefined {
  return [tidegateDialect, argoDialect].find((dialect) => dialect.group === group);
}

/** True when the five first kinds must behave exactly as Argo Rollouts'. */
export function isArgo(dialect: Dialect): boolean {
  return dialect.group === argoDialect.group;
}

/** `<group>/v1alpha1` of Rollout, AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun and Experiment. */
export function apiVersionOf(dialect: Dialect): string {
  return `${dialect.group}/${apiVersionName}`;
}

/** `tidegate.io/v1alpha1`: GitSync, Release, GitRevert, RolloutRun and the strategy presets. */
export const ownApiVersion = `${ownGroup}/${apiVersionName}`;
