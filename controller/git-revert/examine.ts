/** Asks Git and the API server what a revert would do on the tip of the branch: gitops.md 3.4 steps 1 to 4. Pushes nothing. */

import type { JsonObject } from '../../kube/api.ts';
import type { Credentials } from '../../source/contract.ts';
import { credentialsFor } from '../git-sync/credentials-for.ts';
import { closureOf } from '../git-sync/revert-draft.ts';
import type { ExamineInputs } from './examine-inputs.ts';
import type { Examination } from './observed.ts';
import { revertMessage } from './revert-message.ts';
import { isInside, sharedWith } from './shared-paths.ts';
import { lastingChanges } from './lasting-changes.ts';
import { checkMerged, type Rendered, rendersFailed } from './validate.ts';

const deadlineMs = 60_000;
const lastingFaults = new Set(['auth', 'not-found', 'refused', 'too-large']);

interface Where {
  readonly repository: string;
  readonly branch: string;
  readonly credentials: Credentials;
}

export async function examine(inputs: ExamineInputs): Promise<Examination> {
  const { revert, sync, deps, tenants } = inputs;
  const read = await credentialsFor(deps, tenants, 'write')(sync);
  if (read.kind !== 'ok') return { kind: 'fault', message: read.message, lasting: read.kind === 'refused' };
  const where: Where = {
    repository: revert.spec.repository,
    branch: revert.spec.branch,
    credentials: read.credentials,
  };
  const { paths } = revert.spec;
  const synced = await deps.source.sync({ ...where, paths, deadlineMs });
  if (synced.kind !== 'ok') return faultOf(synced);
  const tip = synced.commit;
  const known = revert.status?.commit;
  if (known !== undefined) {
    const compared = await deps.source.compare({ ...where, commit: known, other: tip, paths, deadlineMs });
    if (compared.kind === 'ok' && compared.isAncestor) return { kind: 'contained', tip };
    if (compared.kind !== 'ok' && compared.kind !== 'not-found') return faultOf(compared);
  }
  return (
    (await overtaken(inputs, where, tip)) ??
    (await tooFar(inputs, where, tip)) ??
    (await irreversible(inputs, where, tip)) ??
    merge(inputs, where, tip)
  );
}

function faultOf(answer: {
  readonly kind: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}): Examination {
  return {
    kind: 'fault',
    message: answer.message,
    lasting: lastingFaults.has(answer.kind),
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
  };
}

type RenderedAt =
  | { readonly kind: 'ok'; readonly digest: string; readonly objects: readonly JsonObject[] }
  | { readonly kind: 'invalid'; readonly sentences: readonly string[] }
  | { readonly kind: 'fault'; readonly examination: Examination };

async function renderAt(inputs: ExamineInputs, where: Where, commit: string): Promise<RenderedAt> {
  const { path, alsoPaths } = inputs.sync.spec;
  const answer = await inputs.deps.source.render({
    ...where,
    commit,
    path,
    alsoPaths: alsoPaths ?? [],
    deadlineMs: deadlineMs * 2,
  });
  if (answer.kind === 'ok') return { kind: 'ok', digest: answer.digest, objects: answer.objects };
  if (answer.kind === 'invalid') return { kind: 'invalid', sentences: answer.problems.map((one) => one.message) };
  return { kind: 'fault', examination: faultOf(answer) };
}

/** Somebody was faster: at the tip no failed Rollout renders to its failed revision. An unrelated edit does not count. */
async function overtaken(inputs: ExamineInputs, where: Where, tip: string): Promise<Examination | undefined> {
  if (tip === inputs.revert.spec.bad.commit) return undefined;
  const rendered = await renderAt(inputs, where, tip);
  if (rendered.kind === 'fault') return rendered.examination;
  // A tip that does not render shows nothing: the merged commit is judged instead.
  if (rendered.kind === 'invalid' || rendered.digest === inputs.bad?.spec.digest) return undefined;
  if (rendered.digest === inputs.revert.spec.good.digest) return { kind: 'already-reverted', tip };
  const still = await rendersFailed(inputs, rendered);
  if (still.kind === 'unknown') return { kind: 'fault', message: still.message, lasting: false };
  return still.failed.length === 0 ? { kind: 'superseded', tip } : undefined;
}

