/** Makes the GitSync re-apply its set as often as anything changes: by a sync request per version, and by commits back to back. */

import { field } from './app-in-world.ts';
import { app, type Edition, overlayFiles } from './overlay-app.ts';
import type { Version, Versions } from './overlay-versions.ts';
import { type Kind, paths, repository, type World } from './world.ts';

const triggers: ReadonlySet<Kind> = new Set(['Rollout', 'HTTPRoute', 'Service', 'ReplicaSet']);

export interface Pressure {
  /** Sync requests made so far. */
  requests(): number;
  /** Resolves when the last request is handled and nothing has changed since; gives the versions that are current then. */
  settled(): Promise<readonly Version[]>;
  stop(): Promise<void>;
}

/** Sends a sync request at every version of the set's objects, with a token of its own. */
export function requestAtEveryVersion(world: World, versions: Versions): Pressure {
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let sent = 0;
  let lastChangeAt = performance.now();
  const ask = async ({ kind, name, resourceVersion }: Version): Promise<void> => {
    const token = `${kind}-${name}-${resourceVersion}`;
    await merge(world, 'GitSync', app, { metadata: { annotations: { [requestKey]: token } } });
    sent += 1;
  };
  const end = versions.onVersion((version) => {
    if (!triggers.has(version.kind)) return;
    lastChangeAt = performance.now();
    const one: Promise<void> = ask(version)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => open.delete(one));
    open.add(one);
  });
  const isQuiet = () => open.size === 0 && performance.now() - lastChangeAt > 500;
  return {
    requests: () => sent,
    async settled() {
      await world.until(
        'the last sync request is handled',
        'GitSync',
        app,
        (sync) => isQuiet() && field(sync, 'status.handledSyncRequest') === sync.metadata.annotations?.[requestKey],
      );
      return versions.current().filter((one) => triggers.has(one.kind));
    },
    async stop() {
      end();
      await Promise.all(open);
      if (failures.length > 0) throw new Error('a sync request was refused', { cause: failures[0] });
    },
  };
}

const requestKey = 'tidegate.io/sync-requested-at';

export interface Commits {
  /** Ends when at least so many commits were taken up; gives the edition that Git has then. */
  stop(atLeast: number): Promise<Edition>;
}

/** Commits a new label on every object, and the next as soon as the sync has taken up the last. */
export function commitBackToBack(world: World, said: Omit<Edition, 'label'>, series: string): Commits {
  let made = 0;
  let wanted = Number.POSITIVE_INFINITY;
  const next = async (): Promise<Edition> => {
    made += 1;
    const edition = { ...said, label: `${series}-${made}` };
    const message = `Label ${edition.label}`;
    const sha = await world.bed.git.commit(repository, 'main', overlayFiles(world, edition), { message });
    await world.until('the sync takes up the commit', 'GitSync', app, (sync) =>
      ['candidate', 'lastGood'].some((part) => field(sync, `status.${part}.commit`) === sha),
    );
    return made >= wanted ? edition : next();
  };
  const running = next();
  running.catch(() => undefined);
  return {
    stop(atLeast) {
      wanted = atLeast;
      return running;
    },
  };
}

/** Gives the Rollout a command, as the CLI does. */
export function command(world: World, verb: string, id: string): Promise<void> {
  const order = { command: verb, 'command-id': id, 'command-actor': 'jane@example.com' };
  const annotations = Object.fromEntries(Object.entries(order).map(([key, value]) => [`tidegate.io/${key}`, value]));
  return merge(world, 'Rollout', app, { metadata: { annotations } });
}

/** Patches an object as an admin does. @throws Error with the server's answer when it refuses. */
export async function merge(world: World, kind: Kind, name: string, patch: unknown, subresource = ''): Promise<void> {
  const path = `/${paths[kind]}/${name}${subresource}`;
  const answer = await world.bed.cluster.api.request('PATCH', path, patch, 'application/merge-patch+json');
  if (answer.status !== 200) throw new Error(`PATCH ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Scales the Rollout as an autoscaler does, through its scale subresource. */
export function autoscale(world: World, replicas: number): Promise<void> {
  return merge(world, 'Rollout', app, { spec: { replicas } }, '/scale');
}
