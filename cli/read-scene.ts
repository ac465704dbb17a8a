/** Reads one Rollout and what is around it. What the caller may not read becomes a note; only the Rollout itself is required. */

import { z } from 'zod';
import { AnalysisRun } from '../crds/schema/analysis-run.ts';
import { isArgo, ownGroup } from '../crds/schema/dialect.ts';
import { GitRevert } from '../crds/schema/git-revert.ts';
import { GitSync } from '../crds/schema/git-sync.ts';
import { ownKeys } from '../crds/schema/keys.ts';
import { Release } from '../crds/schema/release.ts';
import { asRun } from '../crds/schema/resolve-preset.ts';
import { Rollout } from '../crds/schema/rollout.ts';
import { RolloutRun } from '../crds/schema/rollout-run.ts';
import type { KubeObject, ListOptions } from '../kube/api.ts';
import { apiError, CliError, exitCode } from './exit-code.ts';
import { rolloutKey, type Session } from './session.ts';
import { troubleSentences } from './view/git-sentences.ts';
import type { Scene } from './view/scene.ts';
import { podFact, replicaSetFact } from './workload-facts.ts';

/** @throws CliError (denied) when the Rollout does not exist or may not be read; it then tells which GitSync holds a commit back. */
export async function readRollout(session: Session, name: string): Promise<Rollout> {
  const answer = await session.client.get(rolloutKey(session, name), session.call);
  if (answer.kind === 'ok') return asRun(parsed(Rollout, answer.object));
  const error = apiError(`read Rollout ${session.namespace}/${name}`, answer);
  throw answer.kind === 'not-found' ? await withTroubles(session, error) : error;
}

const mostTroubles = 5;

/** A Rollout that never came to be is often in a commit that a GitSync of its namespace refuses to apply. */
async function withTroubles(session: Session, error: CliError): Promise<CliError> {
  const syncs = all(GitSync, await readList(session, [], ownGroup, 'GitSync', {}), []);
  const told = syncs.flatMap(troubleSentences).slice(0, mostTroubles);
  return told.length === 0 ? error : new CliError(error.code, [error.message, ...told].join('\n'));
}

/**
 * Only what `situationOf` needs. In tidegate.io that is the Rollout alone, so that as little time as possible lies between
 * judging and writing; in argoproj.io the decision record lies in the RolloutRuns.
 */
export async function readOutline(session: Session, name: string): Promise<Scene> {
  return isArgo(session.dialect) ? readWithRuns(session, name) : emptyScene(session, await readRollout(session, name));
}

async function readWithRuns(session: Session, name: string): Promise<Scene> {
  const notes: string[] = [];
  const [rollout, runs] = await Promise.all([readRollout(session, name), readRuns(session, notes, name)]);
  const own = runs.filter((run) => run.spec.rollout.uid === rollout.metadata.uid);
  return { ...emptyScene(session, rollout), runs: own, notes };
}

export async function readScene(session: Session, name: string): Promise<Scene> {
  const notes: string[] = [];
  const outline = await readWithRuns(session, name);
  const { rollout } = outline;
  const hashed = { labelSelector: session.keys.podTemplateHash };
  const [replicaSets, pods, analysisRuns, git] = await Promise.all([
    readList(session, notes, 'apps', 'ReplicaSet', hashed),
    readList(session, notes, '', 'Pod', hashed),
    readList(session, notes, session.dialect.group, 'AnalysisRun', {}),
    readGit(session, notes, rollout),
  ]);
  const sets = ownedBy(rollout.metadata.uid, replicaSets).map((set) => replicaSetFact(set, session.keys));
  return {
    ...outline,
    ...git,
    replicaSets: sets,
    pods: sets.flatMap((set) => ownedBy(set.uid, pods).map((pod) => podFact(pod, set.uid))),
    analysisRuns: all(AnalysisRun, ownedBy(rollout.metadata.uid, analysisRuns), notes),
    notes: [...outline.notes, ...notes],
  };
}

export function readRuns(session: Session, notes: string[], rollout?: string): Promise<RolloutRun[]> {
  const options = rollout === undefined ? {} : { labelSelector: `${ownKeys.rollout}=${rollout}` };
  return readList(session, notes, ownGroup, 'RolloutRun', options).then((items) => all(RolloutRun, items, notes));
}

/** A list of one kind in the session's namespace; forbidden or failed reads become a note, an unserved kind is just empty. */
export async function readList(
  session: Session,
  notes: string[],
  group: string,
  kind: string,
  options: ListOptions,
): Promise<readonly KubeObject[]> {
  const scope = session.namespace === '' ? {} : { namespace: session.namespace };
  const answer = await session.client.list({ group, kind }, { ...session.call, ...scope, ...options });
  if (answer.kind === 'ok') return answer.items;
  if (answer.kind !== 'not-found') notes.push(apiError(`read ${kind}s`, answer).message);
  return [];
}

/** Items that a schema accepts; the others become a note. */
export function all<T>(schema: z.ZodType<T>, items: readonly KubeObject[], notes: string[]): T[] {
  return items.flatMap((item) => {
    const result = schema.safeParse(item);
    if (result.success) return [result.data];
    notes.push(`${item.kind} ${item.metadata.name} is left out: ${firstIssue(result.error)}`);
    return [];
  });
}

async function readGit(
  session: Session,
  notes: string[],
  rollout: Rollout,
): Promise<Pick<Scene, 'gitSync' | 'release' | 'reverts'>> {
  const syncUid = rollout.metadata.labels?.[ownKeys.gitSync];
  if (syncUid === undefined) return { reverts: [] };
  const [syncs, reverts] = await Promise.all([
    readList(session, notes, ownGroup, 'GitSync', {}),
    readList(session, notes, ownGroup, 'GitRevert', {}),
  ]);
  const gitSync = all(GitSync, syncs, notes).find((sync) => sync.metadata.uid === syncUid);
  const release = await readRelease(session, notes, rollout.metadata.annotations?.[ownKeys.release]);
  return {
    ...(gitSync === undefined ? {} : { gitSync }),
    ...(release === undefined ? {} : { release }),
    reverts: all(GitRevert, reverts, notes).filter((revert) => revert.spec.gitSync.uid === syncUid),
  };
}

async function readRelease(session: Session, notes: string[], name: string | undefined): Promise<Release | undefined> {
  if (name === undefined) return undefined;
  const key = { group: ownGroup, kind: 'Release', namespace: session.namespace, name };
  const answer = await session.client.get(key, session.call);
  if (answer.kind === 'ok') return all(Release, [answer.object], notes)[0];
  if (answer.kind !== 'not-found') notes.push(apiError(`read Release ${name}`, answer).message);
  return undefined;
}

function emptyScene(session: Session, rollout: Rollout): Scene {
  const { dialect, terminal } = session;
  return {
    now: terminal.clock.now(),
    dialect,
    rollout,
    replicaSets: [],
    pods: [],
    analysisRuns: [],
    runs: [],
    reverts: [],
    notes: [],
  };
}

function ownedBy(uid: string | undefined, objects: readonly KubeObject[]): readonly KubeObject[] {
  if (uid === undefined) return [];
  return objects.filter((object) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid));
}

export function parsed<T>(schema: z.ZodType<T>, object: KubeObject): T {
  const result = schema.safeParse(object);
  if (result.success) return result.data;
  const { kind, metadata } = object;
  throw new CliError(exitCode.unexpected, `${kind} ${metadata.name} cannot be understood: ${firstIssue(result.error)}`);
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not the expected form'}`;
}
