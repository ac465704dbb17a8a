/** Brings one commit to a branch: only as a fast-forward from the tip that was agreed on, and after any failure the branch itself says what happened. */
import type { Access } from './access.ts';
import type { ObjectId, PushAnswer } from './contract.ts';
import { SourceFault } from './fault.ts';
import type { Fetcher } from './fetch.ts';
import { git } from './git.ts';
import { gitFault } from './git-fault.ts';
import { redact } from './redact.ts';
import { hasCommit, isAncestor, local, type Session, withSessionAccess } from './repository.ts';
import type { RunResult } from './run.ts';

interface Push {
  readonly branch: string;
  readonly commit: ObjectId;
  readonly expectedTip: ObjectId;
}

/** Pushes. Servers word a lost race in many ways, so no wording is believed: the tip is read again. */
export async function push(session: Session, fetcher: Fetcher, wanted: Push): Promise<PushAnswer> {
  const before = await fetcher.tip(session, wanted.branch);
  const early = await settledBy(session, wanted, before);
  if (early !== undefined) return early;
  if (!(await hasCommit(session, wanted.commit))) {
    throw new SourceFault(
      'not-found',
      `Commit ${wanted.commit} is not in the cache of ${session.repository.url}; merge again, the same input makes the same commit.`,
    );
  }
  if (!(await isAncestor(session, wanted.expectedTip, wanted.commit))) {
    throw new SourceFault(
      'refused',
      `Commit ${wanted.commit} does not follow ${wanted.expectedTip}: pushing it to ${wanted.branch} would drop commits of ${session.repository.url}.`,
    );
  }
  await fetchWhatIsSent(session, fetcher, wanted);
  return withSessionAccess(session, async (access) => {
    const result = await send(session, access, wanted);
    if (result.kind === 'done' && result.code === 0) return { kind: 'pushed' };
    return afterFailure(session, fetcher, wanted, result, access);
  });
}

/** What the tip alone already decides: it has the commit, or it is not where it was expected. */
async function settledBy(session: Session, wanted: Push, tip: ObjectId): Promise<PushAnswer | undefined> {
  if ((await hasCommit(session, wanted.commit)) && (await isAncestor(session, wanted.commit, tip)))
    return { kind: 'contained' };
  return tip === wanted.expectedTip ? undefined : { kind: 'moved', tip };
}

/** A commit made before a restart may name contents that the cache has not: they are fetched here, never by git on its own. */
async function fetchWhatIsSent(session: Session, fetcher: Fetcher, wanted: Push): Promise<void> {
  const { stdout } = await local(session, {
    args: ['rev-list', '--objects', '--no-object-names', '--missing=print', wanted.commit, `^${wanted.expectedTip}`],
  });
  const missing = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line.startsWith('?'))
    .map((line) => line.slice(1));
  await fetcher.blobs(session, missing);
}

function send(session: Session, access: Access, { branch, commit, expectedTip }: Push): Promise<RunResult> {
  const ref = `refs/heads/${branch}`;
  const args = [
    'push',
    '--porcelain',
    '--no-verify',
    '--no-follow-tags',
    '--no-signed',
    '--recurse-submodules=no',
    `--force-with-lease=${ref}:${expectedTip}`,
    '--end-of-options',
    'origin',
    `${commit}:${ref}`,
  ];
  return git(session.tool, { dir: session.dir, args, access, signal: session.signal, timeoutMs: 24 * 3_600_000 });
}

async function afterFailure(
  session: Session,
  fetcher: Fetcher,
  wanted: Push,
  result: RunResult,
  access: Access,
): Promise<PushAnswer> {
  const failure = gitFault(result, session.repository.url, access.secrets, 'git push');
  // A fault of reading the tip now would hide the fault of the push: nothing is known, and both are worth another try.
  const tip = await fetcher.tip(session, wanted.branch).catch(() => undefined);
  if (tip === undefined) throw failure;
  const settled = await settledBy(session, wanted, tip);
  if (settled !== undefined) return settled;
  const rejection = rejectionIn(result, access.secrets);
  if (rejection === undefined) throw failure;
  return { kind: 'denied', why: rejection };
}

/** What the server said about a push it understood: a line `!` of --porcelain, or HTTP 403. Undefined when it said nothing. */
function rejectionIn(result: RunResult, secrets: readonly string[]): string | undefined {
  if (result.kind !== 'done') return undefined;
  const line = result.stdout
    .toString('utf8')
    .split('\n')
    .find((entry) => entry.startsWith('!\t'));
  if (line === undefined)
    return /returned error: 403/.test(result.stderr) ? 'these credentials may not write (HTTP 403)' : undefined;
  const summary = line.split('\t').slice(2).join(' ');
  const said = result.stderr
    .split(/[\n\r]+/)
    .filter((entry) => entry.startsWith('remote:'))
    .map((entry) => entry.slice('remote:'.length).trim())
    .filter((entry) => entry !== '');
  return redact(said.length === 0 ? summary : `${summary}: ${said.join(' ')}`, secrets);
}
