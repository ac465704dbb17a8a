/** Argo Rollouts' own CRDs, out of its Go module in the version whose types the step hash is checked against. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { crdManifests } from '../../../crds/manifests.ts';
import { argoDialect } from '../../../crds/schema/dialect.ts';
import type { BedObject } from '../../bed/api.ts';
import type { Cluster } from '../../bed/cluster.ts';
import { run } from '../../bed/run-command.ts';

const module = 'github.com/argoproj/argo-rollouts';
const pinned = join(import.meta.dirname, '../../pod-hash/steps-go');
const files = ['rollout', 'analysis-run', 'analysis-template', 'cluster-analysis-template', 'experiment'];

/** The folder of the module, or undefined where it can't be had. */
export async function argoModule(): Promise<string | undefined> {
  try {
    const told = await run('go', ['mod', 'download', '-json', module], { cwd: pinned, timeoutMs: 120_000 });
    return z.object({ Dir: z.string() }).parse(JSON.parse(told)).Dir;
  } catch {
    return undefined;
  }
}

/** Applies Argo's five kinds as Argo ships them, and Tidegate's own kinds beside them. */
export async function applyArgoCrds(cluster: Cluster, folder: string): Promise<void> {
  const paths = files.map((file) => join(folder, 'manifests/crds', `${file}-crd.yaml`));
  for (const path of paths) if (!readFileSync(path, 'utf8').includes('group: argoproj.io')) throw new Error(path);
  const flags = paths.flatMap((path) => ['-f', path]);
  await cluster.kubectl(['apply', '--server-side', ...flags]);
  const own = (crdManifests(argoDialect) as unknown as BedObject[]).filter(
    ({ metadata }) => !metadata.name.endsWith('.argoproj.io'),
  );
  await cluster.api.apply(...own);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...flags]);
}