async function tooFar(inputs: ExamineInputs, where: Where, tip: string): Promise<Examination | undefined> {
  const { revert, sync, deps } = inputs;
  const limit = sync.spec.revert.maxDistance;
  if (limit === undefined) return undefined;
  const { paths, bad } = revert.spec;
  const compared = await deps.source.compare({ ...where, commit: bad.commit, other: tip, paths, deadlineMs });
  if (compared.kind !== 'ok') return faultOf(compared);
  if (compared.commitsTouchingPaths <= limit) return undefined;
  const why = `Since commit ${bad.commit.slice(0, 7)} ${compared.commitsTouchingPaths} commits changed the same paths, more than spec.revert.maxDistance ${limit}: revert it by hand.`;
  return { kind: 'refused', tip, why };
}

/** Data and definitions that a revert could lose: an author's word in a trailer, or a volume or CRD that the bad range changed. */
async function irreversible(inputs: ExamineInputs, where: Where, tip: string): Promise<Examination | undefined> {
  const { paths, bad, good } = inputs.revert.spec;
  const short = bad.commit.slice(0, 7);
  const compared = await inputs.deps.source.compare({
    ...where,
    commit: good.commit,
    other: bad.commit,
    paths,
    deadlineMs,
  });
  if (compared.kind !== 'ok') return faultOf(compared);
  const [marked] = compared.noAutoRevert;
  if (marked !== undefined) {
    const why = `Commit ${marked.slice(0, 7)} carries the trailer no-auto-revert, so ${short} is not reverted by a machine: revert it by hand if it should go.`;
    return { kind: 'refused', tip, why };
  }
  const [before, after] = [await renderAt(inputs, where, good.commit), await renderAt(inputs, where, bad.commit)];
  if (before.kind === 'fault') return before.examination;
  if (after.kind === 'fault') return after.examination;
  if (before.kind === 'invalid' || after.kind === 'invalid') return undefined;
  const [lasting] = lastingChanges(before, after);
  if (lasting === undefined) return undefined;
  const why = `Commit ${short} changed ${lasting}, which a revert can't take back without loss: revert it by hand if it should go.`;
  return { kind: 'refused', tip, why };
}

async function merge(inputs: ExamineInputs, where: Where, tip: string): Promise<Examination> {
  const { revert, deps } = inputs;
  const { bad, good, paths } = revert.spec;
  const request = {
    ...where,
    tip,
    paths,
    bad: bad.commit,
    good: good.commit,
    message: revertMessage(revert),
    author: deps.author,
    at: revert.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z',
  };
  const merged = await deps.source.merge({ ...request, deadlineMs });
  switch (merged.kind) {
    case 'merged':
      return validated(inputs, where, tip, merged.commit, merged.changed);
    case 'already-reverted':
      return { kind: 'already-reverted', tip };
    case 'conflict':
      return { kind: 'conflict', tip, files: merged.files };
    case 'refused':
      return { kind: 'refused', tip, why: merged.why };
    case 'unreachable':
    case 'auth':
    case 'not-found':
    case 'timeout':
    case 'too-large':
    case 'internal':
      return faultOf(merged);
  }
}

async function validated(
  inputs: ExamineInputs,
  where: Where,
  tip: string,
  commit: string,
  changed: readonly string[],
): Promise<Examination> {
  const outside = changed.filter((file) => !closureOf(inputs.sync).some((path) => isInside(file, path)));
  if (outside.length > 0) {
    const why = `The revert would change ${outside.slice(0, 5).join(', ')} outside the paths of the GitSync.`;
    return { kind: 'refused', tip, why };
  }
  const shared = sharedWith(inputs.sync, inputs.deps.stores.gitSyncs.list(), changed);
  if (shared !== undefined) return { kind: 'refused', tip, why: shared };
  const merged = await renderAt(inputs, where, commit);
  if (merged.kind === 'fault') return merged.examination;
  if (merged.kind === 'invalid') return { kind: 'invalid', tip, sentences: merged.sentences };
  // The content that was good before needs no further proof.
  if (merged.digest === inputs.revert.spec.good.digest) return { kind: 'ready', tip, commit, changed };
  const at = async (sha: string): Promise<Rendered | undefined> => {
    const found = await renderAt(inputs, where, sha);
    return found.kind === 'ok' ? found : undefined;
  };
  const before = { tip: await at(tip), good: await at(inputs.revert.spec.good.commit) };
  const checked = await checkMerged(inputs, merged, before);
  if (checked.kind === 'unknown') return { kind: 'fault', message: checked.message, lasting: false };
  return checked.sentences.length > 0
    ? { kind: 'invalid', tip, sentences: checked.sentences }
    : { kind: 'ready', tip, commit, changed };
}
