/** Our own definitions of routers' kinds, for tests on a real API server where the routers themselves are not installed. */
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';

const FOLDER = join(import.meta.dirname, 'router-crds');

/** Applies definitions by the names of their files without ending; resolves when the API server serves them. */
export async function applyRouterCrds(cluster: Cluster, names: readonly string[]): Promise<void> {
  const flags = names.flatMap((name) => ['-f', join(FOLDER, `${name}.yaml`)]);
  await cluster.kubectl(['apply', '--server-side', ...flags]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...flags]);
}
