/** What step plugins are owed when their step is over, by what status says of them; no scene is needed for it. Pure. */

import type { PluginEnd } from '../../crds/schema/gates.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { attemptOf } from './attempt.ts';

export type PluginStatus = NonNullable<NonNullable<RolloutStatus['canary']>['stepPluginStatuses']>[number];

export function isEnded({ phase }: PluginStatus): boolean {
  return phase === 'Successful' || phase === 'Failed';
}

export interface OpenEnd {
  readonly index: number;
  readonly name: string;
  readonly operation: 'Terminate' | 'Abort';
  readonly status?: PluginStatus['status'];
}

/** For each run what must be told about it. */
export function owed(all: readonly PluginStatus[], isAborted: boolean): readonly OpenEnd[] {
  const isTerminated = (index: number) => all.some((one) => one.index === index && one.operation === 'Terminate');
  const runs = all.filter((one) => one.operation === 'Run' && one.disabled !== true);
  return runs
    .flatMap((run): OpenEnd[] => {
      const { index, name, status } = run;
      const base = { index, name, ...(status === undefined ? {} : { status }) };
      if (!isEnded(run) || isTerminated(index)) return [{ ...base, operation: 'Terminate' }];
      return isAborted ? [{ ...base, operation: 'Abort' }] : [];
    })
    .toSorted((one, other) => other.index - one.index);
}

/**
 * What a status that begins a new revision or attempt keeps of its plugins: what the old one still owed them. A run that is
 * superseded or tried again counts as given up.
 */
export function carriedEnds(status: RolloutStatus): Pick<RolloutStatus, 'pluginEnds'> {
  const { currentPodHash: podHash = '' } = status;
  const all = status.canary?.stepPluginStatuses ?? [];
  const isPromoted = status.stableRS === status.currentPodHash && status.transition === undefined;
  const isTold = ({ index, operation }: OpenEnd) =>
    all.some((one) => one.index === index && one.operation === operation && isEnded(one));
  const own = owed(all, !isPromoted)
    .filter((one) => !isTold(one))
    .map((one): PluginEnd => ({ podHash, attempt: attemptOf(status), ...one }));
  const ends = [...(status.pluginEnds ?? []), ...own].slice(-64);
  return { pluginEnds: ends.length === 0 ? undefined : ends };
}
