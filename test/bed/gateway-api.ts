/** The Gateway API's CRDs, from the Go module of the version that the gateway speaks, without building the gateway. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cached, cachedPath, isCached } from './cache.ts';
import type { Cluster } from './cluster.ts';
import { run } from './run-command.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

const VERSION = 'v1.3.0';
const KEY = `gateway-api-${VERSION}`;
const PINNED = join(import.meta.dirname, 'gateway');

/** Why the CRDs can't be applied on this machine; undefined when they can. */
export function gatewayApiMissing(): string | undefined {
  return isCached(KEY) ? undefined : 'the CRDs of the Gateway API are not on this machine';
}

/** Fetches the CRDs (standard channel) into the cache. */
export async function fetchGatewayApi(): Promise<string> {
  return cached(KEY, async (out) => {
    const work = makeTempDir('gateway-api');
    try {
      for (const file of ['go.mod', 'go.sum']) cpSync(join(PINNED, file), join(work, file));
      const told = await run('go', ['mod', 'download', '-json', 'sigs.k8s.io/gateway-api'], {
        cwd: work,
        timeoutMs: 300_000,
      });
      const module = z.object({ Dir: z.string(), Version: z.literal(VERSION) }).parse(JSON.parse(told));
      const from = join(module.Dir, 'config/crd/standard');
      for (const file of readdirSync(from)) cpSync(join(from, file), join(out, file));
    } finally {
      removeTempDir(work);
    }
  });
}

/** Applies the CRDs; resolves when the API server serves them. */
export async function applyGatewayApi(cluster: Cluster): Promise<void> {
  const folder = cachedPath(KEY);
  const files = readdirSync(folder).filter((file) => file.startsWith('gateway.networking.k8s.io_'));
  const flags = files.flatMap((file) => ['-f', join(folder, file)]);
  await cluster.kubectl(['apply', '--server-side', ...flags]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...flags]);
}
