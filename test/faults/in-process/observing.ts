/** Tells the observer what happens in a run: commits, pushes and the controller's requests, in order. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { ApiRequest } from '../../../kube/api.ts';
import type { ApiServer } from '../../../sandbox/api-server/contract.ts';
import { type GitUpdate, type LivenessOptions, type Observer, observe } from '../observer/observe.ts';
import type { Plan } from '../plan/plan.ts';
import type { GitCommit, MemoryGit, RefUpdate } from './memory-git.ts';
import type { VirtualClock } from './virtual-clock.ts';

const usualLagMs = 1_000;

export interface Watched {
  readonly api: ApiServer;
  readonly git: MemoryGit;
  readonly time: VirtualClock;
}

/** Without `liveness` only the end itself is judged, not how soon it was reached. */
export function observing(plan: Plan, { api, git, time }: Watched, liveness: LivenessOptions = {}): Observer {
  const heldMs = plan.faults.map((fault) => (fault.kind === 'delay-watch' ? (fault.ms ?? 5_000) : 0));
  const lateMs = plan.faults.map((fault) => (fault.kind === 'late' ? (fault.ms ?? 5_000) : 0));
  const observer = observe({
    now: time.now,
    viewLagMs: usualLagMs + Math.max(0, ...heldMs),
    writeLagMs: Math.max(0, ...lateMs),
    liveness,
  });
  api.onCommit((commit) => observer.commit(commit));
  git.onUpdate((update) => observer.git(updateOf(git, update)));
  return observer;
}

export function requestSeen(request: ApiRequest, userAgent: string) {
  const given = Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given as [string, string][]).toString();
  return {
    method: request.method,
    path: query === '' ? request.path : `${request.path}?${query}`,
    contentType: request.contentType ?? 'application/json',
    userAgent,
    ...(request.body === undefined ? {} : { body: request.body as JsonObject }),
  };
}

function updateOf(git: MemoryGit, { repository, branch, before, after, brought, pusher, at }: RefUpdate): GitUpdate {
  return {
    at,
    repository,
    branch,
    pusher,
    ...(before === undefined ? {} : { before }),
    after,
    commits: brought.flatMap((id) => git.get(id) ?? []).map((commit) => commitSeen(git, commit)),
  };
}

function commitSeen(git: MemoryGit, { id, parent, message, files, author }: GitCommit) {
  const old = git.get(parent ?? '')?.files ?? {};
  const paths = Object.keys({ ...old, ...files }).filter(
    (path) => JSON.stringify(old[path]) !== JSON.stringify(files[path]),
  );
  return { sha: id, parents: parent === undefined ? [] : [parent], author, trailers: trailersOf(message), paths };
}

/** Lines `Key: value` of the last paragraph. */
function trailersOf(message: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {};
  const last =
    message
      .trim()
      .split(/\n\s*\n/)
      .at(-1) ?? '';
  for (const [, key = '', value = ''] of last.matchAll(/^([\w-]+): *(.*)$/gm)) (found[key] ??= []).push(value);
  return found;
}
