/** Judges what a commit renders to: does it still hold a failed revision, does it delete too much, does the API server take it. */

import type { FailedRollout } from '../../crds/schema/release.ts';
import type { JsonObject } from '../../kube/api.ts';
import { accountOf } from '../git-sync/observe.ts';
import type { PreparedSet } from '../git-sync/config-copies.ts';
import { prepare } from '../git-sync/prepare.ts';
import { accountText } from '../git-sync/tenant.ts';
import { tryOut } from '../git-sync/trial.ts';
import { labelOf, objectId } from '../git-sync/objects.ts';
import type { ExamineInputs } from './examine-inputs.ts';

export interface Rendered {
  readonly digest: string;
  readonly objects: readonly JsonObject[];
}

/** The hashes could not be computed now: never taken for "no". */
type Unknown = { readonly kind: 'unknown'; readonly message: string };

async function preparedFor(
  inputs: ExamineInputs,
  rendered: Rendered,
): Promise<{ readonly kind: 'ok'; readonly set: PreparedSet } | Unknown> {
  const { deps, sync, tenants } = inputs;
  const account = accountOf(sync);
  const token = await tenants.identity(account);
  if (token.kind !== 'ok') return { kind: 'unknown', message: token.message };
  const { client, keys, randomBytes } = deps;
  const made = await prepare(rendered.objects, {
    client,
    keys,
    group: deps.dialect.group,
    account,
    identity: token.identity,
    randomBytes,
  });
  return made.kind === 'ok' ? made : { kind: 'unknown', message: made.message };
}

/** The failed Rollouts that these objects would release again, by the hash of the rewritten template. */
export async function rendersFailed(
  inputs: ExamineInputs,
  rendered: Rendered,
): Promise<{ readonly kind: 'ok'; readonly failed: readonly FailedRollout[]; readonly set: PreparedSet } | Unknown> {
  const prepared = await preparedFor(inputs, rendered);
  if (prepared.kind !== 'ok') return prepared;
  const { rollouts } = prepared.set;
  const failed = inputs.revert.spec.failed.filter((one) =>
    rollouts.some((rollout) => rollout.name === one.rollout && rollout.templateHash === one.templateHash),
  );
  return { kind: 'ok', failed, set: prepared.set };
}

/** Everything that speaks against pushing a merged commit whose content is not exactly the last good one. */
export async function checkMerged(
  inputs: ExamineInputs,
  merged: Rendered,
  before: { readonly tip: Rendered | undefined; readonly good: Rendered | undefined },
): Promise<{ readonly kind: 'ok'; readonly sentences: readonly string[] } | Unknown> {
  const found = await rendersFailed(inputs, merged);
  if (found.kind !== 'ok') return found;
  const sentences = [
    ...found.failed.map(
      (one) => `Rollout ${one.rollout} would still render to the failed revision ${one.templateHash}.`,
    ),
    ...deletions(merged, before),
  ];
  return sentences.length > 0 ? { kind: 'ok', sentences } : dryRun(inputs, found.set);
}

/** What the tip has and the merged commit has not must be what the bad release brought: the good one may not have had it. */
function deletions(
  merged: Rendered,
  before: { readonly tip: Rendered | undefined; readonly good: Rendered | undefined },
): readonly string[] {
  if (before.tip === undefined || before.good === undefined) return [];
  const kept = idsOf(merged);
  const good = idsOf(before.good);
  return [...idsOf(before.tip)]
    .filter((id) => !kept.has(id) && good.has(id))
    .map((id) => `The object ${id} would be deleted, although the last good release has it.`);
}

function idsOf(rendered: Rendered): ReadonlySet<string> {
  return new Set(rendered.objects.map((object) => objectId(object as never)));
}

/** A right that the account lacks does not count: the restore names it, and the revert proceeds. */
async function dryRun(
  inputs: ExamineInputs,
  set: PreparedSet,
): Promise<{ readonly kind: 'ok'; readonly sentences: readonly string[] } | Unknown> {
  const { deps, sync, tenants, revert } = inputs;
  const account = accountOf(sync);
  const token = await tenants.identity(account);
  if (token.kind !== 'ok') return { kind: 'unknown', message: token.message };
  const namespace = sync.metadata.namespace ?? '';
  const items = await tryOut(set, {
    client: deps.client,
    keys: deps.keys,
    group: deps.dialect.group,
    routers: deps.routers,
    sync,
    identity: token.identity,
    account: accountText(account),
    stamp: {
      syncUid: sync.metadata.uid ?? '',
      syncName: sync.metadata.name,
      release: revert.spec.good.release,
      commit: revert.spec.good.commit,
    },
    liveRollouts: deps.stores.rollouts
      .list(namespace)
      .filter((one) => labelOf(one, deps.keys.gitSync) === sync.metadata.uid),
    syncs: new Map(),
    keepCapacity: false,
    checkTemplates: true,
    memo: new Map(),
  });
  const passing = items.filter((item) => item.state === 'passing');
  if (passing.length > 0) return { kind: 'unknown', message: passing.flatMap((item) => item.sentences).join(' ') };
  const blocked = items.filter((item) => item.state === 'blocked' && item.lacksRight !== true);
  return { kind: 'ok', sentences: blocked.flatMap((item) => item.sentences) };
}
