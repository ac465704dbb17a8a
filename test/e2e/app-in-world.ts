/** Steps that the end-to-end tests share: committing a version, waiting for a revision, reading a field. */

import { gitSync } from './rights.ts';
import { type ShopOptions, shopFiles } from './shop-app.ts';
import { type Live, namespace, repository, type World } from './world.ts';

export type Version = Partial<ShopOptions> & Pick<ShopOptions, 'version'>;

export function filesOf(world: World, name: string, version: Version): Readonly<Record<string, string>> {
  return shopFiles({
    name,
    errorPct: 0,
    greeting: `hello ${version.version}`,
    prometheusUrl: world.bed.prometheus.url,
    ...version,
  });
}

/** Applies a GitSync of one app folder. */
export async function followApp(
  world: World,
  name: string,
  options: { readonly mode?: 'push' | 'report' } = {},
): Promise<void> {
  const sync = gitSync({
    name,
    namespace,
    repository: world.bed.git.url(repository),
    path: `apps/${name}`,
    ...options,
  });
  await world.bed.cluster.api.apply(sync);
}

export async function commitApp(world: World, name: string, version: Version, message: string): Promise<string> {
  return world.bed.git.commit(repository, 'main', filesOf(world, name, version), { message });
}

/** Waits until the Rollout is healthy on the revision that runs this image version; gives its pod template hash. */
export async function untilHealthy(world: World, name: string, version: string, withinMs = 90_000): Promise<string> {
  const rollout = await world.until(
    `Rollout ${name} is Healthy on ${version}`,
    'Rollout',
    name,
    (one) =>
      field(one, 'status.phase') === 'Healthy' &&
      String(field(one, 'status.observedGeneration')) === String(field(one, 'metadata.generation')) &&
      imageOf(one).endsWith(`:${version}`) &&
      field(one, 'status.stableRS') === field(one, 'status.currentPodHash'),
    withinMs,
  );
  return String(field(rollout, 'status.stableRS'));
}

/** Waits until the router confirmed this canary weight for the version; gives the canary's hash. */
export async function untilWeight(
  world: World,
  name: string,
  version: string,
  weight: number,
  withinMs = 60_000,
): Promise<string> {
  const rollout = await world.until(
    `Rollout ${name} gives ${version} ${weight} %`,
    'Rollout',
    name,
    (one) =>
      imageOf(one).endsWith(`:${version}`) &&
      field(one, 'status.canary.weights.canary.weight') === weight &&
      field(one, 'status.canary.weights.verified') !== false &&
      field(one, 'status.currentPodHash') !== undefined,
    withinMs,
  );
  return String(field(rollout, 'status.currentPodHash'));
}

/** The value at a dotted path; undefined where the path ends early. */
export function field(object: Live | undefined, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return value;
}

function imageOf(rollout: Live): string {
  return String(field(rollout, 'spec.template.spec.containers.0.image'));
}
