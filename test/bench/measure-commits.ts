/** From a commit on the branch to the first pod of the canary being created, with a hint as a webhook gives it and by polling alone. */

import { commitApp, filesOf, followApp, untilHealthy } from '../e2e/app-in-world.ts';
import { namespace, repository, type World } from '../e2e/world.ts';
import type { Bench } from './core.ts';
import { type Spread, spread } from './figures.ts';

export interface CommitFigures {
  readonly hintedSeconds: Spread;
  readonly polledSeconds: Spread;
  readonly pollIntervalSeconds: 1;
}

const name = 'committed';
const steps = '        - setWeight: 20';

export async function measureCommits(bench: Bench, runs: number): Promise<CommitFigures> {
  const { world } = bench;
  await world.bed.git.createRepository(repository, filesOf(world, name, { version: 'v0', replicas: 5, steps }), {
    message: 'First release',
  });
  await followApp(world, name);
  await untilHealthy(world, name, 'v0');
  const measure = async (version: string, hinted: boolean): Promise<number> => {
    const known = new Set(podsOf(bench));
    await commitApp(world, name, { version, replicas: 5, steps }, `Release ${version}`);
    const committed = performance.now();
    const created = bench.watching.when('Pod', () => podsOf(bench).some((uid) => !known.has(uid)));
    if (hinted) await hint(world);
    const seconds = ((await created) - committed) / 1000;
    await untilHealthy(world, name, version);
    return seconds;
  };
  const hintedSeconds: number[] = [];
  const polledSeconds: number[] = [];
  for (let i = 1; i <= runs; i += 1) {
    hintedSeconds.push(await measure(`hinted-${i}`, true));
    polledSeconds.push(await measure(`polled-${i}`, false));
  }
  // Its polls would count as idle requests of the later measurements.
  await world.bed.cluster.api.request('DELETE', `/apis/tidegate.io/v1alpha1/namespaces/${namespace}/gitsyncs/${name}`);
  return { hintedSeconds: spread(hintedSeconds), polledSeconds: spread(polledSeconds), pollIntervalSeconds: 1 };
}

function podsOf({ watching }: Bench): readonly string[] {
  return watching
    .store('Pod')
    .list()
    .filter((pod) => pod.metadata.labels?.app === name)
    .map((pod) => pod.metadata.uid ?? '');
}

async function hint(world: World): Promise<void> {
  const annotations = { 'tidegate.io/sync-requested-at': new Date().toISOString() };
  await world.bed.cluster.api.request(
    'PATCH',
    `/apis/tidegate.io/v1alpha1/namespaces/${namespace}/gitsyncs/${name}`,
    { metadata: { annotations } },
    'application/merge-patch+json',
  );
}
