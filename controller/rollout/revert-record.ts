/** Copies what became of a release in Git, the phase of its GitRevert, into the RolloutRun that the revert names. */

import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { KubeClient, KubeObject, Store } from '../../kube/api.ts';
import { fieldManager } from './act.ts';
import type { Observed } from './observed.ts';
import { refTo } from './scene.ts';

export type GitRevertObject = GitRevert & KubeObject;

export interface RevertCopy {
  readonly run: RolloutRun;
  readonly revert: NonNullable<NonNullable<RolloutRun['status']>['revert']>;
}

/** Records that do not show the present phase of their revert yet. The newest revert of a run counts. Pure. */
export function revertCopies(runs: readonly RolloutRun[], reverts: readonly GitRevert[]): readonly RevertCopy[] {
  return runs.flatMap((run) => {
    const mine = reverts.filter((one) => one.spec.runName === run.metadata.name);
    const newest = mine.sort((one, other) => age(one).localeCompare(age(other))).at(-1);
    if (newest === undefined) return [];
    const { phase = 'Pending', commit } = { ...newest.status };
    const revert = { name: newest.metadata.name, phase, ...(commit === undefined ? {} : { commit }) };
    return isSame(run.status?.revert, revert) ? [] : [{ run, revert }];
  });
}

/** Field by field: the API server gives objects back with their keys in an order of its own. */
function isSame(known: Partial<RevertCopy['revert']> | undefined, wanted: RevertCopy['revert']): boolean {
  return known?.name === wanted.name && known.phase === wanted.phase && known.commit === wanted.commit;
}

function age(revert: GitRevert): string {
  return [revert.metadata.creationTimestamp, revert.metadata.name].join(' ');
}

/** A copy that fails is made at the next change or pass: nothing depends on it. */
export async function copyReverts(
  client: KubeClient,
  observed: Observed,
  reverts: Store<GitRevertObject>,
  wrote: (object: KubeObject) => void,
): Promise<void> {
  const { namespace } = observed.rollout.metadata;
  for (const { run, revert } of revertCopies(observed.runs, reverts.list(namespace))) {
    const { uid, resourceVersion, ...key } = refTo(run);
    const options = { subresource: 'status', uid, resourceVersion, fieldManager } as const;
    const result = await client.merge(key, { status: { revert } }, options);
    if (result.kind === 'ok') wrote(result.object);
  }
}
