/** What rollouts cost in requests, time and CPU: one with five steps and no pauses, and a hundred updated at once. */

import type { Bench } from './core.ts';
import { round, useOf } from './figures.ts';
import { plainRollout, routeObjects } from './plain-rollout.ts';
import { auditMark, type Requests, requestsSince } from './requests.ts';
import type { Seen } from './watching.ts';

export interface RolloutFigures {
  readonly seconds: number;
  readonly requests: Requests;
  readonly cpuSeconds: number;
}

const fiveSteps = [20, 40, 60, 80, 100].map((setWeight) => ({ setWeight }));

/** Routed by an HTTPRoute, ten replicas. */
export async function measureFiveSteps(bench: Bench): Promise<RolloutFigures> {
  const apply = (version: string) =>
    bench.world.bed.cluster.api.apply(
      plainRollout({ name: 'five', version, replicas: 10, steps: fiveSteps, routed: true }),
    );
  await bench.world.bed.cluster.api.apply(...routeObjects('five'));
  await apply('v1');
  await settled(bench, ['five'], 'v1');
  return cost(bench, () => apply('v2'), ['five'], 'v2');
}

/** Two replicas and one weight each, split by replica ratio. */
export async function measureHundred(bench: Bench, count: number): Promise<RolloutFigures> {
  const names = Array.from({ length: count }, (_, i) => `many-${i}`);
  const applyAll = (version: string) =>
    Promise.all(
      names.map((name) =>
        bench.world.bed.cluster.api.apply(plainRollout({ name, version, replicas: 2, steps: [{ setWeight: 50 }] })),
      ),
    );
  await applyAll('v1');
  await settled(bench, names, 'v1');
  return cost(bench, () => applyAll('v2'), names, 'v2');
}

async function cost(
  bench: Bench,
  change: () => Promise<unknown>,
  names: readonly string[],
  version: string,
): Promise<RolloutFigures> {
  const mark = auditMark(bench.world.bed.cluster);
  const pid = bench.controller.child().pid;
  const before = useOf(pid);
  const started = performance.now();
  await change();
  const ended = await settled(bench, names, version);
  const cpuSeconds = round(useOf(pid).cpuSeconds - before.cpuSeconds);
  return {
    seconds: round((ended - started) / 1000),
    requests: requestsSince(bench.world.bed.cluster, mark),
    cpuSeconds,
  };
}

/** Monotonic time at which all of them were Healthy on this version. */
export function settled(bench: Bench, names: readonly string[], version: string): Promise<number> {
  const wanted = new Set(names);
  const isSettled = (one: Seen) => {
    const { spec, status } = one as unknown as {
      spec: { template: { spec: { containers: readonly { image: string }[] } } };
      status?: { phase?: string; stableRS?: string; currentPodHash?: string; observedGeneration?: number | string };
    };
    return (
      status?.phase === 'Healthy' &&
      status.stableRS === status.currentPodHash &&
      String(status.observedGeneration) === String(one.metadata.generation) &&
      spec.template.spec.containers[0]?.image.endsWith(`:${version}`) === true
    );
  };
  return bench.watching.when(
    'Rollout',
    (all) => all.filter((one) => wanted.has(one.metadata.name) && isSettled(one)).length === wanted.size,
    600_000,
  );
}
