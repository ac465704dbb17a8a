/** Istio's CRDs, from the Go module of its API, without Istio itself. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cached, cachedPath, isCached } from './cache.ts';
import type { Cluster } from './cluster.ts';
import { findProgram } from './programs.ts';
import { run } from './run-command.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

const VERSION = 'v1.29.0';
const KEY = `istio-api-${VERSION}`;
const PINNED = join(import.meta.dirname, 'istio');
const FILE = 'customresourcedefinitions.gen.yaml';

/** Whether the CRDs were fetched before. */
export function istioCached(): boolean {
  return isCached(KEY);
}

/** Why the CRDs can't be applied on this machine; undefined when they can. */
export function istioMissing(): string | undefined {
  if (istioCached() || findProgram('go') !== undefined) return undefined;
  return 'the CRDs of Istio are not on this machine, and Go, which fetches them, is not either';
}

/** Fetches the CRDs into the cache. */
export async function fetchIstio(): Promise<string> {
  return cached(KEY, async (out) => {
    const work = makeTempDir('istio');
    try {
      for (const file of ['go.mod', 'go.sum']) cpSync(join(PINNED, file), join(work, file));
      const told = await run('go', ['mod', 'download', '-json', 'istio.io/api'], { cwd: work, timeoutMs: 300_000 });
      const module = z.object({ Dir: z.string(), Version: z.literal(VERSION) }).parse(JSON.parse(told));
      cpSync(join(module.Dir, 'kubernetes', FILE), join(out, FILE));
    } finally {
      removeTempDir(work);
    }
  });
}

/** Applies all CRDs of Istio; resolves when the API server serves them. */
export async function applyIstio(cluster: Cluster): Promise<void> {
  await fetchIstio();
  await applyDefinitions(cluster, join(cachedPath(KEY), FILE));
}

/** Applies the CRDs of our own for a router whose definitions can't be fetched: the fields that we touch, `smi`, `app-mesh` or `kuma`. */
export async function applyRouterCrds(cluster: Cluster, router: string): Promise<void> {
  await applyDefinitions(cluster, join(import.meta.dirname, 'router-crds', `${router}.yaml`));
}

async function applyDefinitions(cluster: Cluster, path: string): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '-f', path]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', path]);
}
