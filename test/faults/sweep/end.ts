/** When a release of the sweep has come to its end, and what it has left behind. */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { type ClusterState, listAt, numberAt, textAt } from '../in-process/cluster-state.ts';
import { type EndState, endState } from '../in-process/end-state.ts';
import { appName } from './app.ts';
import { type ProcessWorld, repository } from './process-world.ts';

export type Release = 'good' | 'bad';

/** Rollout time without a write of the controller after which it counts as at rest: longer than every delay of the app and three polls. */
export const quietMs = 16_000;

/** Leases and Events say nothing of rest. */
export function isQuiet(last: Commit | undefined, now: number): boolean {
  return now - (last?.at ?? 0) >= quietMs;
}

export function isOfRest({ caller, kind }: Commit): boolean {
  return caller.userAgent.startsWith('tidegate-controller') && kind !== 'Lease' && kind !== 'Event';
}

const expectedTag = { first: 'v1', good: 'v2-good', bad: 'v1' } as const;

/** True once the release is over; `commit` is its own. */
export async function isOver(world: ProcessWorld, release: Release | 'first', commit: string): Promise<boolean> {
  const rollout = world.state.get('Rollout', appName);
  const sync = world.state.get('GitSync', appName);
  const isHealthy =
    textAt(rollout, 'status.phase') === 'Healthy' &&
    textAt(rollout, 'status.stableRS') === textAt(rollout, 'status.currentPodHash') &&
    textAt(rollout, 'spec.template.spec.containers.0.image').endsWith(`:${expectedTag[release]}`) &&
    textAt(sync, 'status.phase') === 'Good' &&
    isTidy(world.state);
  if (!isHealthy) return false;
  if (release !== 'bad') return textAt(sync, 'status.lastGood.commit') === commit;
  const tip = await world.git.tip(repository);
  const agrees = listAt(sync, 'status.conditions').some(
    (one) =>
      textAt(one, 'type') === 'GitInSync' &&
      textAt(one, 'status') === 'True' &&
      textAt(one, 'message').includes(`${tip?.slice(0, 7)}`),
  );
  return tip !== commit && agrees && textAt(sync, 'status.lastGood.commit') !== commit;
}

/** The old revision has given up its pods and the Rollout counts only those of the new one: how long that takes hangs on the machine. */
function isTidy(state: ClusterState): boolean {
  const rollout = state.get('Rollout', appName);
  const left = state.list('ReplicaSet').filter((set) => numberAt(set, 'spec.replicas') > 0);
  return left.length === 1 && numberAt(rollout, 'status.replicas') === numberAt(rollout, 'spec.replicas');
}

/** Everything that is stored of the app, and the branch, in words that mean the same in every run. */
export async function leftBehind(state: ClusterState, git: ProcessWorld['git']): Promise<EndState> {
  const log = await git.log(repository);
  const trees = (await git.git(repository, ['log', '--format=%T', 'main'])).trim().split('\n');
  const commits = log.map(({ message }, index) => ({ message, files: { tree: trees[index] ?? '' } }));
  return endState(state, { log: () => commits }, idNames(state, log.toReversed()));
}

/** Commits by their place on the branch, digests by the commit of their Release: both hang on ports that differ from run to run. */
function idNames(state: ClusterState, log: readonly { readonly sha: string }[]): (text: string) => string {
  const names = new Map<string, string>();
  log.forEach(({ sha }, index) => {
    names.set(sha, `commit${index + 1}`).set(sha.slice(0, 7), `commit${index + 1}`);
  });
  for (const release of state.list('Release')) {
    const digest = textAt(release, 'spec.digest');
    const name = `digest of ${names.get(textAt(release, 'spec.commit')) ?? 'another commit'}`;
    names.set(digest, name).set(digest.slice(0, 7), name);
  }
  const ids = [...names.keys()].filter((id) => id !== '').toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(`\\b(?:${ids.join('|')})\\b`, 'g');
  return (text) => (ids.length === 0 ? text : text.replace(pattern, (id) => names.get(id) ?? id));
}
